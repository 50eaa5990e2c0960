#include "actors/relay.hpp"

#include "actors/clock.hpp"
#include "actors/log.hpp"
#include "actors/node_codec.hpp"

#include <chrono>
#include <utility>

namespace tandem {

namespace {

// An owner that has not let anybody in for so long does not know that it is asked.
constexpr std::chrono::seconds answer_deadline{5};

}  // namespace

void relay_state::start(relay_settings settings) {
  settings_ = std::move(settings);
  ++settings_.counters->relays;
  self_->send(settings_.links, open_route{relay_actor{self_}, settings_.node});
  note_if_empty();
}

relay_state::~relay_state() {
  if (settings_.counters)
    --settings_.counters->relays;
}

void relay_state::send(const node_message& message) {
  if (route_)
    send_on_route(route_->through, route_->route, node_bytes::to_owner,
                  encode_node_message(message, route_->through.version), *settings_.counters);
}

// ---- coming in ----

void relay_state::on_route(const route_opened& opened) {
  if (has_ended_)
    return;
  route_ = opened;
  for (enter& in : std::exchange(waiting_, {}))
    ask(in);
}

void relay_state::on_route_lost() {
  is_route_lost_ = true;
  end({}, true);
}

void relay_state::on_enter(enter& in) {
  ++entered_;
  if (has_ended_)
    self_->send(in.session, no_room{no_room::reason::moved, in.token});
  else if (route_)
    ask(in);
  else
    waiting_.push_back(std::move(in));
}

void relay_state::ask(enter& in) {
  const std::uint64_t token = next_token_++;
  send(node::enter{route_->route, settings_.room_id, settings_.tenant, token, in.request});
  if (asked_.empty()) {
    asked_since_us_ = steady_us(self_->home_system());
    self_->delayed_send(self_, answer_deadline, wake_up{});
  }
  asked_.emplace(token, std::move(in));
}

void relay_state::on_entered(const node::entered& in) {
  const auto asked = asked_.find(in.token);
  if (asked == asked_.end())
    return;
  const enter from = std::move(asked->second);
  asked_.erase(asked);
  asked_since_us_ = steady_us(self_->home_system());
  members_[in.site] = from.session;
  has_let_in_ = true;
  self_->monitor(from.session);
  self_->send(from.session, entered{room_actor{relay_actor{self_}}, in.site, from.token});
}

void relay_state::on_refused(const node::refused& answer) {
  if (answer.why == node::refused::reason::elsewhere)
    return end(answer.holder, false);
  const auto asked = asked_.find(answer.token);
  if (asked == asked_.end())
    return;
  const bool is_absent = answer.why == node::refused::reason::absent;
  self_->send(asked->second.session,
              no_room{is_absent ? no_room::reason::absent : no_room::reason::unavailable,
                      asked->second.token});
  asked_.erase(asked);
  note_if_empty();
}

// ---- what the members say ----

void relay_state::on_member(const member_says& said) {
  if (has_ended_ || !route_)
    return;
  send(node::member{route_->route, said});
  if (const auto* left = std::get_if<member_left>(&said.what))
    forget(left->site);
}

void relay_state::forget(ot::site_id site) {
  const auto member = members_.find(site);
  if (member == members_.end())
    return;
  self_->demonitor(member->second.address());
  members_.erase(member);
  note_if_empty();
}

void relay_state::on_down(const caf::down_msg& down) {
  for (const auto& [site, session] : members_) {
    if (session != down.source)
      continue;
    on_member({member_left{site}});
    return;
  }
}

// ---- what the room says ----

void relay_state::on_bytes(node_bytes& part) {
  if (has_ended_ || !route_)
    return;
  if (!parts_.add(part))
    return;
  const std::string whole = parts_.take();
  settings_.counters->bytes_received += whole.size();
  node_message message = decode_node_message(whole, route_->through.version);
  if (const auto* in = std::get_if<node::entered>(&message))
    on_entered(*in);
  else if (const auto* answer = std::get_if<node::refused>(&message))
    on_refused(*answer);
  else if (auto* told = std::get_if<node::event>(&message))
    on_event(*told);
  else if (std::holds_alternative<node::ended>(message))
    end({}, false);
}

void relay_state::on_event(node::event& told) {
  if (auto* batch = std::get_if<fanout_ptr>(&told.what))
    return tell_everyone(std::move(*batch));
  const auto member = members_.find(told.site);
  if (member == members_.end())
    return;
  const bool is_last = std::holds_alternative<expelled>(told.what);
  self_->send(member->second, room_says{std::move(told.what), told.site});
  if (is_last)
    forget(told.site);
}

// As room_state::tell_everyone.
void relay_state::tell_everyone(fanout_ptr batch) {
  const fanout* content = batch.get();
  fanout_ptr watched{content, [batch = std::move(batch), given = settings_.batch_given](
                                const fanout*) { (*given)(); }};
  const caf::message message = caf::make_message(room_says{std::move(watched)});
  for (const auto& [site, session] : members_)
    caf::actor_cast<caf::strong_actor_ptr>(session)->enqueue(
      self_->ctrl(), caf::make_message_id(), message, self_->context());
}

// ---- its end ----

// The REGISTRY first: when members ask for the room again, it must look for it.
void relay_state::end(const std::string& holder, bool is_link_lost) {
  if (std::exchange(has_ended_, true))
    return;
  self_->send(settings_.registry, room_moved{settings_.room_id, room_actor{relay_actor{self_}},
                                             holder, is_link_lost, has_let_in_});
  const auto tell = [&](const session_actor& session, std::uint64_t token) {
    self_->send(session, no_room{no_room::reason::moved, token, holder});
  };
  for (const auto& [site, session] : members_) {
    self_->demonitor(session.address());
    tell(session, 0);
  }
  for (const auto& [token, in] : asked_)
    tell(in.session, in.token);
  for (const enter& in : waiting_)
    tell(in.session, in.token);
  members_.clear();
  asked_.clear();
  waiting_.clear();
}

void relay_state::fail(const std::exception& error) {
  log(log_level::error, "the relay of room " + settings_.room_id + " ends: " + error.what());
  end({}, true);
}

void relay_state::note_if_empty() {
  if (!members_.empty() || !asked_.empty())
    return;
  empty_since_us_ = steady_us(self_->home_system());
  self_->delayed_send(self_, std::chrono::milliseconds{settings_.bounds->room_idle_ms}, wake_up{});
}

void relay_state::on_wake() {
  const std::int64_t idle_us = static_cast<std::int64_t>(settings_.bounds->room_idle_ms) * 1000;
  const bool is_idle = members_.empty() && asked_.empty() && waiting_.empty()
                       && steady_us(self_->home_system()) - empty_since_us_ >= idle_us;
  if (!asked_.empty() && !has_ended_) {
    if (steady_us(self_->home_system()) - asked_since_us_
        >= std::chrono::microseconds{answer_deadline}.count())
      return end({}, true);
    self_->delayed_send(self_, answer_deadline, wake_up{});
  }
  if (is_idle && !has_ended_)
    self_->send(settings_.registry,
                room_idle{settings_.room_id, entered_, room_actor{relay_actor{self_}}});
}

// However it has ended: the delegate may not know, and must not stay.
void relay_state::on_retire() {
  if (route_) {
    if (!is_route_lost_)
      send(node::ended{route_->route});
    self_->send(settings_.links, close_route{route_->through.number, route_->route});
  }
  end({}, false);
  self_->quit();
}

relay_actor::behavior_type relay(relay_actor::stateful_pointer<relay_state> self,
                                 relay_settings settings) {
  relay_state& state = self->state;
  harden(self);
  state.start(std::move(settings));
  self->set_down_handler([&state](const caf::down_msg& down) {
    state.guarded([&] { state.on_down(down); });
  });
  return {
    [&state](enter& in) { state.guarded([&] { state.on_enter(in); }); },
    [&state](const member_says& said) { state.guarded([&] { state.on_member(said); }); },
    [](store_says&) {},
    [&state](wake_up) { state.guarded([&] { state.on_wake(); }); },
    [&state](retire) { state.guarded([&] { state.on_retire(); }); },
    [&state](close_room) { state.guarded([&] { state.end({}, false); }); },
    [&state](const hand_over&) { state.guarded([&] { state.end({}, true); }); },
    [](const room_renamed&) {},
    [&state](const route_opened& opened) { state.guarded([&] { state.on_route(opened); }); },
    [&state](route_lost) { state.guarded([&] { state.on_route_lost(); }); },
    [&state](node_bytes& part) { state.guarded([&] { state.on_bytes(part); }); },
  };
}

}  // namespace tandem
