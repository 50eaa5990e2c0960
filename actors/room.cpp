#include "actors/room.hpp"

#include "actors/clock.hpp"
#include "actors/log.hpp"

#include <algorithm>
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
    self_->send(in.session, no_room{*ended_, in.token});
    offer_to_retire();
  } else if (core_)
    admit(in);
  else
    waiting_.push_back(std::move(in));
}

void room_state::admit(enter& in) {
  end_earlier(in.request);
  const ot::site_id site = core_->site_for(in.request);
  add_member(site, in.session);
  self_->send(in.session, entered{room_actor{self_}, site, in.token});
  if (core_->join(in.request, now()))
    return;
  self_->send(in.session, no_room{no_room::reason::unavailable, in.token});
  forget(site);
}

// Whoever comes again under its site, before the end of its last way in was
// noticed.
void room_state::end_earlier(const join_request& request) {
  const ot::site_id site = request.site_before;
  if (site == 0 || !members_.contains(site) || core_->site_for(request) != site)
    return;
  core_->leave(site, now());
  forget(site);
}

void room_state::add_member(ot::site_id site, const session_actor& session) {
  members_[site] = session;
  const auto known = std::ranges::find(outlets_, session, &outlet::session);
  if (known != outlets_.end()) {
    ++known->members;
    return;
  }
  outlets_.push_back({session, 1});
  self_->monitor(session);
}

void room_state::forget(ot::site_id site) {
  const auto member = members_.find(site);
  if (member == members_.end())
    return;
  const auto known = std::ranges::find(outlets_, member->second, &outlet::session);
  if (known != outlets_.end() && --known->members == 0) {
    self_->demonitor(member->second.address());
    outlets_.erase(known);
  }
  members_.erase(member);
  note_if_empty();
}

void room_state::note_if_empty() {
  if (!members_.empty())
    return;
  empty_since_us_ = steady_us();
  wake_in(static_cast<std::int64_t>(settings_.bounds->room_idle_ms) * 1000);
}

// A session that ended without a word: it can only have crashed, or a link has.
void room_state::on_down(const caf::down_msg& down) {
  std::vector<ot::site_id> gone;
  for (const auto& [site, session] : members_)
    if (session == down.source)
      gone.push_back(site);
  for (const ot::site_id site : gone) {
    if (core_)
      core_->leave(site, now());
    forget(site);
  }
}

void room_state::on_member(member_says& said) {
  if (!core_ || (handing_to_ && !std::holds_alternative<member_left>(said.what)))
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
  } else if (std::holds_alternative<store_released>(said.what)) {
    move_away(*handing_to_);
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
  else if (handing_to_)
    release_when_written();
}

// What somebody else may still be writing comes before the claim or never.
void room_state::claim() {
  self_->send(settings_.writer, claim_room{room_actor{self_}, settings_.room_id, settings_.tenant,
                                         settings_.node});
}

void room_state::claimed(const store_claimed& answer) {
  if (answer.is_buried || !answer.holder.empty())
    return move_away(answer.holder);
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
      return dismiss(no_room::reason::absent);
    }
    core_->on_reloaded(std::move(answer.room), now());
    return;
  }
  if (answer.failed || !answer.room)
    return dismiss(answer.failed ? no_room::reason::unavailable : no_room::reason::absent);
  core_.emplace(*settings_.bounds, *settings_.encoder, *this, std::move(*answer.room),
                first_site());
  for (enter& in : std::exchange(waiting_, {}))
    admit(in);
  note_if_empty();
}

// A cluster's rooms have another range in each epoch: who comes from the node that
// had the room before keeps its site.
ot::site_id room_state::first_site() const {
  constexpr ot::site_id sites_per_epoch = 1U << 20U;
  constexpr storage::room_epoch epochs_told_apart = 2'000;
  if (settings_.node.empty())
    return 1;
  return static_cast<ot::site_id>(epoch_ % epochs_told_apart) * sites_per_epoch + 1;
}

// There is nothing to serve, or no more: whoever waits is told, and the room
// ends.
void room_state::dismiss(no_room::reason why) {
  for (const enter& in : std::exchange(waiting_, {}))
    self_->send(in.session, no_room{why, in.token});
  members_.clear();
  outlets_.clear();
  core_.reset();
  if (retiring_)
    return self_->quit();
  ended_ = why;
  if (why != no_room::reason::moved)
    offer_to_retire();
}

// The REGISTRY first: when members ask for the room again, it must look for it
// elsewhere.
void room_state::move_away(const std::string& holder) {
  self_->send(settings_.registry,
              room_moved{settings_.room_id, room_actor{self_}, holder, false, core_.has_value()});
  for (const outlet& one : outlets_) {
    self_->send(one.session, no_room{no_room::reason::moved, 0, holder});
    self_->demonitor(one.session.address());
  }
  for (enter& in : waiting_)
    self_->send(in.session, no_room{no_room::reason::moved, in.token, holder});
  waiting_.clear();
  dismiss(no_room::reason::moved);
}

void room_state::on_hand_over(const hand_over& order) {
  if (retiring_ || ended_)
    return;
  if (order.is_at_once)
    return move_away({});
  if (handing_to_)
    return;
  handing_to_ = order.to;
  if (core_)
    release_when_written();
}

// What was said before it was to go is written and told first.
void room_state::release_when_written() {
  if (!core_ || releasing_ || core_->has_unwritten())
    return;
  release(members_.empty() ? std::string{} : *handing_to_);  // nobody would ask there for it
}

// Nobody need wait for the end of this node's lease.
void room_state::release(const std::string& to) {
  if (settings_.node.empty())
    return;
  releasing_ = true;
  self_->send(settings_.writer, release_room{room_actor{self_}, settings_.room_id, settings_.tenant,
                                             settings_.node, epoch_, to});
}

void room_state::offer_to_retire() {
  self_->send(settings_.registry, room_idle{settings_.room_id, entered_, room_actor{self_}});
}

void room_state::fail(const std::exception& error) {
  log(log_level::error, "room " + settings_.room_id + " ends: " + error.what());
  for (const auto& [site, session] : members_)
    self_->send(session, room_says{expelled{close_code::going_away, "the room has failed"}, site});
  dismiss(no_room::reason::unavailable);
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
  if (core_ && !releasing_)
    release({});
  dismiss(no_room::reason::unavailable);
}

void room_state::on_close() {
  retiring_ = true;
  if (core_)
    core_->close();
  dismiss(no_room::reason::absent);
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
  self_->send(member->second, room_says{std::move(event), site});
  if (is_last)
    forget(site);
}

// One message, built once and shared by all mailboxes. Its end is the sign that
// the last of them has dealt with it.
void room_state::tell_everyone(fanout_ptr batch) {
  const fanout* content = batch.get();
  fanout_ptr watched{content, [batch = std::move(batch), given = settings_.batch_given](
                                const fanout*) { (*given)(); }};
  const caf::message message = caf::make_message(room_says{std::move(watched)});
  for (const outlet& one : outlets_)
    caf::actor_cast<caf::strong_actor_ptr>(one.session)->enqueue(
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
    [&state](const hand_over& order) { state.guarded([&] { state.on_hand_over(order); }); },
    [&state](const room_renamed& renamed) { state.guarded([&] { state.on_renamed(renamed); }); },
  };
}

}  // namespace tandem
