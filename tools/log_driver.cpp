#include "tools/log_driver.hpp"

#include "net/json_text.hpp"
#include "net/room_id.hpp"
#include "net/wire_codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace tandem::tools {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds answer_deadline{30'000};
constexpr milliseconds retry_default{500};

std::string text_of(net::json_view message, const char* field) {
  const auto value = message.find(field);
  const auto text = value ? value->string() : std::nullopt;
  return text ? std::string{*text} : "";
}

std::uint64_t number_of(net::json_view message, const char* field) {
  const auto value = message.find(field);
  const auto number = value ? value->integer() : std::nullopt;
  return number && *number > 0 ? static_cast<std::uint64_t>(*number) : 0;
}

std::string percent_encoded(std::string_view name) {
  std::string out;
  for (const char c : name)
    out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  return out;
}

double quantile(std::vector<float>& values, double share) {
  if (values.empty())
    return 0;
  const auto at = values.begin()
                  + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::ranges::nth_element(values, at);
  return *at;
}

}  // namespace

// One client: what it was told.
class log_driver::member {
 public:
  member(net::remote_server& server, const std::string& room_id, const std::string& name)
      : connection_{server, room_id, [this](net::json_view message) { hear(message); }} {
    std::string hello = R"({"type":"hello")";
    net::append_field(hello, "client", net::random_room_id());
    net::append_field(hello, "name", name);
    connection_.say(hello + "}");
  }

  bool is_welcome() const { return is_welcome_; }
  bool knows(const std::string& file) const { return revs_.contains(file); }
  bool has(const std::string& file, ot::revision rev) const {
    const auto known = revs_.find(file);
    return known != revs_.end() && known->second && *known->second >= rev;
  }
  bool is_answered() const { return acked_ == seq_ || !problem_.empty(); }
  const std::string& end() const { return connection_.end(); }

  void create(const std::string& file, const std::string& language) {
    std::string wish = R"({"type":"file","do":"create")";
    net::append_field(wish, "file", file);
    net::append_field(wish, "language", language);
    connection_.say(wish + "}");
  }

  void open(const std::string& file) {
    std::string wish = R"({"type":"open")";
    net::append_field(wish, "file", file);
    connection_.say(wish + "}");
  }

  void send(const std::string& file, ot::revision base, const ot::text_op& op) {
    ++seq_;
    sent_ = R"({"type":"op")";
    net::append_field(sent_, "file", file);
    net::append_field(sent_, "rev", base);
    net::append_field(sent_, "seq", seq_);
    net::append_key(sent_, "op");
    net::append_op(sent_, op);
    sent_ += '}';
    send_again();
  }

  void send_again() {
    problem_.clear();
    connection_.say(sent_);
  }

  // Of the edit that was sent: an error's code, and when to try again.
  const std::string& problem() const { return problem_; }
  milliseconds retry() const { return retry_; }

 private:
  void hear(net::json_view message) {
    const std::string type = text_of(message, "type");
    const std::string file = text_of(message, "file");
    if (type == "welcome")
      is_welcome_ = true;
    else if (type == "file")
      revs_.try_emplace(file);
    else if (type == "opened" || type == "op" || type == "ack")
      revs_[file] = number_of(message, "rev");
    if (type == "ack")
      acked_ = number_of(message, "seq");
    if (type != "error")
      return;
    const std::uint64_t retry_ms = number_of(message, "retry_ms");
    retry_ = retry_ms > 0 ? milliseconds{retry_ms} : retry_default;
    problem_ = text_of(message, "code");
  }

  std::map<std::string, std::optional<ot::revision>> revs_;  // of the files that are there
  bool is_welcome_ = false;
  std::uint64_t seq_ = 0;
  std::uint64_t acked_ = 0;
  std::string sent_;
  std::string problem_;
  milliseconds retry_{0};
  net::remote_connection connection_;  // last: it calls hear
};

log_driver::log_driver(drive_options options)
    : options_{std::move(options)}, server_{options_.url} {
}

log_driver::~log_driver() = default;

void log_driver::take(const storage::log_line& line) {
  replay_.take(line);
  if (const auto* header = std::get_if<storage::log_header>(&line))
    make_room(*header);
  else if (const auto* file = std::get_if<storage::log_file>(&line))
    make_file(*file);
  else if (const auto* entry = std::get_if<storage::log_entry>(&line))
    type(*entry);
}

void log_driver::await(const member& who, const std::function<bool()>& holds, const char* what) {
  server_.run_until([&] { return holds() || !who.end().empty(); }, answer_deadline);
  if (!holds())
    throw std::runtime_error{
      fmt::format("{}: {}", what, who.end().empty() ? "no answer in time" : who.end())};
}

void log_driver::make_room(const storage::log_header& header) {
  std::string wish = "{";
  net::append_field(wish, "name", header.room_name);
  const net::http_response made =
    server_.request(net::http::verb::post, "/rooms", wish + R"(,"files":[]})");
  net::json_document answer;
  if (made.result() != net::http::status::created
      || answer.parse(made.body()) != net::json_error::none)
    throw std::runtime_error{"the server makes no room: " + made.body()};
  room_id_ = text_of(answer.root(), "room_id");
  for (std::size_t i = 0; i < std::max<std::size_t>(options_.clients, 1); ++i) {
    members_.push_back(
      std::make_unique<member>(server_, room_id_, "replay " + std::to_string(i + 1)));
    await(*members_.back(), [&] { return members_.back()->is_welcome(); }, "hello");
  }
}

void log_driver::make_file(const storage::log_file& file) {
  members_.front()->create(file.file, file.language);
  for (const auto& one : members_) {
    await(*one, [&] { return one->knows(file.file); }, "creating a file");
    one->open(file.file);
    await(*one, [&] { return one->has(file.file, 0); }, "opening a file");
  }
  file_began_.reset();
}

log_driver::member& log_driver::member_of(const ot::client_id& client) {
  const std::size_t number = numbers_.try_emplace(client, numbers_.size()).first->second;
  return *members_[number % members_.size()];
}

// Sleeps until the operation is due; the connections go on meanwhile.
void log_driver::keep_pace(std::int64_t at_ms) {
  if (!file_began_) {
    file_began_ = clock::now();
    file_began_ms_ = at_ms;
  }
  if (options_.speed <= 0)
    return;
  const auto due_ms = static_cast<double>(at_ms - file_began_ms_) / options_.speed;
  const auto due = *file_began_ + milliseconds{static_cast<std::int64_t>(std::max(due_ms, 0.0))};
  const auto left = std::chrono::duration_cast<milliseconds>(due - clock::now());
  server_.run_until([] { return false; }, std::max(left, milliseconds{0}));
}

void log_driver::type(const storage::log_entry& entry) {
  member& who = member_of(entry.made.client);
  keep_pace(entry.made.at_ms);
  await(who, [&] { return who.has(entry.file, entry.rev - 1); }, "following a file");
  const auto sent = clock::now();
  began_ = began_.value_or(sent);
  who.send(entry.file, entry.rev - 1, entry.made.op);
  await(who, [&] { return who.is_answered(); }, "an edit");
  const auto patience = sent + answer_deadline;
  while (!who.problem().empty()) {
    const bool can_wait = who.problem() == "rate_limited" || who.problem() == "unavailable";
    if (!can_wait || clock::now() > patience)
      throw std::runtime_error{fmt::format("{}, revision {}: the server says {}", entry.file,
                                           entry.rev, who.problem())};
    server_.run_until([] { return false; }, who.retry());
    who.send_again();
    await(who, [&] { return who.is_answered(); }, "an edit");
  }
  acks_ms_.push_back(std::chrono::duration<float, std::milli>(clock::now() - sent).count());
}

drive_result log_driver::finish() {
  drive_result result;
  result.operations = acks_ms_.size();
  if (began_)
    result.seconds = std::chrono::duration<double>(clock::now() - *began_).count();
  result.ack_p50_ms = quantile(acks_ms_, 0.5);
  result.ack_p99_ms = quantile(acks_ms_, 0.99);
  result.room_url = options_.url + "/r/" + room_id_;
  for (const auto& [name, file] : replay_.files()) {
    const net::http_response got = server_.request(
      net::http::verb::get, "/rooms/" + room_id_ + "/files/" + percent_encoded(name));
    if (got.result() != net::http::status::ok || got.body() != file.text.to_string())
      result.different.push_back(name);
  }
  return result;
}

}  // namespace tandem::tools
