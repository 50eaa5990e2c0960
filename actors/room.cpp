#include "actors/room.hpp"

#include "actors/clock.hpp"
#include "actors/log.hpp"

#include <chrono>
#include <utility>

namespace tandem {

void room_state::start(room_settings settings) {
  settings_ = std::move(settings);
  claim();
}

moment room_state::now() const {
  return tandem::now(self_->home_system());
}

std::int64_t room_state::steady_us() const {
  return tandem::steady_us(self_->home_system());
}

// ---- members ----

void room_state::on_enter(enter& in) {
  ++entered_;
  if (ended_) {
    self_->send(in.session, no_room{*ended_});
    offer_to_retire();
  } else if (core_)
    admit(in);
  else
    waiting_.push_back(std::move(in));
}

void room_state::admit(enter& in) {
  const ot::site_id site = core_->next_site();
  members_[site] = in.session;
  self_->monitor(in.session);
  self_->send(in.session, entered{room_actor{self_}, site});
  if (core_->join(in.request, now()))
    return;
  self_->send(in.session, no_room{false});
  forget(site);
}

void room_state::forget(ot::site_id site) {
  const auto member = members_.find(site);
  if (member == members_.end())
    return;
  self_->demonitor(member->second.address());
  members_.erase(member);
  note_if_empty();
}

void room_state::note_if_empty() {
  if (!members_.empty())
    return;
  empty_since_us_ = steady_us();
  wake_in(static_cast<std::int64_t>(settings_.bounds->room_idle_ms) * 1000);
}

// A session that ended without a word: it can only have crashed.
void room_state::on_down(const caf::down_msg& down) {
  for (const auto& [site, session] : members_) {
    if (session != down.source)
      continue;
    if (core_)
      core_->leave(site, now());
    forget(site);
    return;
  }
}

void room_state::on_member(member_says& said) {
  if (!core_)
    return;
  struct visitor {
    room_state& room;
    void operator()(member_left& m) {
      room.core_->leave(m.site, room.now());
      room.forget(m.site);
    }
    void operator()(open_request& m) { room.core_->open(m); }
    void operator()(submit_edit& m) { room.core_->submit(std::move(m), room.now()); }
    void operator()(move_cursor& m) { room.core_->move(m, room.now()); }
    void operator()(catch_up& m) { room.core_->catch_up_reader(m); }
    void operator()(post_chat& m) { room.core_->post(m, room.now()); }
    void operator()(file_request& m) { room.core_->change_file(m, room.now()); }
    void operator()(change_role& m) { room.core_->change_role(m, room.now()); }
    void operator()(divergence_report& m) {
      room.core_->note_divergence(m);
      log(log_level::error, "a client diverged in room " + room.settings_.room_id);
    }
  };
  std::visit(visitor{*this}, said.what);
}

// ---- the store ----

void room_state::on_store(store_says& said) {
  if (const auto* answer = std::get_if<store_claimed>(&said.what)) {
    claimed(*answer);
  } else if (auto* answer = std::get_if<store_loaded>(&said.what)) {
    loaded(std::move(*answer));
  } else if (core_) {
    if (auto* written = std::get_if<store_written>(&said.what))
      core_->on_written(written->outcome, written->created, now());
    else if (auto* history = std::get_if<store_history>(&said.what))
      core_->on_history(history->wanted, std::move(history->ops));
    else if (auto* composed = std::get_if<store_composed_history>(&said.what))
      core_->on_composed_history(composed->wanted, composed->composed);
  }
  if (retiring_)
    quit_when_written();
}

// What somebody else may still be writing comes before the claim or never.
void room_state::claim() {
  self_->send(settings_.writer, claim_room{room_actor{self_}, settings_.room_id, settings_.tenant});
}

void room_state::claimed(const store_claimed& answer) {
  if (!answer.epoch)
    return loaded({answer.failed, std::nullopt});
  epoch_ = *answer.epoch;
  self_->send(settings_.reader, load_room{room_actor{self_}, settings_.room_id, settings_.tenant});
}

void room_state::loaded(store_loaded answer) {
  if (ended_)
    return;
  if (answer.room)
    answer.room->room.epoch = epoch_;
  if (core_) {
    if (!answer.failed && !answer.room) {  // it was removed meanwhile
      core_->close();
      return dismiss(true);
    }
    core_->on_reloaded(std::move(answer.room), now());
    return;
  }
  if (answer.failed || !answer.room)
    return dismiss(!answer.failed);
  core_.emplace(*settings_.bounds, *settings_.encoder, *this, std::move(*answer.room));
  for (enter& in : std::exchange(waiting_, {}))
    admit(in);
  note_if_empty();
}

// There is nothing to serve, or no more: whoever waits is told, and the room
// ends.
void room_state::dismiss(bool absent) {
  for (const enter& in : std::exchange(waiting_, {}))
    self_->send(in.session, no_room{absent});
  members_.clear();
  core_.reset();
  if (retiring_)
    return self_->quit();
  ended_ = absent;
  offer_to_retire();
}

void room_state::offer_to_retire() {
  self_->send(settings_.registry, room_idle{settings_.room_id, entered_, room_actor{self_}});
}

void room_state::quarantine(const std::exception& error) {
  log(log_level::error, "room " + settings_.room_id + " ends: " + error.what());
  for (const auto& [site, session] : members_)
    self_->send(session, room_says{expelled{close_code::going_away, "the room has failed"}});
  dismiss(false);
}

// ---- its end ----

void room_state::on_wake() {
  if (!core_)
    return;
  core_->on_timer(now());
  const std::int64_t idle_us = static_cast<std::int64_t>(settings_.bounds->room_idle_ms) * 1000;
  if (members_.empty() && steady_us() - empty_since_us_ >= idle_us) {
    if (core_->has_unwritten())
      wake_in(idle_us);
    else
      offer_to_retire();
  }
}

void room_state::on_retire() {
  retiring_ = true;
  if (ended_)
    self_->quit();
  else
    quit_when_written();
}

void room_state::quit_when_written() {
  if (core_ && core_->has_unwritten())
    return;
  dismiss(false);
}

void room_state::on_close() {
  retiring_ = true;
  if (core_)
    core_->close();
  dismiss(true);
}

void room_state::on_renamed(const room_renamed& renamed) {
  if (core_)
    core_->rename(renamed.name);
}

// ---- effects ----

void room_state::tell(ot::site_id site, room_event event) {
  const auto member = members_.find(site);
  if (member == members_.end())
    return;
  const bool is_last = std::holds_alternative<expelled>(event);
  self_->send(member->second, room_says{std::move(event)});
  if (is_last) {
    self_->demonitor(member->second.address());
    members_.erase(member);
  }
}

// One message, built once and shared by all mailboxes. Its end is the sign that
// the last of them has dealt with it.
void room_state::tell_everyone(fanout_ptr batch) {
  const fanout* content = batch.get();
  fanout_ptr watched{content, [batch = std::move(batch), given = settings_.batch_given](
                                const fanout*) { (*given)(); }};
  const caf::message message = caf::make_message(room_says{std::move(watched)});
  for (const auto& [site, session] : members_)
    caf::actor_cast<caf::strong_actor_ptr>(session)->enqueue(
      self_->ctrl(), caf::make_message_id(), message, self_->context());
}

void room_state::persist(storage::room_write write) {
  self_->send(settings_.writer,
              tandem::persist{room_actor{self_},
                              std::make_shared<storage::room_write>(std::move(write))});
}

void room_state::reload() {
  claim();
}

void room_state::read_history(const catch_up& wanted, std::uint64_t ops_max) {
  self_->send(settings_.reader, tandem::read_history{room_actor{self_}, wanted, ops_max});
}

void room_state::wake_in(std::int64_t us) {
  self_->delayed_send(self_, std::chrono::microseconds{us}, wake_up{});
}

room_actor::behavior_type room(room_actor::stateful_pointer<room_state> self,
                               room_settings settings) {
  room_state& state = self->state;
  harden(self);
  state.start(std::move(settings));
  self->set_down_handler([&state](const caf::down_msg& down) { state.on_down(down); });
  return {
    [&state](enter& in) { state.guarded([&] { state.on_enter(in); }); },
    [&state](member_says& said) { state.guarded([&] { state.on_member(said); }); },
    [&state](store_says& said) { state.guarded([&] { state.on_store(said); }); },
    [&state](wake_up) { state.guarded([&] { state.on_wake(); }); },
    [&state](retire) { state.guarded([&] { state.on_retire(); }); },
    [&state](close_room) { state.guarded([&] { state.on_close(); }); },
    [&state](const room_renamed& renamed) { state.guarded([&] { state.on_renamed(renamed); }); },
  };
}

}  // namespace tandem
