#include "actors/invites.hpp"

#include "storage/audit_log.hpp"

namespace tandem {

namespace {

// Of one invite, in one transaction on its tenant.
class redemption {
 public:
  redemption(storage::sql_runner& sql, storage::tenant_key tenant, access_mode mode,
             const credentials& shown, std::int64_t now_ms)
      : access_{sql, tenant}, audit_{sql, tenant}, mode_{mode}, shown_{shown}, now_ms_{now_ms} {}

  // A token for one room leads into no other.
  std::optional<redeemed_invite> redeem(const std::optional<known_account>& account,
                                        bool makes_member) {
    const auto invite = access_.find_invite(shown_.invite_digest);
    if (!invite || !invite->room_id || invite->expires_at_ms <= now_ms_
        || (account && account->only_room.value_or(*invite->room_id) != *invite->room_id))
      return std::nullopt;
    return makes_member ? by_member(*invite, *account) : by_guest(*invite);
  }

 private:
  // An invite to no more than somebody has is used by them, too, though not
  // counted: it must not give that back when it has been taken away.
  std::optional<redeemed_invite> by_member(const storage::invite_record& invite,
                                           const known_account& account) {
    const std::string user = storage::user_of(account.key);
    const auto before = access_.role_of(*invite.room_id, account.key);
    const room_role held = parse_room_role(before.value_or("")).value_or(room_role::none);
    const bool is_used = access_.has_used_invite(invite.key, user);
    if (!is_used && held < parse_room_role(invite.role).value_or(room_role::none)) {
      if (!access_.use_invite_as(invite.key, user))
        return std::nullopt;
      access_.set_member(*invite.room_id, account.key, invite.role);
      note(invite, account.key, account.name);
      return redeemed_invite{*invite.room_id, invite.role, account.key};
    }
    if (!is_used)
      access_.note_invite_use(invite.key, user);
    return before ? std::optional{redeemed_invite{*invite.room_id, *before, {}}} : std::nullopt;
  }

  std::optional<redeemed_invite> by_guest(const storage::invite_record& invite) {
    const std::string& client = shown_.client;
    if (client.empty())
      return std::nullopt;
    if (!access_.has_used_invite(invite.key, client)) {
      if (!access_.use_invite_as(invite.key, client))
        return std::nullopt;
      note(invite, std::nullopt, storage::guest_name);
    }
    return redeemed_invite{*invite.room_id, invite.role, {}};
  }

  void note(const storage::invite_record& invite, std::optional<storage::account_key> account,
            const std::string& name) {
    if (mode_ == access_mode::accounts)
      audit_.add({0, now_ms_, account, name, shown_.address, "room.join", invite.room_id,
                  std::to_string(invite.key), invite.role});
  }

  storage::room_access access_;
  storage::audit_log audit_;
  const access_mode mode_;
  const credentials& shown_;
  const std::int64_t now_ms_;
};

}  // namespace

std::optional<redeemed_invite> redeem_invite(storage::store& store, access_mode mode,
                                             const credentials& shown, std::int64_t now_ms) {
  const auto tenant = store.whose(storage::global_key::invite, shown.invite_digest);
  if (!tenant)
    return std::nullopt;
  const admission who = decide(store, mode, shown, {}, now_ms);
  if (who.is_token_bad)
    return std::nullopt;
  const bool makes_member = joins_by_invite(who.account, *tenant);
  std::optional<redeemed_invite> redeemed;
  store.change(*tenant, [&](storage::sql_runner& sql) {
    redeemed = redemption{sql, *tenant, mode, shown, now_ms}.redeem(who.account, makes_member);
  });
  return redeemed;
}

}  // namespace tandem
