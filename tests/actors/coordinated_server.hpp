// The real actors in one thread and in virtual time: on CAF's test coordinator,
// which lets one of them deal with one message when the test says so.
//
// Invariants
//  1. No actor runs but in `settle`, `pass` and `run_any`; an actor that is held
//     does not run at all.
//  2. Time stands still but in `pass`.
#pragma once

#include "actors/registry.hpp"
#include "actors/session.hpp"
#include "actors/store_actors.hpp"
#include "actors/visit.hpp"
#include "tests/support/random_text.hpp"

#include <caf/scheduler/test_coordinator.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem::test {

// A connection without a socket: what the session actor sends waits here until
// the test takes it.
class coordinated_line final : public connection_sink {
 public:
  explicit coordinated_line(std::uint64_t pause_bytes) : pause_bytes_{pause_bytes} {}

  void send(const frame& bytes, pace) override {
    on_frame(bytes);
    unread_bytes_ += bytes->size();
    frames_.push_back(bytes);
  }
  std::uint64_t unread_bytes() const override {
    was_over_ = was_over_ || unread_bytes_ >= pause_bytes_;
    return unread_bytes_;
  }
  void close(close_code code, std::string_view) override { closed = static_cast<int>(code); }
  void consumed() override {}

  void say(client::message message) {
    caf::anon_send(session, client_said{std::move(message)});
  }
  void disconnect() { tell(connection_says::event::disconnected); }
  // The actor ends as by an error of ours: nobody is told but by CAF.
  void crash() { caf::anon_send_exit(session, caf::exit_reason::kill); }

  bool has_frame() const { return !frames_.empty(); }
  // REQUIRES: has_frame().
  frame take() {
    const frame first = std::move(frames_.front());
    frames_.pop_front();
    unread_bytes_ -= first->size();
    if (unread_bytes_ < pause_bytes_ / 2 && std::exchange(was_over_, false))
      tell(connection_says::event::drained);
    return first;
  }
  // All that has come, as one text.
  std::string read() {
    std::string all;
    while (has_frame())
      all += *take();
    return all;
  }

  std::optional<int> closed;
  session_actor session;
  std::function<void(const frame&)> on_frame = [](const frame&) {};

 private:
  void tell(connection_says::event what) { caf::anon_send(session, connection_says{what}); }

  std::deque<frame> frames_;
  std::uint64_t unread_bytes_ = 0;
  std::uint64_t pause_bytes_;
  mutable bool was_over_ = false;
};

class coordinated_server {
 public:
  // `make_relay`: as a node of a cluster, whose view the test tells (`tell_registry`).
  coordinated_server(const limits& bounds, const frame_encoder& encoder,
                     std::shared_ptr<storage::store> store, relay_maker make_relay = {})
      : bounds_{bounds}, encoder_{encoder}, is_in_cluster_{make_relay != nullptr} {
    writer_ = system_.spawn(writer, store, std::shared_ptr<std::atomic<std::uint64_t>>{});
    reader_ = system_.spawn(reader, std::shared_ptr<storage::reader>{std::move(store)},
                            static_cast<std::size_t>(bounds_.chat_kept));
    registry_ = system_.spawn(registry,
                              registry_settings{&bounds_, &encoder_, writer_, reader_,
                                                batch_given_, live_rooms_,
                                                std::move(make_relay)});
    coordinator_.advance_time(std::chrono::hours{1});  // a machine has been up for a while
  }

  // REQUIRES: the store works again.
  ~coordinated_server() {
    release();
    for (const auto& line : lines_)
      line->disconnect();
    stop();
    pass(std::chrono::seconds{2});
    for (const auto& line : lines_)
      line->session = nullptr;
    for (const auto& last : {caf::actor_cast<caf::actor>(registry_),
                             caf::actor_cast<caf::actor>(writer_),
                             caf::actor_cast<caf::actor>(reader_)})
      caf::anon_send_exit(last, caf::exit_reason::kill);
    coordinator_.advance_time(std::chrono::hours{1});
    settle();
    // A test that has failed may leave an actor behind: it is not to hang, too.
    system_.await_actors_before_shutdown(false);
  }

  std::shared_ptr<coordinated_line> connect(std::string room_id = "room") {
    auto line = std::make_shared<coordinated_line>(bounds_.outbound_pause_bytes);
    ++*live_sessions_;
    line->session =
      system_.spawn(session, session_settings{&bounds_, &encoder_, registry_, std::move(room_id),
                                              line, live_sessions_, access_mode::open, {}, {},
                                              {}, is_in_cluster_});
    return lines_.emplace_back(std::move(line));
  }

  void edit(visiting_edit wish, std::function<void(const visit_result&)> answer) {
    ot::client_id client;
    client.bytes.fill(static_cast<std::uint8_t>(200 + visits_++));
    system_.spawn(visit, visit_settings{registry_, std::move(wish), client, std::move(answer)});
  }

  void remove(std::string room_id, std::function<void(storage::store&)> task) {
    caf::anon_send(registry_, remove_room{std::move(room_id), std::move(task)});
  }
  template <class Message>
  void tell_registry(Message message) {
    caf::anon_send(registry_, std::move(message));
  }
  caf::actor_system& system() { return system_; }
  registry_actor registry_handle() const { return registry_; }

  void stop() {
    caf::anon_send(registry_, stop_rooms{[this] { has_stopped_ = true; }});
  }
  bool has_stopped() const { return has_stopped_; }

  std::uint64_t rooms() const { return *live_rooms_; }
  std::uint64_t sessions() const { return *live_sessions_; }

  // ---- who may go on, and when ----

  // Of the actors of this kind ("room", "writer", …) none runs until `release`.
  void hold(std::string kind) { held_ = std::move(kind); }
  void release() { held_.clear(); }

  // Lets everybody deal with everything.
  void settle() {
    while (run_one([](std::size_t) { return std::size_t{0}; })) {
    }
  }

  // Lets any one that is ready deal with one message. Whether there was one.
  bool run_any(random_source& random) {
    return run_one([&](std::size_t ready) { return std::size_t{random.below(ready)}; });
  }

  void pass(std::chrono::microseconds time) {
    using namespace std::chrono_literals;
    settle();
    for (auto left = time; left > 0us; left -= 1ms) {
      coordinator_.advance_time(std::min<std::chrono::microseconds>(left, 1ms));
      settle();
    }
  }

  // How many messages the actors have dealt with.
  std::uint64_t messages() const { return messages_; }

  // Time passes, and what becomes due by it is ready; nobody runs.
  void let_time_pass(std::chrono::microseconds time) { coordinator_.advance_time(time); }

 private:
  struct coordinated : caf::actor_system_config {
    coordinated() { set("scheduler.policy", caf::atom("testing")); }
  };

  bool is_held(caf::resumable* job) const {
    const auto* actor = dynamic_cast<const caf::local_actor*>(job);
    return !held_.empty() && actor != nullptr && actor->name() == held_;
  }

  template <class Choose>
  bool run_one(const Choose& choose) {
    auto& jobs = coordinator_.jobs;
    const auto held = std::stable_partition(jobs.begin(), jobs.end(),
                                            [this](auto* job) { return !is_held(job); });
    const auto ready = static_cast<std::size_t>(held - jobs.begin());
    if (ready == 0)
      return false;
    const auto chosen = jobs.begin() + static_cast<std::ptrdiff_t>(choose(ready));
    std::rotate(jobs.begin(), chosen, chosen + 1);
    coordinator_.run_once();
    ++messages_;
    return true;
  }

  const limits bounds_;
  const frame_encoder& encoder_;
  const bool is_in_cluster_;
  std::shared_ptr<std::atomic<std::uint64_t>> live_rooms_ =
    std::make_shared<std::atomic<std::uint64_t>>(0);
  std::shared_ptr<std::atomic<std::uint64_t>> live_sessions_ =
    std::make_shared<std::atomic<std::uint64_t>>(0);
  std::shared_ptr<const std::function<void()>> batch_given_ =
    std::make_shared<const std::function<void()>>([] {});
  coordinated settings_;
  caf::actor_system system_{settings_};
  caf::scheduler::test_coordinator& coordinator_ =
    dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler());
  writer_actor writer_;
  reader_actor reader_;
  registry_actor registry_;
  std::vector<std::shared_ptr<coordinated_line>> lines_;
  std::string held_;
  bool has_stopped_ = false;
  std::uint8_t visits_ = 0;
  std::uint64_t messages_ = 0;
};

}  // namespace tandem::test
