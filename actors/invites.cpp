#include "actors/invites.hpp"

namespace tandem {

namespace {

// Raises a member's role to the invite's; never lowers it.
bool make_member(storage::room_access& access, const storage::invite_record& invite,
                 storage::account_key account) {
  const auto before = access.role_of(*invite.room_id, account);
  const room_role held = parse_room_role(before.value_or("")).value_or(room_role::none);
  if (held >= parse_room_role(invite.role).value_or(room_role::none))
    return true;
  if (!access.use_invite(invite.key))
    return false;
  access.set_member(*invite.room_id, account, invite.role);
  return true;
}

}  // namespace

std::optional<redeemed_invite> redeem_invite(storage::store& store, access_mode mode,
                                             const credentials& shown, std::int64_t now_ms) {
  const auto tenant = store.whose(storage::global_key::invite, shown.invite_digest);
  if (!tenant)
    return std::nullopt;
  const admission who = decide(store, mode, shown, {}, now_ms);
  const bool is_of_tenant = who.account && who.account->tenant == *tenant
                            && who.account->scopes.account;
  std::optional<redeemed_invite> redeemed;
  store.change(*tenant, [&](storage::sql_runner& sql) {
    storage::room_access access{sql, *tenant};
    const auto invite = access.find_invite(shown.invite_digest);
    if (!invite || !invite->room_id || invite->expires_at_ms <= now_ms)
      return;
    const bool is_good = is_of_tenant ? make_member(access, *invite, who.account->key)
                                      : !shown.client.empty()
                                          && access.use_invite_as(invite->key, shown.client);
    if (is_good)
      redeemed = {*invite->room_id, invite->role};
  });
  return redeemed;
}

}  // namespace tandem
