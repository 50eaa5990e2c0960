// Drives a server with many clients from one thread and says what that cost.
// See README.md for what is measured, and `load_usage` for the options.
#include "tests/bench/client_fleet.hpp"
#include "tests/bench/clock.hpp"
#include "tests/bench/load_options.hpp"
#include "tests/bench/server_probe.hpp"
#include "tests/bench/sockets.hpp"

#include <cinttypes>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::bench {
namespace {

constexpr std::uint64_t typical_text_chars = 1000;  // what the writers keep the text near
constexpr std::int64_t settle_timeout_ns = 10 * ns_per_second;

std::int64_t ns_of_seconds(double seconds) {
  return static_cast<std::int64_t>(seconds * ns_per_second);
}

// One line of JSON, built field by field.
class json_line {
 public:
  void add(const char* name, double value, int decimals) {
    char number[48];
    std::snprintf(number, sizeof number, "%.*f", decimals, value);
    add_raw(name, number);
  }
  void add(const char* name, std::uint64_t value) { add_raw(name, std::to_string(value)); }
  void add_raw(const char* name, std::string_view json) {
    line_.append(line_.empty() ? "{\"" : ",\"").append(name).append("\":").append(json);
  }
  void print() const { std::printf("%s}\n", line_.c_str()); }

 private:
  std::string line_;
};

// Who writes when. Open loop: edit k of writer w is due in slot k·W + w of the
// run, each slot 1/rate long, at a random place in it. What is due while the
// writer's edit before is still unacknowledged leaves as soon as it may.
class writing_plan {
 public:
  writing_plan(client_fleet& fleet, const load_options& options)
    : fleet_{fleet}, slot_ns_{ns_of_seconds(1 / options.rate_ops_per_second)} {
    for (std::size_t i = 0; i < options.writers; ++i)
      writers_.push_back({test::random_source{options.seed << 20U | i}});
    fleet_.on_acknowledged = [this](std::size_t client) { on_acknowledged(client); };
  }

  void start(std::int64_t start_ns, std::int64_t measured_from_ns, std::int64_t measured_until_ns) {
    start_ns_ = start_ns;
    measured_from_ns_ = measured_from_ns;
    measured_until_ns_ = measured_until_ns;
    for (std::size_t i = 0; i < writers_.size(); ++i)
      plan_next(i);
  }

  // Returns how many edits were due and never left.
  std::uint64_t stop() {
    is_stopped_ = true;
    std::uint64_t unsent = 0;
    for (const writer& one : writers_)
      if (one.due_ns < measured_until_ns_)
        unsent += 1 + (measured_until_ns_ - one.due_ns) / (slot_ns_ * writers_.size());
    return unsent;
  }

  std::uint64_t late() const noexcept { return late_; }

 private:
  struct writer {
    test::random_source random;
    std::uint64_t edits_planned = 0;
    std::int64_t due_ns = 0;
    bool is_held_back = false;
  };

  bool is_measured(std::int64_t due_ns) const noexcept {
    return due_ns >= measured_from_ns_ && due_ns < measured_until_ns_;
  }

  void plan_next(std::size_t index) {
    writer& one = writers_[index];
    const std::uint64_t slot = one.edits_planned++ * writers_.size() + index;
    one.due_ns =
      start_ns_ + static_cast<std::int64_t>(slot) * slot_ns_ + one.random.below(slot_ns_);
    fleet_.call_at(one.due_ns, [this, index] { on_due(index); });
  }

  void on_due(std::size_t index) {
    if (fleet_.file_of(index).pending())
      writers_[index].is_held_back = true;
    else
      write(index);
  }

  void on_acknowledged(std::size_t index) {
    if (index >= writers_.size() || !writers_[index].is_held_back)
      return;
    writers_[index].is_held_back = false;
    late_ += is_measured(writers_[index].due_ns) ? 1 : 0;
    write(index);
  }

  void write(std::size_t index) {
    if (is_stopped_)
      return;
    writer& one = writers_[index];
    const edit_times times{one.due_ns, now_ns(), is_measured(one.due_ns)};
    fleet_.write(index, next_edit(one.random, fleet_.file_of(index).text().size()), times);
    plan_next(index);
  }

  // One character in or out, at a random place; the longer the text, the more
  // often out.
  static text_edit next_edit(test::random_source& random, std::size_t length_chars) {
    if (random.below(2 * typical_text_chars) < length_chars)
      return text_edit{}.keep(random.below(length_chars)).remove(1);
    const char letter = static_cast<char>('a' + random.below(26));
    return text_edit{}.keep(random.below(length_chars + 1)).insert({&letter, 1});
  }

  client_fleet& fleet_;
  std::int64_t slot_ns_;
  std::vector<writer> writers_;
  std::int64_t start_ns_ = 0;
  std::int64_t measured_from_ns_ = 0;
  std::int64_t measured_until_ns_ = 0;
  std::uint64_t late_ = 0;
  bool is_stopped_ = false;
};

// What had happened, and what it had cost, at one moment.
struct snapshot {
  snapshot(const client_fleet& fleet, pid_t server)
    : at_ns{now_ns()},
      server_cpu_seconds{cpu_seconds(server)},
      generator_cpu_seconds{own_cpu_seconds()},
      counts{fleet.counts()} {}

  std::int64_t at_ns;
  double server_cpu_seconds;
  double generator_cpu_seconds;
  traffic counts;
};

class load_run {
 public:
  explicit load_run(const load_options& options) : options_{options}, fleet_{options} {}

  // Whether everything was as it must be.
  bool measure_load() {
    fleet_.create_rooms();
    fleet_.join(options_.clients);
    writing_plan plan{fleet_, options_};
    const std::int64_t start_ns = now_ns();
    const std::int64_t from_ns = start_ns + ns_of_seconds(options_.warmup_seconds);
    const std::int64_t until_ns = from_ns + ns_of_seconds(options_.measured_seconds);
    plan.start(start_ns, from_ns, until_ns);
    fleet_.pump_until(from_ns);
    const snapshot before{fleet_, options_.server_pid};
    fleet_.pump_until(until_ns);
    const snapshot after{fleet_, options_.server_pid};
    const std::uint64_t unsent = plan.stop();
    const bool is_sound = settle_and_verify();
    json_line line;
    add_workload(line);
    line.add("late", plan.late());
    line.add("unsent", unsent);
    add_window(line, before, after);
    add_latencies(line);
    add_verdict(line, is_sound);
    line.print();
    return is_sound;
  }

  bool measure_idle() {
    fleet_.create_rooms();
    fleet_.pump_until_quiet();
    const std::uint64_t empty_bytes = resident_bytes(options_.server_pid);
    const std::size_t half = options_.clients / 2;
    fleet_.join(half);
    fleet_.pump_until_quiet();
    const std::uint64_t half_bytes = resident_bytes(options_.server_pid);
    fleet_.join(options_.clients);
    fleet_.pump_until_quiet();
    const std::uint64_t full_bytes = resident_bytes(options_.server_pid);
    const snapshot before{fleet_, options_.server_pid};
    fleet_.pump_until(now_ns() + ns_of_seconds(options_.measured_seconds));
    const snapshot after{fleet_, options_.server_pid};
    const bool is_sound = settle_and_verify();
    json_line line;
    add_workload(line);
    line.add("rss_before_bytes", empty_bytes);
    line.add("rss_after_bytes", full_bytes);
    line.add("bytes_per_connection", per_connection(empty_bytes, full_bytes, options_.clients), 0);
    line.add("bytes_per_connection_second_half",
             per_connection(half_bytes, full_bytes, options_.clients - half), 0);
    line.add("idle_cpu_percent", cpu_share(before, after) * 100, 3);
    add_verdict(line, is_sound);
    line.print();
    return is_sound;
  }

 private:
  static double per_connection(std::uint64_t before_bytes, std::uint64_t after_bytes,
                               std::size_t connections) {
    return (static_cast<double>(after_bytes) - static_cast<double>(before_bytes))
           / static_cast<double>(connections);
  }

  static double cpu_share(const snapshot& before, const snapshot& after) {
    return (after.server_cpu_seconds - before.server_cpu_seconds) * ns_per_second
           / static_cast<double>(after.at_ns - before.at_ns);
  }

  void add_workload(json_line& line) const {
    line.add("clients", options_.clients);
    line.add("rooms", options_.rooms);
    if (options_.is_idle)
      return;
    line.add("writers", options_.writers);
    line.add("rate", options_.rate_ops_per_second, 1);
  }

  void add_window(json_line& line, const snapshot& before, const snapshot& after) const {
    const double seconds = static_cast<double>(after.at_ns - before.at_ns) / ns_per_second;
    const double server_seconds = after.server_cpu_seconds - before.server_cpu_seconds;
    const std::uint64_t ops = after.counts.ops - before.counts.ops;
    const std::uint64_t deliveries = after.counts.deliveries - before.counts.deliveries;
    line.add("seconds", seconds, 3);
    line.add("ops", ops);
    line.add("ops_per_second", static_cast<double>(ops) / seconds, 1);
    line.add("deliveries", deliveries);
    line.add("frames", after.counts.frames - before.counts.frames);
    line.add("reads", after.counts.reads - before.counts.reads);
    line.add("bytes", after.counts.bytes - before.counts.bytes);
    line.add("cpu_seconds", server_seconds, 4);
    line.add("cpu_us_per_delivery",
             deliveries > 0 ? server_seconds * 1e6 / static_cast<double>(deliveries) : 0, 3);
    line.add("generator_cpu_percent",
             (after.generator_cpu_seconds - before.generator_cpu_seconds) * 100 / seconds, 1);
    line.add("rss_bytes", resident_bytes(options_.server_pid));
  }

  void add_latencies(json_line& line) {
    latency_book& book = fleet_.latencies();
    line.add("latencies", book.to_remote.size());
    line.add("p50_ms", book.to_remote.quantile_ms(0.5), 3);
    line.add("p90_ms", book.to_remote.quantile_ms(0.9), 3);
    line.add("p99_ms", book.to_remote.quantile_ms(0.99), 3);
    line.add("p999_ms", book.to_remote.quantile_ms(0.999), 3);
    line.add("due_p50_ms", book.due_to_remote.quantile_ms(0.5), 3);
    line.add("due_p99_ms", book.due_to_remote.quantile_ms(0.99), 3);
    line.add("ack_p50_ms", book.to_ack.quantile_ms(0.5), 3);
    line.add("ack_p99_ms", book.to_ack.quantile_ms(0.99), 3);
  }

  void add_verdict(json_line& line, bool is_sound) const {
    line.add("checks", fleet_.counts().checks);
    line.add("rebases", fleet_.counts().rebases);
    line.add("rate_limited", fleet_.counts().rate_limited);
    line.add("errors", fleet_.counts().errors);
    line.add("faults", fleet_.counts().faults);
    line.add("lost", fleet_.lost());
    const bool is_checked = options_.check != text_check::none;
    line.add_raw("converged", !is_sound ? "false" : is_checked ? "true" : "null");
  }

  bool fails(const std::string& why) const {
    std::fprintf(stderr, "bench_load: %s\n", why.c_str());
    return false;
  }

  bool settle_and_verify() {
    const auto is_over = [&] { return fleet_.is_settled() || fleet_.lost() > 0; };
    fleet_.pump_until(now_ns() + settle_timeout_ns, is_over);
    if (fleet_.lost() > 0)
      return fails(std::to_string(fleet_.lost()) + " clients lost their connection");
    if (!fleet_.is_settled())
      return fails("not every edit was acknowledged and delivered in time");
    if (fleet_.counts().errors > 0 || fleet_.counts().faults > 0)
      return fails("the server answered with errors, or broke the protocol");
    if (options_.check == text_check::none)
      return true;
    for (std::size_t client = 0; client < options_.clients; ++client)
      if (!is_sound_replica(client))
        return false;
    return options_.check == text_check::replicas || has_server_texts();
  }

  bool is_sound_replica(std::size_t client) const {
    const replica& file = fleet_.file_of(client);
    const std::string name = "client " + std::to_string(client);
    if (file.gaps() > 0)
      return fails(name + " did not get each revision once and in order");
    if (file.misfits() > 0)
      return fails(name + " got an operation that does not fit its text");
    if (file.text() != fleet_.file_of(fleet_.room_of(client)).text())
      return fails(name + " holds another text than the first client of its room");
    return true;
  }

  bool has_server_texts() const {
    for (std::size_t room = 0; room < options_.rooms; ++room) {
      const auto response =
        http_request(options_.target, "GET", "/rooms/" + fleet_.room_id(room) + "/files/main.py",
                     authorization_line(options_.token));
      if (response.status != 200 || response.body != fleet_.file_of(room).text())
        return fails("the server gives out another text than its clients hold");
    }
    return true;
  }

  load_options options_;
  client_fleet fleet_;
};

}  // namespace
}  // namespace tandem::bench

int main(int argc, char** argv) {
  tandem::bench::load_options options;
  try {
    options = tandem::bench::parse_load_options(argc, argv);
  } catch (const std::exception& fault) {
    std::fprintf(stderr, "bench_load: %s\n%s", fault.what(), tandem::bench::load_usage);
    return 2;
  }
  try {
    tandem::bench::load_run run{options};
    return (options.is_idle ? run.measure_idle() : run.measure_load()) ? 0 : 1;
  } catch (const std::exception& fault) {
    std::fprintf(stderr, "bench_load: %s\n", fault.what());
    return 1;
  }
}
