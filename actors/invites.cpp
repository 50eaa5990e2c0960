#include "actors/invites.hpp"

namespace tandem {

namespace {

// The member's role then; nothing if there is none. An invite to no more than
// somebody has is used by them, too, though not counted: it must not give that
// back when it has been taken away.
std::optional<std::string> role_of_member(storage::room_access& access,
                                          const storage::invite_record& invite,
                                          storage::account_key account) {
  const std::string user = storage::user_of(account);
  const auto before = access.role_of(*invite.room_id, account);
  if (access.has_used_invite(invite.key, user))
    return before;
  const room_role held = parse_room_role(before.value_or("")).value_or(room_role::none);
  if (held >= parse_room_role(invite.role).value_or(room_role::none)) {
    access.note_invite_use(invite.key, user);
    return before;
  }
  if (!access.use_invite_as(invite.key, user))
    return std::nullopt;
  access.set_member(*invite.room_id, account, invite.role);
  return invite.role;
}

std::optional<std::string> role_of_guest(storage::room_access& access,
                                         const storage::invite_record& invite,
                                         const std::string& client) {
  const bool is_good = !client.empty() && access.use_invite_as(invite.key, client);
  return is_good ? std::optional{invite.role} : std::nullopt;
}

}  // namespace

std::optional<redeemed_invite> redeem_invite(storage::store& store, access_mode mode,
                                             const credentials& shown, std::int64_t now_ms) {
  const auto tenant = store.whose(storage::global_key::invite, shown.invite_digest);
  if (!tenant)
    return std::nullopt;
  const admission who = decide(store, mode, shown, {}, now_ms);
  if (who.is_token_bad)
    return std::nullopt;
  std::optional<redeemed_invite> redeemed;
  store.change(*tenant, [&](storage::sql_runner& sql) {
    storage::room_access access{sql, *tenant};
    const auto invite = access.find_invite(shown.invite_digest);
    if (!invite || !invite->room_id || invite->expires_at_ms <= now_ms)
      return;
    const auto role = joins_by_invite(who.account, *tenant)
                        ? role_of_member(access, *invite, who.account->key)
                        : role_of_guest(access, *invite, shown.client);
    if (role)
      redeemed = {*invite->room_id, *role};
  });
  return redeemed;
}

}  // namespace tandem
