#include "actors/gate.hpp"

#include "actors/clock.hpp"
#include "actors/hardening.hpp"
#include "actors/invites.hpp"
#include "actors/log.hpp"
#include "actors/real_time.hpp"

#include <chrono>
#include <utility>
#include <vector>

namespace tandem {

namespace {

constexpr std::chrono::milliseconds tick{250};
constexpr std::int64_t seen_resolution_ms = 60'000;
constexpr std::size_t seen_tokens_max = 100'000;

refused_entry refusal_of(const admission& decided) {
  if (decided.is_store_down)
    return {close_code::overloaded, "the store cannot be reached"};
  if (decided.is_token_bad)
    return {close_code::not_authenticated, "the token is not valid"};
  if (!decided.account && !decided.is_room_known)
    return {close_code::not_authenticated, "sign in first"};
  if (!decided.is_room_known)
    return {close_code::no_such_room, "no such room"};
  return {decided.account ? close_code::forbidden : close_code::not_authenticated,
          "no role in this room"};
}

}  // namespace

void gate_state::start(gate_settings settings) {
  settings_ = std::move(settings);
  self_->delayed_send(self_, tick, gate_tick{});
}

admission gate_state::ask(const credentials& shown, std::string_view room_id) {
  try {
    return decide(*settings_.reader, settings_.mode, shown, room_id,
                  now(self_->home_system()).epoch_ms);
  } catch (const storage::store_error& error) {
    log(log_level::error, std::string{"cannot ask who may: "} + error.what());
    admission down;
    down.is_store_down = true;
    return down;
  }
}

void gate_state::on_admit(const admit& wish) {
  const admission decided = ask(wish.shown, wish.room_id);
  if (decided.account)
    note_seen(*decided.account);
  wish.answer(decided);
}

// ---- sessions ----

void gate_state::on_admit_session(admit_session& wish) {
  if (wish.shown.invite_digest.empty())
    let_in(wish);
  else
    redeem(wish);
}

// An invite is counted, once for each guest, or makes somebody a member, before
// anything is decided by it. Whether it was good is seen then.
void gate_state::redeem(const admit_session& wish) {
  const auto task = [wish, mode = settings_.mode, back = gate_actor{self_}](storage::store& store) {
    std::optional<storage::account_key> changed;
    try {
      if (const auto redeemed = redeem_invite(store, mode, wish.shown, now_ms()))
        changed = redeemed->changed;
    } catch (const storage::store_error& error) {
      log(log_level::error, std::string{"cannot redeem an invite: "} + error.what());
    }
    caf::anon_send(back, invite_redeemed{std::make_shared<admit_session>(wish), changed});
  };
  self_->send(settings_.writer, write_task{task});
}

void gate_state::on_redeemed(const invite_redeemed& told) {
  if (told.changed)
    on_rights_changed({{}, told.changed});
  let_in(*told.wish);
}

void gate_state::let_in(const admit_session& wish) {
  const admission decided = ask(wish.shown, wish.room_id);
  if (decided.role == room_role::none) {
    self_->send(wish.session, entry_decided{refusal_of(decided)});
    return;
  }
  self_->monitor(wish.session);
  live_[wish.session.address()] = {
    wish.session, wish.shown, wish.room_id, decided.role,
    decided.account ? std::optional{decided.account->key} : std::nullopt, decided.ends_at_ms,
    false};
  granted_entry granted{decided.tenant, decided.role, {}, {}};
  if (decided.account) {
    granted.name = decided.account->name;
    granted.account = decided.account->key;
    note_seen(*decided.account);
  }
  self_->send(wish.session, entry_decided{std::move(granted)});
}

void gate_state::on_down(const caf::down_msg& down) {
  live_.erase(down.source);
}

// ---- changes ----

// Whether the session is still in.
bool gate_state::look_again(live& which) {
  const admission decided = ask(which.shown, which.room_id);
  which.is_in_doubt = decided.is_store_down;
  if (decided.is_store_down)
    return true;
  which.ends_at_ms = decided.ends_at_ms;
  if (decided.role == which.role)
    return true;
  which.role = decided.role;
  if (decided.role != room_role::none) {
    self_->send(which.session, rights_now{decided.role, {}});
    return true;
  }
  refused_entry why = refusal_of(decided);
  if (!decided.is_token_bad && which.account && decided.is_room_known)
    why.code = close_code::forbidden;
  self_->send(which.session, rights_now{room_role::none, std::move(why)});
  return false;
}

template <class Predicate>
void gate_state::look_again_where(Predicate is_concerned) {
  for (auto at = live_.begin(); at != live_.end();) {
    if (!is_concerned(at->second) || look_again(at->second)) {
      ++at;
      continue;
    }
    self_->demonitor(at->first);
    at = live_.erase(at);
  }
}

void gate_state::on_rights_changed(const rights_changed& change) {
  const bool is_any = !change.account && change.room_id.empty();  // something was missed
  look_again_where([&](const live& one) {
    return is_any || (change.account && one.account == change.account)
           || (!change.room_id.empty() && one.room_id == change.room_id);
  });
}

void gate_state::on_tick() {
  self_->delayed_send(self_, tick, gate_tick{});
  const std::int64_t now_ms = now(self_->home_system()).epoch_ms;
  look_again_where([&](const live& one) {
    return one.is_in_doubt || (one.ends_at_ms && *one.ends_at_ms <= now_ms);
  });
}

// For lists of sessions and tokens: to the minute.
void gate_state::note_seen(const known_account& account) {
  const std::int64_t now_ms = now(self_->home_system()).epoch_ms;
  if (noted_seen_ms_.size() >= seen_tokens_max)
    noted_seen_ms_.clear();
  std::int64_t& noted = noted_seen_ms_[account.token];
  if (now_ms - noted < seen_resolution_ms)
    return;
  noted = now_ms;
  const auto task = [tenant = account.tenant, token = account.token, key = account.key,
                     now_ms](storage::store& store) {
    try {
      store.change(tenant, [&](storage::sql_runner& sql) {
        storage::accounts all{sql, tenant};
        all.note_token_seen(token, now_ms);
        all.note_seen(key, now_ms);
      });
    } catch (const storage::store_error& error) {
      log(log_level::warning, std::string{"cannot note who was seen: "} + error.what());
    }
  };
  self_->send(settings_.writer, write_task{task});
}

gate_actor::behavior_type gate(gate_actor::stateful_pointer<gate_state> self,
                               gate_settings settings) {
  gate_state& state = self->state;
  harden(self);
  state.start(std::move(settings));
  self->set_down_handler([&state](const caf::down_msg& down) { state.on_down(down); });
  return {
    [&state](const admit& wish) { state.on_admit(wish); },
    [&state](admit_session& wish) { state.on_admit_session(wish); },
    [&state](const invite_redeemed& told) { state.on_redeemed(told); },
    [&state](const rights_changed& change) { state.on_rights_changed(change); },
    [&state](gate_tick) { state.on_tick(); },
  };
}

}  // namespace tandem
