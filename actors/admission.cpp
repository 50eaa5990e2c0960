#include "actors/admission.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <array>

namespace tandem {

namespace {

std::optional<known_account> account_of_token(storage::reader& from, const std::string& digest,
                                              std::int64_t now_ms) {
  const auto tenant = from.whose(storage::global_key::token, digest);
  if (!tenant)
    return std::nullopt;
  std::optional<storage::known_token> found;
  from.look(*tenant, [&](storage::sql_runner& sql) {
    found = storage::accounts{sql, *tenant}.find_token(digest);
  });
  if (!found || found->account.is_disabled || found->token.expires_at_ms <= now_ms)
    return std::nullopt;
  const auto scopes = parse_scopes(found->token.scopes);
  if (!scopes)
    return std::nullopt;
  return known_account{*tenant,
                       found->account.key,
                       found->account.login,
                       found->account.name,
                       found->account.role == "admin",
                       *scopes,
                       found->token.room_id,
                       found->token.key,
                       found->token.kind == "session",
                       found->token.expires_at_ms};
}

void note_end(admission& so_far, std::int64_t at_ms) {
  so_far.ends_at_ms = std::min(so_far.ends_at_ms.value_or(at_ms), at_ms);
}

// Of a guest's invite, which was counted for the client when it came first.
void add_invite(storage::room_access& access, const credentials& shown, std::string_view room_id,
                std::int64_t now_ms, room_claims& claims, admission& so_far) {
  const auto invite = access.find_invite(shown.invite_digest);
  if (!invite || invite->room_id != room_id || invite->expires_at_ms <= now_ms
      || !access.has_used_invite(invite->key, shown.client))
    return;
  claims.invited_as = parse_room_role(invite->role);
  note_end(so_far, invite->expires_at_ms);
}

void decide_room(storage::reader& from, access_mode mode, const credentials& shown,
                 std::string_view room_id, std::int64_t now_ms, admission& so_far) {
  const known_account* account = so_far.account ? &*so_far.account : nullptr;
  const auto tenant = from.whose(storage::global_key::room, room_id);
  if (!tenant)
    return;
  so_far.tenant = *tenant;
  so_far.is_of_tenant = account != nullptr && account->tenant == *tenant;
  room_claims claims;
  claims.is_of_tenant = so_far.is_of_tenant;
  bool exists = false;
  from.look(*tenant, [&](storage::sql_runner& sql) {
    storage::room_access access{sql, *tenant};
    const auto found = access.find(room_id);
    exists = found.has_value();
    claims.access = found.value_or(storage::access_record{});
    if (so_far.is_of_tenant)
      claims.member_role = access.role_of(room_id, account->key);
    // Whom it has made a member has the member's role, whatever that is by now.
    if (!shown.invite_digest.empty() && !joins_by_invite(so_far.account, *tenant))
      add_invite(access, shown, room_id, now_ms, claims, so_far);
  });
  if (!exists)
    return;
  so_far.access = claims.access;
  if (mode == access_mode::open) {
    so_far.role = claims.invited_as.value_or(
      shown.invite_digest.empty() ? room_role::editor : room_role::none);
    so_far.may_manage = !claims.invited_as.has_value() && shown.invite_digest.empty();
  } else {
    so_far.role = role_in_room(claims, account, room_id);
    so_far.may_manage = may_manage(so_far.role, account, so_far.is_of_tenant, room_id);
  }
  so_far.is_room_known = so_far.is_of_tenant || so_far.role != room_role::none
                         || mode == access_mode::open;
}

}  // namespace

bool joins_by_invite(const std::optional<known_account>& account, storage::tenant_key tenant) {
  return account && account->tenant == tenant && account->scopes.account && !account->only_room;
}

admission decide(storage::reader& from, access_mode mode, const credentials& shown,
                 std::string_view room_id, std::int64_t now_ms) {
  admission decided;
  if (mode == access_mode::accounts && !shown.token_digest.empty()) {
    decided.account = account_of_token(from, shown.token_digest, now_ms);
    if (!decided.account) {
      decided.is_token_bad = true;
      return decided;
    }
    note_end(decided, decided.account->expires_at_ms);
  }
  if (!room_id.empty())
    decide_room(from, mode, shown, room_id, now_ms, decided);
  return decided;
}

std::string digest_of_token(std::string_view token) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest.data());
  constexpr char digits[] = "0123456789abcdef";
  std::string hex;
  for (const unsigned char byte : digest) {
    hex += digits[byte >> 4];
    hex += digits[byte & 15];
  }
  return hex;
}

}  // namespace tandem
