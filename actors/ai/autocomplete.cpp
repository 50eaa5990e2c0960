#include "actors/ai/autocomplete.hpp"

#include "actors/ai/companion.hpp"
#include "actors/clock.hpp"

#include <utility>

namespace tandem::ai {

void autocomplete_state::start(autocomplete_settings settings) {
  settings_ = std::move(settings);
  tick_later();
}

void autocomplete_state::tick_later() {
  self_->delayed_send(self_, std::chrono::microseconds{settings_.limits.idle_unattended_us / 2},
                      autocomplete_tick{});
}

std::int64_t autocomplete_state::now_us() const {
  return steady_us(self_->home_system());
}

// ---- rooms and their modes ----

autocomplete_state::room& autocomplete_state::find(const std::string& room_id,
                                                   storage::tenant_key tenant) {
  const auto [at, is_new] = rooms_.try_emplace(room_id);
  if (is_new)
    at->second.tenant = tenant;
  return at->second;
}

void autocomplete_state::read_mode(const std::string& room_id, room& of) {
  if (std::exchange(of.is_reading, true))
    return;
  const autocomplete_actor self{self_};
  self_->send(settings_.reader, read_task{[self, room_id, tenant = of.tenant](storage::reader& from) {
                room_mode_read read{room_id, false, {}};
                try {
                  read.stored = from.room_ai_mode(tenant, room_id);
                } catch (const storage::store_error& error) {
                  log(log_level::error, error.what());
                  read.failed = true;
                }
                caf::anon_send(self, std::move(read));
              }});
}

void autocomplete_state::on_mode_read(const room_mode_read& read) {
  const auto found = rooms_.find(read.room_id);
  if (found == rooms_.end())
    return;
  room& of = found->second;
  of.is_reading = false;
  if (std::exchange(of.is_stale, false))
    return read_mode(read.room_id, of);
  if (read.failed || !read.stored) {
    settle_on(of, std::nullopt);
    for (const waiting_ask& one : std::exchange(of.waiting, {}))
      refuse(one.asked, read.failed ? error_code::unavailable : error_code::unknown_file,
             read.failed ? "the store is away" : "there is no such room");
    return drop_if_unused(read.room_id);
  }
  settle_on(of, effective_mode(settings_.offer, *read.stored));
  for (waiting_ask& one : std::exchange(of.waiting, {}))
    pass_on(read.room_id, of, one.asked);
  drop_if_unused(read.room_id);
}

// What may be nothing any more is taken for the least: the room may just have been
// turned off.
void autocomplete_state::settle_on(room& of, std::optional<ai_mode> now) {
  if (std::exchange(of.mode, now) == now)
    return;
  const ai_mode holds = now.value_or(ai_mode::off);
  const server::ai_state state = state_of(holds);
  for (const auto& [id, who] : of.attending)
    who.tell(state);
  if (of.companion)
    self_->send(of.companion, mode_is{holds});
}

// Of no room: all may have changed.
void autocomplete_state::on_rights(const rights_changed& changed) {
  const auto read_anew = [&](const std::string& id, room& of) {
    of.is_stale = of.is_reading;
    read_mode(id, of);
  };
  if (!changed.room_id.empty()) {
    if (const auto found = rooms_.find(changed.room_id); found != rooms_.end())
      read_anew(found->first, found->second);
  } else if (!changed.account) {
    for (auto& [id, of] : rooms_)
      read_anew(id, of);
  }
}

server::ai_state autocomplete_state::state_of(ai_mode mode) const {
  server::ai_state state;
  const bool is_on = mode == ai_mode::on;
  state.mode = to_string(mode);
  state.provider = mode == ai_mode::off ? "off" : is_on ? settings_.offer.provider : "local";
  if (is_on) {
    state.model = settings_.offer.model;
    state.host = settings_.offer.host;
  }
  state.can_complete = mode != ai_mode::off;
  state.can_refactor = is_on;
  state.can_chat = is_on;
  return state;
}

void autocomplete_state::on_attend(attend_room& in) {
  room& of = find(in.room_id, in.tenant);
  if (of.mode)
    in.from.tell(state_of(*of.mode));
  else
    read_mode(in.room_id, of);
  of.attending.insert_or_assign(in.from.id, std::move(in.from));
}

void autocomplete_state::on_leave(const leave_room& out) {
  const auto found = rooms_.find(out.room_id);
  if (found == rooms_.end())
    return;
  found->second.attending.erase(out.asker_id);
  if (found->second.companion)
    self_->send(found->second.companion, take_back{out.asker_id, {}});
  drop_if_unused(out.room_id);
}

void autocomplete_state::drop_if_unused(const std::string& room_id) {
  const auto found = rooms_.find(room_id);
  if (found == rooms_.end())
    return;
  const room& of = found->second;
  if (of.attending.empty() && of.waiting.empty() && !of.companion && !of.is_reading)
    rooms_.erase(found);
}

// ---- questions ----

void autocomplete_state::refuse(const ask_ai& asked, error_code code, std::string why) const {
  server::error error{code, std::move(why), {}, {}, {}, {}};
  if (const std::uint64_t ask = number_of(asked.what); ask != 0)
    error.ask = ask;
  if (code == error_code::unavailable || code == error_code::rate_limited)
    error.retry_ms = 1'000;
  asked.from.tell(error);
}

void autocomplete_state::on_ask(ask_ai& asked) {
  if (const auto* perhaps = std::get_if<mention>(&asked.what))
    if (!mention_in(*perhaps, *settings_.decoder))
      return;
  room& in = find(asked.room_id, asked.tenant);
  if (in.mode)
    return pass_on(asked.room_id, in, asked);
  wait_for_mode(std::string{asked.room_id}, in, asked);
}

void autocomplete_state::wait_for_mode(const std::string& room_id, room& in, ask_ai& asked) {
  std::erase_if(in.waiting, [&](const waiting_ask& one) {
    return one.asked.from.id == asked.from.id && takes_place_of(asked.what, one.asked.what);
  });
  if (in.waiting.size() >= settings_.limits.questions)
    return refuse(asked, error_code::rate_limited, "too much is being asked");
  in.waiting.push_back({std::move(asked), now_us()});
  read_mode(room_id, in);
  self_->delayed_send(self_, std::chrono::microseconds{settings_.limits.answer_wait_us},
                      mode_overdue{room_id});
}

void autocomplete_state::on_mode_overdue(const mode_overdue& overdue) {
  const auto found = rooms_.find(overdue.room_id);
  if (found == rooms_.end())
    return;
  const std::int64_t since_us = now_us() - settings_.limits.answer_wait_us;
  std::erase_if(found->second.waiting, [&](const waiting_ask& one) {
    if (one.since_us > since_us)
      return false;
    refuse(one.asked, error_code::unavailable, "the store is slow");
    return true;
  });
  drop_if_unused(overdue.room_id);
}

void autocomplete_state::pass_on(const std::string& room_id, room& in, ask_ai& asked) {
  if (*in.mode == ai_mode::off)
    return refuse(asked, error_code::forbidden, "AI is off in this room");
  if (!in.companion && companions_ >= companions_max)
    return refuse(asked, error_code::rate_limited, "the AI is wanted in too many rooms");
  if (!in.companion && !start_companion(room_id, in))
    return refuse(asked, error_code::unavailable, "the AI cannot be started in this room");
  in.asked_us = now_us();
  ++in.passed_on;
  self_->send(in.companion, ask_companion{std::move(asked.from), std::move(asked.what)});
}

bool autocomplete_state::start_companion(const std::string& room_id, room& in) {
  try {
    // A thread of its own: what it learns and looks for is in no edit's way.
    in.companion = self_->spawn<caf::detached>(
      companion, companion_settings{settings_.registry, autocomplete_actor{self_}, room_id,
                                    in.tenant, settings_.new_client(), settings_.limits,
                                    settings_.offer, settings_.decoder, settings_.model,
                                    settings_.counters});
  } catch (const std::exception& error) {
    log(log_level::error, "the AI of room " + room_id + " cannot be started: " + error.what());
    return false;
  }
  in.passed_on = 0;
  ++companions_;
  ++settings_.counters->companions;
  self_->send(in.companion, mode_is{*in.mode});
  return true;
}

void autocomplete_state::end_companion_of(room& in) {
  self_->send(std::exchange(in.companion, {}), end_companion{});
  --companions_;
  --settings_.counters->companions;
}

// It may have been asked since it said so.
void autocomplete_state::on_companion_idle(const companion_idle& idle) {
  const auto found = rooms_.find(idle.room_id);
  if (found == rooms_.end() || found->second.companion != idle.who
      || found->second.passed_on != idle.asks_heard)
    return;
  end_companion_of(found->second);
  drop_if_unused(idle.room_id);
}

void autocomplete_state::on_companion_ended(const companion_ended& ended) {
  const auto found = rooms_.find(ended.room_id);
  if (found == rooms_.end() || found->second.companion != ended.who)
    return;
  end_companion_of(found->second);
  drop_if_unused(ended.room_id);
}

void autocomplete_state::on_take_back(const take_back_in& what) {
  const auto found = rooms_.find(what.room_id);
  if (found == rooms_.end())
    return;
  std::erase_if(found->second.waiting, [&](const waiting_ask& one) {
    const std::uint64_t ask = number_of(one.asked.what);
    return one.asked.from.id == what.what.asker_id && ask != 0
           && (!what.what.ask || ask == *what.what.ask);
  });
  if (found->second.companion)
    self_->send(found->second.companion, what.what);
}

void autocomplete_state::on_tick() {
  const std::int64_t now = now_us();
  std::vector<std::string> unused;
  for (auto& [id, in] : rooms_) {
    if (!in.mode && !in.attending.empty())
      read_mode(id, in);
    const std::int64_t allowed = in.attending.empty() ? settings_.limits.idle_unattended_us
                                                      : settings_.limits.idle_us;
    if (in.companion && now - in.asked_us > allowed)
      self_->send(in.companion, say_if_idle{});
    unused.push_back(id);
  }
  for (const std::string& id : unused)
    drop_if_unused(id);
  tick_later();
}

void autocomplete_state::on_stop() {
  for (auto& [id, in] : rooms_)
    if (in.companion)
      end_companion_of(in);
  self_->quit();
}

autocomplete_actor::behavior_type autocomplete(
  autocomplete_actor::stateful_pointer<autocomplete_state> self, autocomplete_settings settings) {
  autocomplete_state& state = self->state;
  harden(self);
  state.start(std::move(settings));
  return {
    [&state](ask_ai& asked) { state.guarded([&] { state.on_ask(asked); }); },
    [&state](const take_back_in& what) { state.guarded([&] { state.on_take_back(what); }); },
    [&state](attend_room& in) { state.guarded([&] { state.on_attend(in); }); },
    [&state](const leave_room& out) { state.guarded([&] { state.on_leave(out); }); },
    [&state](const room_mode_read& read) { state.guarded([&] { state.on_mode_read(read); }); },
    [&state](const mode_overdue& overdue) {
      state.guarded([&] { state.on_mode_overdue(overdue); });
    },
    [&state](const rights_changed& changed) { state.guarded([&] { state.on_rights(changed); }); },
    [&state](const companion_idle& idle) { state.guarded([&] { state.on_companion_idle(idle); }); },
    [&state](const companion_ended& ended) {
      state.guarded([&] { state.on_companion_ended(ended); });
    },
    [&state](const autocomplete_tick&) { state.guarded([&] { state.on_tick(); }); },
    [&state](const stop_ai&) { state.on_stop(); },
  };
}

}  // namespace tandem::ai
