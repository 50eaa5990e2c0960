// Who somebody is and what they may, from what they have shown: the one place
// where tokens, members and invites become a role. Asks the store, changes
// nothing. Owned by the GATE actor; every answer is from the store, none from
// memory, so it is as new as the last commit.
#pragma once

#include "actors/access.hpp"
#include "actors/access_mode.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tandem {

// What a connection or a request has shown.
struct credentials {
  std::string token_digest;   // of a session's or program's token; empty: none
  std::string invite_digest;  // empty: none
  std::string client;         // the digest of a guest's client, for whom an invite was counted
  std::string address;        // of the peer, behind trusted proxies
  std::string agent;          // the browser, as it says
};

struct admission {
  // The token that was shown is not, or no longer, good for anything. (Without
  // one somebody is a guest.)
  bool is_token_bad = false;
  bool is_store_down = false;
  std::optional<known_account> account;

  // Of the room, if one was named.
  bool is_room_known = false;  // to them: it exists, in a tenant that they may see
  storage::tenant_key tenant = storage::default_tenant;
  room_role role = room_role::none;
  bool may_manage = false;
  storage::access_record access;
  bool is_of_tenant = false;
  // When one of the credentials ends by itself.
  std::optional<std::int64_t> ends_at_ms;
};

// Whether an invite of a tenant makes a member of whoever shows it; others are
// guests by it.
bool joins_by_invite(const std::optional<known_account>& account, storage::tenant_key tenant);

// `room_id`: empty if none is named. Throws storage::store_error.
admission decide(storage::reader& from, access_mode mode, const credentials& shown,
                 std::string_view room_id, std::int64_t now_ms);

// A token's text begins with what it is.
inline constexpr std::string_view token_prefix = "tdm_";
inline constexpr std::string_view invite_prefix = "tdi_";

// SHA-256 in hex, by which tokens are kept.
std::string digest_of_token(std::string_view token);

}  // namespace tandem
