#include "actors/registry.hpp"

#include "actors/room.hpp"

#include <utility>

namespace tandem {

void registry_state::count() {
  settings_.live_rooms->store(rooms_.size(), std::memory_order_relaxed);
}

void registry_state::on_enter(enter_room& wish) {
  auto found = rooms_.find(wish.room_id);
  if (stopped_ || found == rooms_.end()) {
    if (stopped_ || rooms_.size() >= settings_.bounds->rooms_loaded) {
      self_->send(wish.session, no_room{false});
      return;
    }
    room_actor added = self_->spawn(
      room, room_settings{settings_.bounds, settings_.encoder, registry_actor{self_},
                          settings_.writer, settings_.reader, settings_.batch_given,
                          wish.room_id, wish.tenant});
    self_->monitor(added);
    names_[added.address()] = wish.room_id;
    found = rooms_.emplace(wish.room_id, loaded{std::move(added), 0, wish.tenant}).first;
    count();
  }
  if (found->second.tenant != wish.tenant) {
    self_->send(wish.session, no_room{true});
    return;
  }
  ++found->second.entered;
  self_->send(found->second.room, enter{wish.session, std::move(wish.request)});
}

void registry_state::on_idle(const room_idle& idle) {
  const auto found = rooms_.find(idle.room_id);
  if (found == rooms_.end() || found->second.room != idle.room
      || found->second.entered != idle.entered)
    return;
  self_->send(found->second.room, retire{});
  rooms_.erase(found);
  count();
}

void registry_state::on_remove(remove_room& removal) {
  const auto found = rooms_.find(removal.room_id);
  if (found != rooms_.end()) {
    self_->send(found->second.room, close_room{});
    rooms_.erase(found);
    count();
  }
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

registry_actor::behavior_type registry(registry_actor::stateful_pointer<registry_state> self,
                                       registry_settings settings) {
  registry_state& state = self->state;
  harden(self);
  state.start(std::move(settings));
  self->set_down_handler([&state](const caf::down_msg& down) { state.on_down(down); });
  return {
    [&state](enter_room& wish) { state.on_enter(wish); },
    [&state](const room_idle& idle) { state.on_idle(idle); },
    [&state](remove_room& removal) { state.on_remove(removal); },
    [&state](const room_renamed& renamed) { state.on_renamed(renamed); },
    [&state](stop_rooms& stop) { state.on_stop(stop); },
  };
}

}  // namespace tandem
