#include "actors/registry.hpp"

#include "actors/clock.hpp"
#include "actors/hardening.hpp"
#include "actors/room.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace tandem {

namespace {

constexpr std::chrono::milliseconds tick_ms{25};
// Between two tries to reach a room that was not where it was looked for. One that has
// moved is found by the fourth, as a rule; from then on each pause is twice as long as the
// one before, up to the longest: every turn costs a lease asked for, or a node dialled.
constexpr std::int64_t moved_pause_us = 20'000;
constexpr std::int64_t link_lost_pause_us = 100'000;
constexpr std::int64_t longest_pause_us = 250'000;
// How long after it a pause is remembered, and who was said to have the room.
constexpr std::int64_t pause_remembered_us = 5'000'000;
// Rooms that go home at one tick: who is in them notices a short pause.
constexpr std::size_t hand_overs_per_tick = 8;

// Each costs the writer a transaction.
constexpr std::size_t releases_at_once = 100;

std::int64_t pause_us(bool is_link_lost, std::uint32_t turns) noexcept {
  constexpr std::uint32_t alike = 4;
  constexpr std::uint32_t doublings_max = 6;
  const std::int64_t first_us = is_link_lost ? link_lost_pause_us : moved_pause_us;
  const std::uint32_t doublings = turns < alike ? 0 : std::min(turns - alike + 1, doublings_max);
  return std::min(first_us << doublings, longest_pause_us);
}

}  // namespace

void registry_state::count() {
  const auto here = std::ranges::count_if(
    rooms_, [](const auto& entry) { return entry.second.relayed_to.empty(); });
  settings_.live_rooms->store(static_cast<std::uint64_t>(here), std::memory_order_relaxed);
}

// ---- coming in ----

void registry_state::on_enter(enter_room& wish) {
  if (wish.since_us == 0)
    wish.since_us = steady_us(self_->home_system());
  if (try_enter(wish))
    return;
  waiting_.push_back(std::move(wish));
  tick();
}

void registry_state::refuse(const enter_room& wish, no_room::reason why,
                            const std::string& holder) {
  self_->send(wish.session, no_room{why, wish.token, holder});
}

bool registry_state::try_enter(enter_room& wish) {
  auto found = rooms_.find(wish.room_id);
  if (stopped_ || has_waited_long(wish)
      || (found == rooms_.end() && rooms_.size() >= settings_.bounds->rooms_loaded)) {
    refuse(wish, no_room::reason::unavailable);
    return true;
  }
  if (wish.is_for_peer && (cluster_ == nullptr || !cluster_->is_in_touch)) {
    refuse(wish, no_room::reason::moved);
    return true;
  }
  if (found != rooms_.end() && wish.is_for_peer && !found->second.relayed_to.empty()) {
    refuse(wish, no_room::reason::moved, found->second.relayed_to);
    return true;
  }
  if (found == rooms_.end()) {
    if (cluster_ && (!cluster_->is_in_touch || is_paused(wish.room_id)))
      return false;
    found = add(wish, node_for(wish));
  }
  if (found->second.tenant != wish.tenant) {
    refuse(wish, no_room::reason::absent);
    return true;
  }
  ++found->second.entered;
  self_->send(found->second.room, enter{wish.session, std::move(wish.request), wish.token});
  return true;
}

// The node to look for a room on; empty: this one. Who asks for another node has
// looked already.
std::string registry_state::node_for(const enter_room& wish) {
  if (!cluster_ || wish.is_for_peer)
    return {};
  std::string node = cluster_->home_of(wish.room_id);
  if (const auto known = pauses_.find(wish.room_id);
      known != pauses_.end() && cluster_->find(known->second.holder) != nullptr)
    node = known->second.holder;
  return node == cluster_->self ? std::string{} : node;
}

registry_state::room_map::iterator registry_state::add(const enter_room& wish,
                                                       const std::string& node) {
  room_actor added =
    node.empty()
      ? self_->spawn(room, room_settings{settings_.bounds, settings_.encoder,
                                         registry_actor{self_}, settings_.writer,
                                         settings_.reader, settings_.batch_given, wish.room_id,
                                         wish.tenant, cluster_ ? cluster_->self : std::string{}})
      : settings_.make_relay(wish.room_id, wish.tenant, node);
  self_->monitor(added);
  names_[added.address()] = wish.room_id;
  const auto found =
    rooms_.emplace(wish.room_id, loaded{std::move(added), 0, wish.tenant, node}).first;
  count();
  return found;
}

// ---- waiting ----

bool registry_state::is_paused(const std::string& room_id) const {
  const auto found = pauses_.find(room_id);
  return found != pauses_.end() && steady_us(self_->home_system()) < found->second.until_us;
}

bool registry_state::has_waited_long(const enter_room& wish) const {
  const std::int64_t longest_us = static_cast<std::int64_t>(settings_.bounds->room_wait_ms) * 1000;
  return cluster_ && steady_us(self_->home_system()) - wish.since_us > longest_us;
}

void registry_state::tick() {
  if (std::exchange(is_ticking_, true))
    return;
  self_->delayed_send(self_, tick_ms, try_again{});
}

void registry_state::on_try_again() {
  is_ticking_ = false;
  const std::int64_t now_us = steady_us(self_->home_system());
  for (enter_room& wish : std::exchange(waiting_, {}))
    if (!try_enter(wish))
      waiting_.push_back(std::move(wish));
  hand_over_some();
  std::erase_if(pauses_, [&](const auto& entry) {
    return now_us - entry.second.until_us > pause_remembered_us;
  });
  if (!waiting_.empty() || !leaving_.empty() || !pauses_.empty())
    tick();
}

// ---- going ----

void registry_state::on_idle(const room_idle& idle) {
  const auto found = rooms_.find(idle.room_id);
  if (found == rooms_.end() || found->second.room != idle.room
      || found->second.entered != idle.entered)
    return;
  self_->send(found->second.room, retire{});
  rooms_.erase(found);
  count();
}

// Whoever was in it is told after this, and asks again. A node that cannot be
// reached may not even have the room: then it is free for this one.
void registry_state::on_moved(const room_moved& moved) {
  const auto found = rooms_.find(moved.room_id);
  if (found == rooms_.end() || found->second.room != moved.room)
    return;
  self_->send(found->second.room, retire{});
  rooms_.erase(found);
  pause& next = pauses_[moved.room_id];
  if (moved.was_found)
    next.turns = 0;
  next.until_us =
    steady_us(self_->home_system()) + pause_us(moved.is_link_lost, next.turns++);
  next.holder = moved.is_link_lost ? cluster_->self : moved.holder;
  tick();
  count();
}

void registry_state::on_remove(remove_room& removal) {
  const auto found = rooms_.find(removal.room_id);
  if (found != rooms_.end() && found->second.relayed_to.empty()) {
    self_->send(found->second.room, close_room{});
    rooms_.erase(found);
    count();
  }
  if (removal.task)
    self_->send(settings_.writer, write_task{std::move(removal.task)});
}

void registry_state::on_renamed(const room_renamed& renamed) {
  const auto found = rooms_.find(renamed.room_id);
  if (found != rooms_.end())
    self_->send(found->second.room, renamed);
}

void registry_state::on_stop(stop_rooms& stop) {
  stopped_ = std::move(stop.done);
  for (const auto& [id, entry] : rooms_)
    self_->send(entry.room, retire{});
  for (const enter_room& wish : std::exchange(waiting_, {}))
    refuse(wish, no_room::reason::unavailable);
  finish_if_empty();
}

// It was forgotten before: a room does not end on its own.
void registry_state::on_down(const caf::down_msg& down) {
  const auto named = names_.find(down.source);
  if (named == names_.end())
    return;
  const auto found = rooms_.find(named->second);
  if (found != rooms_.end() && found->second.room.address() == down.source)
    rooms_.erase(found);
  names_.erase(named);
  count();
  finish_if_empty();
}

void registry_state::finish_if_empty() {
  if (stopped_ && names_.empty())
    stopped_();
}

// ---- the cluster ----

void registry_state::on_cluster(const cluster_changed& change) {
  const bool was_ours = cluster_ && cluster_->is_in_touch;
  const std::string self_before = cluster_ ? cluster_->self : std::string{};
  cluster_ = change.now;
  pauses_.clear();  // who could not be reached may be gone, and its rooms free
  if (was_ours && (!cluster_->is_in_touch || cluster_->self != self_before))
    drop_rooms();
  else if (cluster_->is_in_touch)
    go_home();
  for (const auto& [id, entry] : rooms_)
    if (!entry.relayed_to.empty() && cluster_->find(entry.relayed_to) == nullptr)
      self_->send(entry.room, hand_over{{}, true});
  tick();
}

// This node has no lease, or is about to have none: others may have its rooms.
void registry_state::drop_rooms() {
  for (const auto& [id, entry] : rooms_)
    if (entry.relayed_to.empty())
      self_->send(entry.room, hand_over{{}, true});
}

void registry_state::go_home() {
  leaving_.clear();
  for (const auto& [id, entry] : rooms_)
    if (entry.relayed_to.empty() && cluster_->home_of(id) != cluster_->self)
      leaving_.push_back(id);
}

void registry_state::hand_over_some() {
  for (std::size_t i = 0; i < hand_overs_per_tick && !leaving_.empty(); ++i) {
    const std::string id = std::move(leaving_.back());
    leaving_.pop_back();
    const auto found = rooms_.find(id);
    const std::string& home = cluster_->home_of(id);
    if (found != rooms_.end() && found->second.relayed_to.empty() && home != cluster_->self)
      self_->send(found->second.room, hand_over{home, false});
  }
}

// A ROOM that is on its way out lets go of its lease itself.
std::set<std::string> registry_state::rooms_that_live() const {
  std::set<std::string> ids;
  for (const auto& [actor, id] : names_) {
    const auto found = rooms_.find(id);
    const bool is_relay = found != rooms_.end() && found->second.room.address() == actor
                          && !found->second.relayed_to.empty();
    if (!is_relay)
      ids.insert(id);
  }
  return ids;
}

// Rooms may have come after the change of the view that made the others go, and a lease
// may have been left behind: another node passed it and nobody asked, or its ROOM ended
// without letting go of it.
void registry_state::on_leased(const still_leased& held) {
  if (!cluster_ || !cluster_->is_in_touch || stopped_)
    return;
  const std::set<std::string> living = rooms_that_live();
  std::size_t released = 0;
  for (const storage::lease_record& lease : held.rooms) {
    if (lease.node != cluster_->self || living.contains(lease.room_id))
      continue;
    self_->send(settings_.writer, release_room{room_actor{}, lease.room_id, lease.tenant,
                                               lease.node, lease.epoch, {}});
    if (++released == releases_at_once)
      break;
  }
  go_home();
  tick();
}

void registry_state::on_move(const move_room& order) {
  const auto found = rooms_.find(order.room_id);
  const bool is_here = found != rooms_.end() && found->second.relayed_to.empty();
  if (is_here && cluster_ && cluster_->find(order.to) != nullptr && order.to != cluster_->self)
    self_->send(found->second.room, hand_over{order.to, false});
}

registry_actor::behavior_type registry(registry_actor::stateful_pointer<registry_state> self,
                                       registry_settings settings) {
  registry_state& state = self->state;
  harden(self);
  state.start(std::move(settings));
  self->set_down_handler([&state](const caf::down_msg& down) { state.on_down(down); });
  return {
    [&state](enter_room& wish) { state.on_enter(wish); },
    [&state](const room_idle& idle) { state.on_idle(idle); },
    [&state](const room_moved& moved) { state.on_moved(moved); },
    [&state](remove_room& removal) { state.on_remove(removal); },
    [&state](const room_renamed& renamed) { state.on_renamed(renamed); },
    [&state](stop_rooms& stop) { state.on_stop(stop); },
    [&state](const cluster_changed& change) { state.on_cluster(change); },
    [&state](const still_leased& held) { state.on_leased(held); },
    [&state](const move_room& order) { state.on_move(order); },
    [&state](try_again) { state.on_try_again(); },
  };
}

}  // namespace tandem
