#include "tests/sim/actor_server.hpp"

#include "actors/registry.hpp"
#include "actors/session.hpp"
#include "actors/store_actors.hpp"
#include "tests/sim/doubtful_store.hpp"

#include <caf/scheduler/test_coordinator.hpp>

#include <algorithm>
#include <map>
#include <utility>

namespace tandem::sim {

namespace {

constexpr std::int64_t tick_us = 500;
constexpr std::int64_t long_line_us = 60'000;
constexpr std::size_t jobs_max = 100'000;

// One message a job: as many interleavings as there can be.
struct coordinated_settings : caf::actor_system_config {
  coordinated_settings() {
    set("scheduler.policy", caf::atom("testing"));
    set("scheduler.max-throughput", std::size_t{1});
  }
};

class actor_server final : public sim_host {
 public:
  actor_server(const limits& bounds, const frame_encoder& encoder, sim_clock& clock,
               sim_random& chance, storage::store& kept, std::string room_id)
      : bounds_{bounds},
        encoder_{encoder},
        clock_{clock},
        chance_{chance},
        room_id_{std::move(room_id)},
        system_{settings_},
        coordinator_{dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler())} {
    trouble_.crash = 0;
    const auto store =
      std::make_shared<doubtful_store>(kept, clock, chance, trouble_, durable_);
    writer_ = system_.spawn(writer, std::shared_ptr<storage::store>{store},
                             std::shared_ptr<std::atomic<std::uint64_t>>{});
    reader_ = system_.spawn(reader, std::shared_ptr<storage::reader>{store},
                            static_cast<std::size_t>(bounds.chat_kept));
    registry_ = system_.spawn(
      registry, registry_settings{&bounds_, &encoder_, writer_, reader_, nothing_, live_rooms_});
    tick();
  }

  // As a server stops: connections, rooms, and the store's actors at last. A
  // room that cannot write any more is left behind.
  ~actor_server() override {
    trouble_ = troubles::none();
    look_ = nullptr;
    for (const auto& [number, line] : lines_) {
      line->forget_client();
      caf::anon_send(line->session, connection_says{connection_says::event::disconnected});
    }
    caf::anon_send(registry_, stop_rooms{[] {}});
    run_all_jobs();
    coordinator_.advance_time(std::chrono::hours{1});
    run_all_jobs();
    for (const auto& [number, line] : lines_)
      line->session = nullptr;
    for (const caf::actor& each :
         {caf::actor_cast<caf::actor>(registry_), caf::actor_cast<caf::actor>(writer_),
          caf::actor_cast<caf::actor>(reader_)})
      caf::anon_send_exit(each, caf::exit_reason::kill);
    run_all_jobs();
    system_.await_actors_before_shutdown(false);
  }

  std::uint64_t connect(receiver to_client, end_listener on_end) override;
  void disconnect(std::uint64_t connection) override;
  void from_client(std::uint64_t connection, client::message message) override;
  void client_read(std::uint64_t connection, std::uint64_t bytes) override;

  void heal() override {
    trouble_ = troubles::none();
    for (const auto& [number, line] : lines_)
      line->long_us = 0;
  }

 private:
  // A connection: the sink of a session actor.
  class line final : public connection_sink {
   public:
    line(actor_server& server, receiver to_client, end_listener on_end)
        : server_{server}, to_client_{std::move(to_client)}, on_end_{std::move(on_end)} {}

    void send(const frame& bytes, pace) override {
      if (!to_client_)
        return;
      if (server_.look_)
        server_.look_(bytes);
      unread += bytes->size();
      server_.most_unread_bytes_ = std::max(server_.most_unread_bytes_, unread);
      to_client_(bytes);
    }
    std::uint64_t unread_bytes() const override {
      was_over = was_over || unread >= server_.bounds_.outbound_pause_bytes;
      return unread;
    }
    void close(close_code code, std::string_view) override {
      if (auto told = std::exchange(on_end_, nullptr))
        server_.clock_.at(server_.clock_.now_us(), [told, code] { told(code); });
    }
    void consumed() override {}
    void forget_client() { to_client_ = nullptr, on_end_ = nullptr; }

    session_actor session;
    sim_channel in;
    std::int64_t long_us = 0;
    std::uint64_t unread = 0;
    mutable bool was_over = false;

   private:
    actor_server& server_;
    receiver to_client_;
    end_listener on_end_;
  };

  void run_all_jobs() {
    for (std::size_t left = jobs_max; left > 0 && coordinator_.has_job(); --left)
      coordinator_.run_once();
  }

  // Time goes on for the actors too: what they wait for becomes due.
  void tick() {
    catch_up_with_time();
    clock_.at(clock_.now_us() + tick_us, [this] { tick(); });
  }

  void catch_up_with_time() {
    const std::int64_t elapsed_us = clock_.now_us() - actors_now_us_;
    actors_now_us_ = clock_.now_us();
    if (elapsed_us > 0)
      coordinator_.advance_time(std::chrono::microseconds{elapsed_us});
    plan_a_job();
  }

  // A job a moment, any of those that are ready.
  void plan_a_job() {
    if (is_job_planned_ || !coordinator_.has_job())
      return;
    is_job_planned_ = true;
    const auto wait_us = static_cast<std::int64_t>(
      chance_.below(static_cast<std::uint64_t>(trouble_.hop_us) / 4 + 1));
    clock_.at(clock_.now_us() + wait_us, [this] {
      is_job_planned_ = false;
      run_a_job();
    });
  }

  void run_a_job() {
    if (!coordinator_.has_job())
      return;
    const auto chosen = static_cast<std::ptrdiff_t>(chance_.below(coordinator_.jobs.size()));
    std::rotate(coordinator_.jobs.begin(), coordinator_.jobs.begin() + chosen,
                coordinator_.jobs.begin() + chosen + 1);
    coordinator_.run_once();
    plan_a_job();
  }

  std::shared_ptr<line> find(std::uint64_t connection) const {
    const auto found = lines_.find(connection);
    return found == lines_.end() ? nullptr : found->second;
  }

  template <class M>
  void tell_session(std::uint64_t connection, M message) {
    const auto to = find(connection);
    if (!to)
      return;
    const std::int64_t way_us =
      1 + static_cast<std::int64_t>(chance_.below(static_cast<std::uint64_t>(trouble_.hop_us)))
      + static_cast<std::int64_t>(chance_.below(static_cast<std::uint64_t>(to->long_us) + 1));
    to->in.send(clock_, way_us, [this, to, message = std::move(message)]() mutable {
      catch_up_with_time();
      caf::anon_send(to->session, std::move(message));
      plan_a_job();
    });
  }

  const limits bounds_;
  const frame_encoder& encoder_;
  sim_clock& clock_;
  sim_random& chance_;
  std::string room_id_;
  troubles trouble_;
  std::shared_ptr<const std::function<void()>> nothing_ =
    std::make_shared<const std::function<void()>>([] {});
  std::shared_ptr<std::atomic<std::uint64_t>> live_rooms_ =
    std::make_shared<std::atomic<std::uint64_t>>(0);
  std::shared_ptr<std::atomic<std::uint64_t>> live_sessions_ =
    std::make_shared<std::atomic<std::uint64_t>>(0);
  coordinated_settings settings_;
  caf::actor_system system_;
  caf::scheduler::test_coordinator& coordinator_;
  writer_actor writer_;
  reader_actor reader_;
  registry_actor registry_;
  std::map<std::uint64_t, std::shared_ptr<line>> lines_;
  std::uint64_t next_connection_ = 1;
  std::int64_t actors_now_us_ = 0;
  bool is_job_planned_ = false;
};

std::uint64_t actor_server::connect(receiver to_client, end_listener on_end) {
  const std::uint64_t number = next_connection_++;
  auto added = std::make_shared<line>(*this, std::move(to_client), std::move(on_end));
  if (chance_.chance(trouble_.long_line))
    added->long_us = long_line_us;
  ++*live_sessions_;
  added->session = system_.spawn(
    session, session_settings{&bounds_, &encoder_, registry_, room_id_, added, live_sessions_});
  lines_[number] = std::move(added);
  return number;
}

void actor_server::disconnect(std::uint64_t connection) {
  tell_session(connection, connection_says{connection_says::event::disconnected});
}

void actor_server::from_client(std::uint64_t connection, client::message message) {
  tell_session(connection, client_said{std::move(message)});
}

void actor_server::client_read(std::uint64_t connection, std::uint64_t bytes) {
  const auto of = find(connection);
  if (!of)
    return;
  of->unread -= bytes;
  if (of->unread < bounds_.outbound_pause_bytes / 2 && std::exchange(of->was_over, false))
    tell_session(connection, connection_says{connection_says::event::drained});
}

}  // namespace

std::unique_ptr<sim_host> make_actor_server(const limits& bounds, const frame_encoder& encoder,
                                            sim_clock& clock, sim_random& chance,
                                            storage::store& kept, std::string room_id) {
  return std::make_unique<actor_server>(bounds, encoder, clock, chance, kept, std::move(room_id));
}

}  // namespace tandem::sim
