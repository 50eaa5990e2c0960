#include "actors/service.hpp"

#include "actors/gate.hpp"
#include "actors/registry.hpp"
#include "actors/session.hpp"
#include "actors/store_actors.hpp"
#include "actors/visit.hpp"

#include <caf/all.hpp>
#include <openssl/rand.h>

#include <future>
#include <stdexcept>
#include <utility>

namespace tandem {

namespace {

// Why these values: the table in docs/architecture.md, "actors".
struct actor_settings : caf::actor_system_config {
  explicit actor_settings(std::size_t threads) {
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", threads);
    set("scheduler.max-throughput", std::size_t{200});
  }
};

ot::client_id random_client() {
  ot::client_id client;
  if (RAND_bytes(client.bytes.data(), static_cast<int>(client.bytes.size())) != 1)
    throw std::runtime_error{"no random numbers"};
  return client;
}

class inbox final : public session_inbox {
 public:
  explicit inbox(session_actor session) : session_{std::move(session)} {}

  void said(client::message message) override {
    caf::anon_send(session_, client_said{std::move(message)});
  }
  void drained() override { tell(connection_says::event::drained); }
  void hello_timed_out() override { tell(connection_says::event::hello_timed_out); }
  void shutting_down() override { tell(connection_says::event::shutting_down); }
  void disconnected() override { tell(connection_says::event::disconnected); }

 private:
  void tell(connection_says::event event) { caf::anon_send(session_, connection_says{event}); }

  session_actor session_;
};

class actor_service final : public service {
 public:
  actor_service(const limits& bounds, const frame_encoder& encoder,
                std::unique_ptr<storage::store> store, std::size_t threads,
                const entry_settings& entry)
      : bounds_{bounds},
        encoder_{encoder},
        mode_{entry.mode},
        rates_{std::make_shared<rate_limits>(entry.rates)},
        settings_{threads},
        system_{settings_} {
    std::shared_ptr<storage::reader> reading = store->open_reader();
    std::shared_ptr<storage::reader> studying = store->open_reader();
    std::shared_ptr<storage::reader> admitting = store->open_reader();
    writer_ = system_.spawn<caf::detached>(
      writer, std::shared_ptr<storage::store>{std::move(store)});
    reader_ = system_.spawn<caf::detached>(reader, std::move(reading),
                                           static_cast<std::size_t>(bounds_.chat_kept));
    student_ = system_.spawn<caf::detached>(reader, std::move(studying),
                                            static_cast<std::size_t>(bounds_.chat_kept));
    gate_ = system_.spawn<caf::detached>(
      gate, gate_settings{mode_, std::move(admitting), writer_});
    registry_ = system_.spawn(
      registry, registry_settings{&bounds_, &encoder_, writer_, reader_, batch_given_,
                                  live_rooms_});
  }

  std::unique_ptr<session_inbox> connect(std::string room_id,
                                         std::shared_ptr<connection_sink> sink,
                                         credentials shown) override {
    ++*live_sessions_;
    return std::make_unique<inbox>(
      system_.spawn(session, session_settings{&bounds_, &encoder_, registry_,
                                              std::move(room_id), std::move(sink),
                                              live_sessions_, mode_, gate_, std::move(shown),
                                              rates_}));
  }

  void admit(credentials shown, std::string room_id,
             std::function<void(const admission&)> answer) override {
    caf::anon_send(gate_, tandem::admit{std::move(shown), std::move(room_id), std::move(answer)});
  }

  void rights_changed(std::string room_id,
                      std::optional<storage::account_key> account) override {
    caf::anon_send(gate_, tandem::rights_changed{std::move(room_id), account});
  }

  void room_renamed(std::string room_id, std::string name) override {
    caf::anon_send(registry_, tandem::room_renamed{std::move(room_id), std::move(name)});
  }

  void read(std::function<void(storage::reader&)> task) override {
    caf::anon_send(reader_, read_task{std::move(task)});
  }

  void write(std::function<void(storage::store&)> task) override {
    caf::anon_send(writer_, write_task{std::move(task)});
  }

  void study(std::function<void(storage::reader&)> task) override {
    caf::anon_send(student_, read_task{std::move(task)});
  }

  void edit(visiting_edit wish, std::function<void(const visit_result&)> answer) override {
    system_.spawn(visit, visit_settings{registry_, std::move(wish), random_client(),
                                        std::move(answer)});
  }

  void close_room(const std::string& room_id,
                  std::function<void(storage::store&)> task) override {
    caf::anon_send(registry_, remove_room{room_id, std::move(task)});
  }

  void on_batch_given(std::function<void()> hook) override { *batch_given_ = std::move(hook); }

  const limits& bounds() const noexcept override { return bounds_; }
  access_mode mode() const noexcept override { return mode_; }
  rate_limits& rates() noexcept override { return *rates_; }

  counters count() const noexcept override { return {*live_sessions_, *live_rooms_}; }

  bool stop(std::chrono::milliseconds deadline) override {
    auto done = std::make_shared<std::promise<void>>();
    std::future<void> all_gone = done->get_future();
    caf::anon_send(registry_, stop_rooms{[done, told = std::make_shared<bool>(false)] {
                     if (!std::exchange(*told, true))
                       done->set_value();
                   }});
    const bool in_time = all_gone.wait_for(deadline) == std::future_status::ready;
    caf::anon_send_exit(registry_, caf::exit_reason::kill);
    caf::anon_send_exit(writer_, caf::exit_reason::kill);
    caf::anon_send_exit(reader_, caf::exit_reason::kill);
    caf::anon_send_exit(student_, caf::exit_reason::kill);
    caf::anon_send_exit(gate_, caf::exit_reason::kill);
    return in_time;
  }

 private:
  const limits bounds_;
  const frame_encoder& encoder_;
  std::shared_ptr<std::atomic<std::uint64_t>> live_sessions_ =
    std::make_shared<std::atomic<std::uint64_t>>(0);
  std::shared_ptr<std::atomic<std::uint64_t>> live_rooms_ =
    std::make_shared<std::atomic<std::uint64_t>>(0);
  std::shared_ptr<std::function<void()>> batch_given_ =
    std::make_shared<std::function<void()>>([] {});
  const access_mode mode_;
  const std::shared_ptr<rate_limits> rates_;
  actor_settings settings_;
  caf::actor_system system_;
  writer_actor writer_;
  reader_actor reader_;
  reader_actor student_;  // a second one, for long work
  gate_actor gate_;
  registry_actor registry_;
};

}  // namespace

std::unique_ptr<service> start_service(const limits& bounds, const frame_encoder& encoder,
                                       std::unique_ptr<storage::store> store,
                                       std::size_t threads, const entry_settings& entry) {
  return std::make_unique<actor_service>(bounds, encoder, std::move(store), threads, entry);
}

}  // namespace tandem
