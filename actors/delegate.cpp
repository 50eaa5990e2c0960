#include "actors/delegate.hpp"

#include "actors/log.hpp"
#include "actors/node_codec.hpp"

#include <utility>

namespace tandem {

void delegate_state::send(const node_message& message) {
  send_on_route(settings_.through, settings_.route, 0,
                encode_node_message(message, settings_.through.version), *settings_.counters);
}

// ---- from the other node ----

void delegate_state::on_bytes(node_bytes& part) {
  if (has_left_)
    return;
  if (!parts_.add(part))
    return;
  const std::string whole = parts_.take();
  settings_.counters->bytes_received += whole.size();
  node_message message = decode_node_message(whole, settings_.through.version);
  if (auto* wish = std::get_if<node::enter>(&message))
    on_enter(*wish);
  else if (auto* member = std::get_if<node::member>(&message))
    on_member(*member);
  else if (std::holds_alternative<node::ended>(message))
    leave();
}

void delegate_state::on_enter(node::enter& wish) {
  ++asked_;
  enter_room asked{wish.room_id, session_actor{delegate_actor{self_}}, std::move(wish.request),
                   wish.tenant, wish.token, true};
  self_->send(settings_.registry, std::move(asked));
}

void delegate_state::on_member(node::member& from) {
  if (!room_)
    return send(node::ended{settings_.route});
  if (const auto* left = std::get_if<member_left>(&from.said.what))
    sites_.erase(left->site);
  self_->send(room_, std::move(from.said));
}

// ---- from the room ----

void delegate_state::on_entered(const entered& in) {
  --asked_;
  room_ = in.room;
  if (has_left_) {
    self_->send(room_, member_says{member_left{in.site}});
    return finish();
  }
  sites_.insert(in.site);
  send(node::entered{settings_.route, in.token, in.site});
}

void delegate_state::on_room(const room_says& said) {
  if (has_left_)
    return;
  send(node::event{settings_.route, said.site, said.event});
  if (std::holds_alternative<expelled>(said.event))
    sites_.erase(said.site);
}

void delegate_state::on_no_room(const no_room& none) {
  if (none.token != 0)
    --asked_;
  if (has_left_)
    return finish();
  if (none.token == 0) {  // the room, and all who are in it
    send(node::ended{settings_.route});
    sites_.clear();
    return leave();
  }
  using reason = node::refused::reason;
  const reason why = none.why == no_room::reason::absent        ? reason::absent
                     : none.why == no_room::reason::unavailable ? reason::unavailable
                                                                : reason::elsewhere;
  send(node::refused{settings_.route, none.token, why, none.holder});
}

// ---- its end ----

void delegate_state::fail(const std::exception& error) {
  log(log_level::error, std::string{"what another node has here of a room ends: "} + error.what());
  if (!has_left_)
    send(node::ended{settings_.route});
  leave();
}

void delegate_state::leave() {
  if (std::exchange(has_left_, true))
    return;
  if (room_)
    for (const ot::site_id site : sites_)
      self_->send(room_, member_says{member_left{site}});
  sites_.clear();
  self_->send(settings_.links, close_route{settings_.peer_number, settings_.route});
  finish();
}

// Who is on the way into the room must be able to leave it again.
void delegate_state::finish() {
  if (has_left_ && asked_ == 0)
    self_->quit();
}

delegate_actor::behavior_type delegate(delegate_actor::stateful_pointer<delegate_state> self,
                                       delegate_settings settings) {
  delegate_state& state = self->state;
  harden(self);
  state.start(std::move(settings));
  return {
    [](client_said&) {},
    [](const connection_says&) {},
    [&state](const entered& in) { state.guarded([&] { state.on_entered(in); }); },
    [&state](const room_says& said) { state.guarded([&] { state.on_room(said); }); },
    [&state](const no_room& none) { state.guarded([&] { state.on_no_room(none); }); },
    [](const entry_decided&) {},
    [](const rights_now&) {},
    [](const ai_says&) {},
    [&state](route_lost) { state.guarded([&] { state.leave(); }); },
    [&state](node_bytes& part) { state.guarded([&] { state.on_bytes(part); }); },
  };
}

}  // namespace tandem
