#include "actors/ai/companion.hpp"

#include "actors/clock.hpp"
#include "actors/log.hpp"

#include <utility>

namespace tandem::ai {

void companion_state::start(companion_settings settings) {
  settings_ = std::move(settings);
  core_.emplace(settings_.limits, settings_.offer, *settings_.decoder, *this);
  enter();
}

std::int64_t companion_state::now_us() const {
  return steady_us(self_->home_system());
}

// ---- the room ----

void companion_state::enter() {
  join_request request{settings_.client, std::string{assistant_name}, {}, 0};
  request.is_unseen = true;
  self_->send(settings_.registry, enter_room{settings_.room_id, session_actor{self_},
                                             std::move(request), settings_.tenant});
}

void companion_state::on_entered(const entered& in) {
  room_ = in.room;
  site_ = in.site;
}

void companion_state::on_room(const room_says& said) {
  if (is_lost_)
    return;
  if (const auto* in = std::get_if<joined>(&said.event))
    core_->on_joined(in->welcome, now_us());
  else if (const auto* end = std::get_if<expelled>(&said.event))
    lose_room(error_code::unavailable, end->why);
  else
    core_->on_room(said.event, now_us());
  count();
}

void companion_state::on_no_room(const no_room& none) {
  if (is_lost_)
    return;
  room_ = nullptr;
  if (none.why == no_room::reason::moved) {
    core_->on_moved();
    enter();
  } else if (none.why == no_room::reason::absent) {
    lose_room(error_code::unknown_file, "there is no such room");
  } else {
    lose_room(error_code::unavailable, "the room cannot be loaded");
  }
}

void companion_state::lose_room(error_code code, std::string_view why) {
  is_lost_ = true;
  room_ = nullptr;
  core_->on_ended(code, why);
  self_->send(settings_.owner, companion_ended{settings_.room_id, companion_actor{self_}});
}

void companion_state::fail(const std::exception& error) {
  log(log_level::error, "the AI of room " + settings_.room_id + " ends: " + error.what());
  if (room_)
    self_->send(room_, member_says{member_left{site_}});
  if (!is_lost_)
    lose_room(error_code::internal, "the AI has failed here; ask again");
}

void companion_state::open(client::open wanted) {
  if (room_)
    self_->send(room_, member_says{open_request{site_, std::move(wanted)}});
}

void companion_state::post(client::chat said) {
  if (room_)
    self_->send(room_, member_says{post_chat{site_, std::move(said)}});
}

// ---- questions ----

void companion_state::on_ask(ask_companion& asked) {
  ++asks_heard_;
  if (is_lost_) {
    server::error lost{error_code::unavailable, "the room was lost; ask again", {}, {}, {}, 1'000};
    if (const std::uint64_t ask = number_of(asked.what); ask != 0)
      lost.ask = ask;
    return asked.from.tell(lost);
  }
  core_->ask(std::move(asked.from), std::move(asked.what), now_us());
  count();
  tick_while_waited_for();
}

void companion_state::on_take_back(const take_back& what) {
  if (what.ask)
    core_->cancel(what.asker_id, *what.ask);
  else
    core_->forget(what.asker_id);
}

void companion_state::on_mode(const mode_is& now) {
  core_->set_mode(now.mode, now_us());
}

void companion_state::tick_while_waited_for() {
  if (core_->is_waited_for() && !std::exchange(is_ticking_, true))
    self_->delayed_send(self_, tick_every, companion_tick{});
}

void companion_state::on_tick() {
  is_ticking_ = false;
  core_->on_time(now_us());
  tick_while_waited_for();
}

void companion_state::on_say_if_idle() {
  if (!core_->is_waited_for())
    self_->send(settings_.owner,
                companion_idle{settings_.room_id, companion_actor{self_}, asks_heard_});
}

void companion_state::on_end() {
  core_->on_ended(error_code::unavailable, "the AI of this room ends; ask again");
  if (room_)
    self_->send(room_, member_says{member_left{site_}});
  calls_.clear();
  self_->quit();
}

void companion_state::count() {
  const companion_core::counters now = core_->counts();
  ai_counters& all = *settings_.counters;
  all.completions += now.completions - counted_.completions;
  all.changes += now.changes - counted_.changes;
  all.mentions += now.mentions - counted_.mentions;
  all.dropped += now.dropped - counted_.dropped;
  all.cache_hits += now.cache_hits - counted_.cache_hits;
  counted_ = now;
}

// ---- the model ----

void companion_state::complete(call_number call, completion_prompt prompt) {
  model_hooks hooks = hooks_for(companion_actor{self_}, call);
  hooks.piece = nullptr;  // a completion is shown whole
  calls_[call] = settings_.model->complete(std::move(prompt), std::move(hooks));
}

void companion_state::chat(call_number call, chat_prompt prompt) {
  calls_[call] = settings_.model->chat(std::move(prompt), hooks_for(companion_actor{self_}, call));
}

void companion_state::on_model(const model_says& said) {
  if (!calls_.contains(said.call))
    return;
  if (const auto* piece = std::get_if<model_piece>(&said.what))
    return core_->on_piece(said.call, piece->text);
  const auto ended = calls_.extract(said.call);
  if (const auto* done = std::get_if<model_done>(&said.what))
    core_->on_done(said.call, done->whole, now_us());
  else
    core_->on_failed(said.call, std::get<model_failure>(said.what), now_us());
  count();
}

companion_actor::behavior_type companion(companion_actor::stateful_pointer<companion_state> self,
                                         companion_settings settings) {
  companion_state& state = self->state;
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
    [&state](ask_companion& asked) { state.guarded([&] { state.on_ask(asked); }); },
    [&state](const take_back& what) { state.guarded([&] { state.on_take_back(what); }); },
    [&state](const mode_is& now) { state.guarded([&] { state.on_mode(now); }); },
    [&state](const model_says& said) { state.guarded([&] { state.on_model(said); }); },
    [&state](const companion_tick&) { state.guarded([&] { state.on_tick(); }); },
    [&state](const say_if_idle&) { state.guarded([&] { state.on_say_if_idle(); }); },
    [&state](const end_companion&) { state.on_end(); },
  };
}

}  // namespace tandem::ai
