#include "tests/sim/sim_server.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace tandem::sim {

namespace {

constexpr std::int64_t restart_us = 50'000;
constexpr std::int64_t long_line_us = 60'000;
constexpr std::int64_t late_us = 20'000;  // the latest that a write in doubt lands

}  // namespace

// ---- a session and its connection ----

class sim_server::session final : public session_effects {
 public:
  session(sim_server& server, std::uint64_t number, receiver to_client,
          end_listener on_end)
      : server_{server},
        number_{number},
        to_client_{std::move(to_client)},
        on_end_{std::move(on_end)},
        core_{server.limits_, server.encoder_, *this} {
    if (server.is_cluster_)
      core_.follow_moves();
  }

  session_core& core() { return core_; }
  ot::site_id site = 0;
  std::uint64_t in_room = 0;  // sim_server::room_number_ when it came in
  sim_channel from_client;
  sim_channel to_room;
  sim_channel from_room;
  sim_channel to_connection;
  std::int64_t line_us = 0;  // how much longer its client's words take
  std::uint64_t unread = 0;
  bool was_over = false;

  void send(const frame& bytes) override {
    if (server_.look_)
      server_.look_(bytes);
    unread += bytes->size();
    server_.most_unread_bytes_ = std::max(server_.most_unread_bytes_, unread);
    to_client_(bytes);
  }

  std::uint64_t unread_bytes() const override {
    if (unread >= server_.limits_.outbound_pause_bytes)
      const_cast<session*>(this)->was_over = true;
    return unread;
  }

  void close(close_code code, std::string_view) override {
    server_.clock_.at(server_.clock_.now_us(), server_.surviving([this, code] { end(code); }));
  }

  void end(close_code code) {
    if (auto told = std::exchange(on_end_, nullptr))
      told(code);
  }

  void join(join_request request) override;
  void join_again(join_request request) override { join(std::move(request)); }
  void settle() override;
  void ask_ai(ai::question) override {}
  void take_back(std::optional<std::uint64_t>) override {}
  void leave() override;
  void open(client::open wanted) override;
  void submit(submit_edit edit) override;
  void move_cursor(tandem::move_cursor moved) override;
  void catch_up(tandem::catch_up wanted) override;
  void post(client::chat chat) override;
  void change_file(client::change_file change) override;
  void report_divergence(client::diverged report) override;
  void change_role(room_role role) override;

 private:
  template <class F>
  void tell_room(F call);
  static void enter(sim_server& server, std::uint64_t number, const join_request& request);

  sim_server& server_;
  std::uint64_t number_;
  receiver to_client_;
  end_listener on_end_;
  session_core core_;
};

// ---- the room and its store ----

class sim_server::room final : public room_effects {
 public:
  room(sim_server& server, storage::loaded_room loaded)
      : server_{server},
        core_{server.limits_, server.encoder_, *this, std::move(loaded),
              server.is_cluster_ ? static_cast<ot::site_id>(server.room_number_ << 20U) + 1 : 1} {}

  room_core& core() { return core_; }
  bool is_gone = false;  // another node has the room: nobody hears this one any more
  std::map<ot::site_id, std::uint64_t> members;  // site → connection

  moment now() const { return {server_.clock_.now_us(), server_.clock_.now_us() / 1000}; }

  void tell(ot::site_id site, room_event event) override {
    if (is_gone)
      return;
    const auto member = members.find(site);
    if (member == members.end())
      return;
    const bool is_last = std::holds_alternative<expelled>(event);
    deliver(member->second, std::make_shared<const room_event>(std::move(event)));
    if (is_last)
      members.erase(member);
  }

  void tell_everyone(fanout_ptr batch) override {
    if (is_gone)
      return;
    const auto event = std::make_shared<const room_event>(std::move(batch));
    for (const auto& [site, connection] : members)
      deliver(connection, event);
  }

  void persist(storage::room_write write) override;

  void reload() override {
    if (is_gone)
      return;
    ++server_.reloads_;
    later(from_store, [this] {
      std::optional<storage::loaded_room> loaded;
      if (is_gone)
        return;
      if (!server_.chance_.chance(server_.trouble_.read_fails))
        loaded = server_.claim_and_load();
      core_.on_reloaded(std::move(loaded), now());
    });
  }

  void read_history(const tandem::catch_up& wanted, std::uint64_t ops_max) override {
    later(from_store, [this, wanted, ops_max] { read_now(wanted, ops_max); });
  }

  void wake_in(std::int64_t us) override {
    server_.clock_.at(server_.clock_.now_us() + us,
                      server_.surviving([this] { core_.on_timer(now()); }));
  }

 private:
  void deliver(std::uint64_t connection, std::shared_ptr<const room_event> event) {
    const auto found = server_.sessions_.find(connection);
    if (found == server_.sessions_.end())
      return;
    found->second->from_room.send(
      server_.clock_, server_.hop(), server_.surviving([this, connection, event] {
        const auto still = server_.sessions_.find(connection);
        if (still != server_.sessions_.end())
          still->second->core().on_room(*event);
      }));
  }

  template <class F>
  void later(sim_channel& channel, F call) {
    channel.send(server_.clock_,
                 1 + static_cast<std::int64_t>(
                       server_.chance_.below(static_cast<std::uint64_t>(server_.trouble_.store_us))),
                 server_.surviving(std::move(call)));
  }

  void read_now(const tandem::catch_up& wanted, std::uint64_t ops_max) {
    std::vector<storage::stored_op> ops;
    ot::text_op composed;
    server_.kept_.read_ops(wanted.file, wanted.from, wanted.to,
                           [&](ot::revision, storage::stored_op&& entry) {
                             composed = ot::compose(composed, entry.op);
                             ops.push_back(std::move(entry));
                             return wanted.may_compose || ops.size() < ops_max;
                           });
    if (wanted.may_compose)
      core_.on_composed_history(wanted, composed);
    else
      core_.on_history(wanted, std::move(ops));
  }

  void leave_in_doubt(std::shared_ptr<storage::room_write> write);
  void leave_to_chance(std::shared_ptr<storage::room_write> write);

  void answer(write_outcome outcome, std::vector<storage::file_key> created) {
    later(from_store, [this, outcome, created = std::move(created)] {
      core_.on_written(outcome, created, now());
    });
  }

  sim_server& server_;
  sim_channel to_store;
  sim_channel from_store;
  room_core core_;
};

// The write reaches the store, which takes it, fails, or leaves it in doubt;
// and at every step the server may crash.
void sim_server::room::persist(storage::room_write write) {
  auto shared = std::make_shared<storage::room_write>(std::move(write));
  later(to_store, [this, shared] {
    sim_random& chance = server_.chance_;
    if (chance.chance(server_.trouble_.crash))
      return server_.crash();  // before it
    if (server_.trouble_.room_moves > 0 && chance.chance(server_.trouble_.room_moves)) {
      server_.move_room();
      return leave_to_chance(shared);  // and nobody here waits for the answer
    }
    if (chance.chance(server_.trouble_.write_fails))
      return answer(write_outcome::failed, {});
    if (chance.chance(server_.trouble_.outcome_unknown))
      return leave_in_doubt(shared);
    const auto result = server_.write(*shared);
    if (chance.chance(server_.trouble_.crash))
      return server_.crash();  // after it, before anybody knows
    const bool written = result.result == storage::write_result::verdict::written;
    answer(written ? write_outcome::written : write_outcome::conflict, result.created);
  });
}

// It has taken place, or never does, or does later, if the room was not claimed
// anew by then.
void sim_server::room::leave_in_doubt(std::shared_ptr<storage::room_write> write) {
  leave_to_chance(std::move(write));
  answer(write_outcome::unknown, {});
}

void sim_server::room::leave_to_chance(std::shared_ptr<storage::room_write> write) {
  switch (server_.chance_.below(3)) {
    case 0: server_.write(*write); break;
    case 1: break;
    case 2:
      server_.clock_.at(server_.clock_.now_us() + static_cast<std::int64_t>(server_.chance_.below(
                                                    static_cast<std::uint64_t>(late_us))),
                        [&server = server_, write] { server.write(*write); });
  }
}

// ---- from sessions to the room ----

template <class F>
void sim_server::session::tell_room(F call) {
  to_room.send(server_.clock_, server_.hop(),
               server_.surviving([&server = server_, number = number_, said_in = in_room,
                                  call = std::move(call)]() mutable {
                 const auto self = server.sessions_.find(number);
                 if (server.room_ && self != server.sessions_.end()
                     && said_in == server.room_number_)
                   call(*server.room_, *self->second);
               }));
}

void sim_server::session::join(join_request request) {
  to_room.send(server_.clock_, server_.hop(),
               server_.surviving([&server = server_, number = number_,
                                  request = std::move(request)] { enter(server, number, request); }));
}

// Waits while no node has the room, as the registry lets it.
void sim_server::session::enter(sim_server& server, std::uint64_t number,
                                const join_request& request) {
  const auto found = server.sessions_.find(number);
  if (found == server.sessions_.end() || found->second->core().is_closed())
    return;
  if (!server.room_) {
    server.clock_.at(server.clock_.now_us() + 1'000, server.surviving([&server, number, request] {
      enter(server, number, request);
    }));
    return;
  }
  session& self = *found->second;
  room& in = *server.room_;
  self.in_room = server.room_number_;
  self.site = in.core().site_for(request);
  in.members[self.site] = number;
  in.core().join(request, in.now());
}

void sim_server::session::settle() {
  server_.clock_.at(server_.clock_.now_us() + 500'000,
                    server_.surviving([&server = server_, number = number_] {
                      const auto self = server.sessions_.find(number);
                      if (self != server.sessions_.end())
                        self->second->core().on_settled();
                    }));
}

void sim_server::session::leave() {
  tell_room([](room& in, session& self) {
    in.core().leave(self.site, in.now());
    in.members.erase(self.site);
  });
}

void sim_server::session::open(client::open wanted) {
  tell_room([wanted = std::move(wanted)](room& in, session& self) {
    in.core().open({self.site, wanted});
  });
}

void sim_server::session::submit(submit_edit edit) {
  tell_room([edit = std::move(edit)](room& in, session&) {
    in.core().submit(edit, in.now());
  });
}

void sim_server::session::move_cursor(tandem::move_cursor moved) {
  tell_room([moved = std::move(moved)](room& in, session&) { in.core().move(moved, in.now()); });
}

void sim_server::session::catch_up(tandem::catch_up wanted) {
  tell_room([wanted](room& in, session&) { in.core().catch_up_reader(wanted); });
}

void sim_server::session::post(client::chat chat) {
  tell_room([chat = std::move(chat)](room& in, session& self) {
    in.core().post({self.site, chat}, in.now());
  });
}

void sim_server::session::change_file(client::change_file change) {
  tell_room([change = std::move(change)](room& in, session& self) {
    in.core().change_file({self.site, change}, in.now());
  });
}

void sim_server::session::report_divergence(client::diverged report) {
  tell_room([report = std::move(report)](room& in, session& self) {
    in.core().note_divergence({self.site, report});
  });
}

void sim_server::session::change_role(room_role role) {
  tell_room([role](room& in, session& self) {
    in.core().change_role({self.site, role}, in.now());
  });
}

// ---- the server ----

sim_server::sim_server(const limits& bounds, const frame_encoder& encoder, sim_clock& clock,
                       sim_random& chance, storage::store& kept, std::string room_id,
                       bool is_cluster)
    : limits_{bounds},
      encoder_{encoder},
      clock_{clock},
      chance_{chance},
      kept_{kept},
      room_id_{std::move(room_id)},
      is_cluster_{is_cluster} {
  if (is_cluster)
    trouble_.room_moves = 15;
  start();
}

sim_server::~sim_server() = default;

std::function<void()> sim_server::surviving(std::function<void()> event) {
  return [this, born = incarnation_, event = std::move(event)] {
    if (born == incarnation_ && !down_)
      event();
  };
}

std::int64_t sim_server::hop() {
  return 1 + static_cast<std::int64_t>(
               chance_.below(static_cast<std::uint64_t>(trouble_.hop_us)));
}

// What its client said before it lost the connection may arrive when the client
// is long back on another.
std::int64_t sim_server::way_in(const session& one) {
  return hop() + static_cast<std::int64_t>(
                   chance_.below(static_cast<std::uint64_t>(one.line_us) + 1));
}

void sim_server::heal() {
  trouble_ = troubles::none();
  for (const auto& [number, one] : sessions_)
    one->line_us = 0;
}

void sim_server::start() {
  down_ = false;
  load();
}

void sim_server::load() {
  room_ = std::make_unique<room>(*this, claim_and_load());
}

storage::loaded_room sim_server::claim_and_load() {
  const auto epoch = kept_.claim_room(storage::default_tenant, room_id_);
  auto loaded = kept_.load_room(storage::default_tenant, room_id_, limits_.chat_kept);
  loaded->room.epoch = *epoch;
  return std::move(*loaded);
}

storage::write_result sim_server::write(const storage::room_write& write) {
  auto results = kept_.write({&write, 1});
  if (results.front().result == storage::write_result::verdict::written && durable_)
    durable_(write);
  return std::move(results.front());
}

// Everything but the store is gone; clients notice, and find it back later. The
// objects live until the event that brought the crash about is over.
void sim_server::crash() {
  if (down_)
    return;
  ++crashes_;
  down_ = true;
  clock_.at(clock_.now_us(), [this] {
    ++incarnation_;
    std::vector<std::unique_ptr<session>> ended;
    for (auto& [number, one] : sessions_)
      ended.push_back(std::move(one));
    sessions_.clear();
    room_.reset();
    gone_rooms_.clear();
    for (const auto& one : ended)
      one->end(close_code::going_away);
  });
  clock_.at(clock_.now_us() + restart_us, [this] { start(); });
}

// The node that had the room is dead, cut off or asleep; its members' nodes notice
// each in its own time, and another node claims the room.
void sim_server::move_room() {
  ++moves_;
  room_->is_gone = true;
  gone_rooms_.push_back(std::move(room_));
  ++room_number_;
  for (const auto& [number, one] : sessions_)
    one->from_room.send(clock_, hop(), surviving([this, number = number, left = room_number_ - 1] {
      const auto still = sessions_.find(number);
      if (still != sessions_.end() && still->second->in_room == left)
        still->second->core().on_room_moved();
    }));
  clock_.at(clock_.now_us() + hop() * 20, surviving([this] {
    if (!room_)
      load();
  }));
}

std::uint64_t sim_server::connect(receiver to_client, end_listener on_end) {
  if (down_ || (!room_ && !is_cluster_))
    return 0;
  const std::uint64_t number = next_connection_++;
  auto& added = sessions_[number] =
    std::make_unique<session>(*this, number, std::move(to_client), std::move(on_end));
  if (chance_.chance(trouble_.long_line))
    added->line_us = long_line_us;
  return number;
}

void sim_server::disconnect(std::uint64_t connection) {
  const auto found = sessions_.find(connection);
  if (found == sessions_.end())
    return;
  found->second->from_client.send(clock_, way_in(*found->second), surviving([this, connection] {
    const auto still = sessions_.find(connection);
    if (still == sessions_.end())
      return;
    still->second->core().on_disconnected();
    // Its last word to the room is under way; the session ends behind it.
    still->second->to_room.send(clock_, hop(),
                                surviving([this, connection] { sessions_.erase(connection); }));
  }));
}

void sim_server::from_client(std::uint64_t connection, client::message message) {
  const auto found = sessions_.find(connection);
  if (found == sessions_.end() || down_)
    return;
  found->second->from_client.send(
    clock_, way_in(*found->second), surviving([this, connection, message = std::move(message)]() mutable {
      const auto still = sessions_.find(connection);
      if (still != sessions_.end())
        still->second->core().on_message(std::move(message), clock_.now_us());
    }));
}

void sim_server::client_read(std::uint64_t connection, std::uint64_t bytes) {
  const auto found = sessions_.find(connection);
  if (found == sessions_.end())
    return;
  session& one = *found->second;
  one.unread -= bytes;
  if (one.unread < limits_.outbound_pause_bytes / 2 && std::exchange(one.was_over, false))
    one.to_connection.send(clock_, hop(), surviving([this, connection] {
      const auto still = sessions_.find(connection);
      if (still != sessions_.end())
        still->second->core().on_drained();
    }));
}

std::uint64_t sim_server::unread_bytes(std::uint64_t connection) const {
  const auto found = sessions_.find(connection);
  return found == sessions_.end() ? 0 : found->second->unread;
}

}  // namespace tandem::sim
