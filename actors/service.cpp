#include "actors/service.hpp"

#include "actors/ai/autocomplete.hpp"
#include "actors/ai/texts.hpp"
#include "actors/cluster_keeper.hpp"
#include "actors/gate.hpp"
#include "actors/node_links.hpp"
#include "actors/node_transport.hpp"
#include "actors/registry.hpp"
#include "actors/relay.hpp"
#include "actors/session.hpp"
#include "actors/store_actors.hpp"
#include "actors/visit.hpp"

#include <caf/all.hpp>
#include <openssl/rand.h>

#include <future>
#include <stdexcept>
#include <thread>
#include <utility>

namespace tandem {

namespace {

// Why these values: the table in docs/architecture.md, "actors".
struct actor_settings : caf::actor_system_config {
  actor_settings(std::size_t threads, const cluster_settings& cluster) {
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", threads);
    set("scheduler.max-throughput", std::size_t{200});
    if (cluster.is_wanted())
      load_transport(*this, transport_of(cluster), cluster.beat_ms);
  }

  static node_transport transport_of(const cluster_settings& cluster) {
    return {cluster.host, cluster.port, cluster.certificate, cluster.key, cluster.authority};
  }
};

std::uint64_t random_number() {
  std::uint64_t number = 0;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&number), sizeof number) != 1 || number == 0)
    throw std::runtime_error{"no random numbers"};
  return number;
}

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

// What all rooms learn comes out of one budget.
ai::companion_limits with_shared_learning(ai::companion_limits bounds) {
  bounds.learning.shared = std::make_shared<ai::learning_budget>(bounds.learning_bytes_in_all);
  return bounds;
}

class actor_service final : public service {
 public:
  actor_service(const limits& bounds, const frame_encoder& encoder,
                std::unique_ptr<storage::store> store, std::size_t threads,
                const entry_settings& entry, const cluster_settings& cluster,
                const cluster_doors& doors, const ai_parts& ai)
      : bounds_{bounds},
        encoder_{encoder},
        mode_{entry.mode},
        rates_{std::make_shared<rate_limits>(entry.rates)},
        is_in_cluster_{cluster.is_wanted()},
        settings_{threads, cluster},
        system_{settings_},
        model_{ai.model} {
    std::shared_ptr<storage::reader> reading = store->open_reader();
    std::shared_ptr<storage::reader> studying = store->open_reader();
    std::shared_ptr<storage::reader> admitting = store->open_reader();
    writer_ = system_.spawn<caf::detached>(
      writer, std::shared_ptr<storage::store>{std::move(store)}, fenced_writes_);
    reader_ = system_.spawn<caf::detached>(reader, std::move(reading),
                                           static_cast<std::size_t>(bounds_.chat_kept));
    student_ = system_.spawn<caf::detached>(reader, std::move(studying),
                                            static_cast<std::size_t>(bounds_.chat_kept));
    gate_ = system_.spawn<caf::detached>(
      gate, gate_settings{mode_, std::move(admitting), writer_});
    registry_ = system_.spawn(
      registry, registry_settings{&bounds_, &encoder_, writer_, reader_, batch_given_,
                                  live_rooms_, is_in_cluster_ ? relays() : relay_maker{}});
    if (ai.decoder != nullptr)
      start_ai(ai);
    if (is_in_cluster_)
      join_cluster(cluster, doors);
  }

  std::unique_ptr<session_inbox> connect(std::string room_id,
                                         std::shared_ptr<connection_sink> sink,
                                         credentials shown) override {
    ++*live_sessions_;
    return std::make_unique<inbox>(
      system_.spawn(session, session_settings{&bounds_, &encoder_, registry_,
                                              std::move(room_id), std::move(sink),
                                              live_sessions_, mode_, gate_, std::move(shown),
                                              rates_, is_in_cluster_, autocomplete_}));
  }

  void admit(credentials shown, std::string room_id,
             std::function<void(const admission&)> answer) override {
    caf::anon_send(gate_, tandem::admit{std::move(shown), std::move(room_id), std::move(answer)});
  }

  void rights_changed(std::string room_id,
                      std::optional<storage::account_key> account) override {
    if (autocomplete_)
      caf::anon_send(autocomplete_, tandem::rights_changed{room_id, account});
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

  void ask_ai(std::string room_id, storage::tenant_key tenant, ai::asker from,
              ai::question what) override {
    if (autocomplete_)
      caf::anon_send(autocomplete_, ai::ask_ai{std::move(room_id), tenant, std::move(from),
                                               std::move(what)});
    else
      from.tell(no_ai());
  }

  void ask_about_text(ai::text_question what, ai::asker from) override {
    if (!texts_)
      return from.tell(no_ai());
    if (!text_queue_->enter())
      return from.tell(server::error{error_code::rate_limited, "too many texts are asked about", {},
                                     {}, {}, 1'000});
    caf::anon_send(texts_, ai::ask_about_text{ai::cut_to_place(std::move(what), text_chars_),
                                              std::move(from)});
  }

  void take_back(std::string room_id, std::uint64_t asker_id) override {
    if (room_id.empty() && texts_)  // it asked about a text of its own
      caf::anon_send(texts_, ai::take_back{asker_id, {}});
    else if (autocomplete_)
      caf::anon_send(autocomplete_, ai::take_back_in{std::move(room_id), {asker_id, {}}});
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

  cluster_counts count_cluster() const noexcept override {
    return {counters_->nodes,      counters_->links,          counters_->relays,
            counters_->bytes_sent, counters_->bytes_received, *fenced_writes_};
  }

  ai_counts count_ai() const noexcept override {
    const ai::ai_counters& c = *ai_counters_;
    return {c.completions, c.changes,    c.mentions,   c.texts,
            c.dropped,     c.cache_hits, c.companions, model_ ? model_->counts() : ai::model_counts{}};
  }

  bool give_rooms_away(std::chrono::milliseconds deadline) override {
    if (!keeper_ || counters_->nodes < 2)
      return true;
    keeper_->drain();
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (*live_rooms_ > 0 && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
    return *live_rooms_ == 0;
  }

  bool stop(std::chrono::milliseconds deadline) override {
    if (autocomplete_) {
      caf::anon_send(autocomplete_, ai::stop_ai{});
      caf::anon_send(texts_, ai::stop_ai{});
    }
    auto done = std::make_shared<std::promise<void>>();
    std::future<void> all_gone = done->get_future();
    caf::anon_send(registry_, stop_rooms{[done, told = std::make_shared<bool>(false)] {
                     if (!std::exchange(*told, true))
                       done->set_value();
                   }});
    const bool in_time = all_gone.wait_for(deadline) == std::future_status::ready;
    if (keeper_)
      leave_cluster();
    caf::anon_send_exit(registry_, caf::exit_reason::kill);
    caf::anon_send_exit(writer_, caf::exit_reason::kill);
    caf::anon_send_exit(reader_, caf::exit_reason::kill);
    caf::anon_send_exit(student_, caf::exit_reason::kill);
    caf::anon_send_exit(gate_, caf::exit_reason::kill);
    return in_time;
  }

 private:
  static server::error no_ai() {
    return {error_code::forbidden, "AI is off on this server", {}, {}, {}, {}};
  }

  void start_ai(const ai_parts& ai) {
    autocomplete_ = system_.spawn<caf::detached>(
      ai::autocomplete,
      ai::autocomplete_settings{registry_, reader_, with_shared_learning(ai.bounds), ai.offer,
                                ai.decoder, ai.model, ai_counters_, random_client});
    text_queue_ = std::make_shared<ai::text_queue>(ai.bounds.texts_queued);
    text_chars_ = ai.bounds.near_chars;
    texts_ = system_.spawn<caf::detached>(
      ai::texts,
      ai::texts_settings{ai.bounds, ai.offer, ai.model, ai_counters_, text_queue_});
  }

  // The registry makes relays, and they need its handle and that of LINKS: both are
  // there before anybody comes in.
  relay_maker relays() {
    return [this](const std::string& room_id, storage::tenant_key tenant,
                  const std::string& node) -> room_actor {
      return system_.spawn(relay, relay_settings{&bounds_, registry_, links_, counters_,
                                                 batch_given_, room_id, tenant, node});
    };
  }

  // Dialling blocks, for some seconds at most: it has a thread of its own while it lasts.
  decltype(links_settings::dial) dialler(bool has_tls,
                                         std::function<bool(const std::string&)> is_somebody_at) {
    return [this, has_tls, there = std::move(is_somebody_at)](
             const std::string& address, std::function<void(gateway_actor, std::string)> answer) {
      system_.spawn<caf::detached>([=](caf::event_based_actor* me) {
        if (!there(address))
          return answer({}, {});
        auto [peer, why_not] = dial_gateway(me->home_system(), address, has_tls);
        answer(std::move(peer), std::move(why_not));
      });
    };
  }

  void join_cluster(const cluster_settings& cluster, const cluster_doors& doors) {
    const node_transport transport = actor_settings::transport_of(cluster);
    links_ = system_.spawn(
      links, links_settings{registry_, counters_, random_number(), cluster.name, cluster.speaks,
                            dialler(transport.has_tls(), doors.is_somebody_at),
                            [this](const std::string& node) {
                              if (keeper_)
                                keeper_->suspect(node);
                            }});
    const std::uint16_t port = publish_gateway(links_, transport);
    const std::string address = cluster.advertised.empty()
                                  ? cluster.host + ":" + std::to_string(port)
                                  : cluster.advertised;
    keeper_ = std::make_unique<cluster_keeper>(
      node_settings{cluster.name, address, std::chrono::milliseconds{cluster.lease_ms},
                    std::chrono::milliseconds{cluster.beat_ms}, cluster.speaks},
      doors.open_registry(),
      keeper_hooks{[this](const cluster_view& view) { on_view(view); },
                   [this](const storage::cluster_notice& notice) { on_notice(notice); },
                   [this](std::vector<storage::lease_record> held) {
                     caf::anon_send(registry_, still_leased{std::move(held)});
                   },
                   doors.is_nobody_at});
  }

  void on_view(const cluster_view& view) {
    const auto shared = std::make_shared<const cluster_view>(view);
    counters_->nodes = view.nodes.size();
    caf::anon_send(links_, cluster_changed{shared});
    caf::anon_send(registry_, cluster_changed{shared});
  }

  void on_notice(const storage::cluster_notice& notice) {
    using kind = storage::cluster_notice::kind;
    switch (notice.what) {
      case kind::rights: rights_changed(notice.room_id, notice.account); break;
      case kind::renamed: room_renamed(notice.room_id, notice.text); break;
      case kind::removed: caf::anon_send(registry_, remove_room{notice.room_id, {}}); break;
      case kind::move: caf::anon_send(registry_, move_room{notice.room_id, notice.text}); break;
      case kind::nodes: break;
    }
  }

  void leave_cluster() {
    keeper_->stop();
    caf::anon_send(links_, end_links{});
  }

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
  const bool is_in_cluster_;
  std::shared_ptr<std::atomic<std::uint64_t>> fenced_writes_ =
    std::make_shared<std::atomic<std::uint64_t>>(0);
  std::shared_ptr<cluster_counters> counters_ = std::make_shared<cluster_counters>();
  actor_settings settings_;
  caf::actor_system system_;
  writer_actor writer_;
  reader_actor reader_;
  reader_actor student_;  // a second one, for long work
  gate_actor gate_;
  registry_actor registry_;
  links_actor links_;                        // in a cluster
  std::unique_ptr<cluster_keeper> keeper_;  // likewise
  std::shared_ptr<ai::language_model> model_;
  std::shared_ptr<ai::ai_counters> ai_counters_ = std::make_shared<ai::ai_counters>();
  ai::autocomplete_actor autocomplete_;  // none: there is no AI here
  ai::texts_actor texts_;                // likewise
  std::shared_ptr<ai::text_queue> text_queue_;
  std::uint64_t text_chars_ = 0;  // on each side of the place: what is asked about
};

}  // namespace

std::unique_ptr<service> start_service(const limits& bounds, const frame_encoder& encoder,
                                       std::unique_ptr<storage::store> store,
                                       std::size_t threads, const entry_settings& entry,
                                       const cluster_settings& cluster,
                                       const cluster_doors& doors, const ai_parts& ai) {
  return std::make_unique<actor_service>(bounds, encoder, std::move(store), threads, entry,
                                         cluster, doors, ai);
}

}  // namespace tandem
