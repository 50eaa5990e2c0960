// Who may do what: roles, what each allows, and how a room's role comes about.
// Pure: what is known of a room and of somebody goes in, a role comes out.
//
// Invariants
//  1. What is not allowed by a line of a table is refused.
//  2. A role never comes from anything but: the room's members, its visibility,
//     an invite to this room, and what the token that was shown is good for.
#pragma once

#include "storage/accounts.hpp"
#include "storage/room_access.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tandem {

// In a room; each includes the ones before.
enum class room_role : std::uint8_t { none, viewer, commenter, editor, owner };

std::string_view to_string(room_role role) noexcept;
// Nothing if the text is none of viewer, commenter, editor, owner.
std::optional<room_role> parse_room_role(std::string_view text) noexcept;

// What is done in a room.
enum class room_action : std::uint8_t { read, point, chat, edit, change_files, ask_ai, manage };

// The least role that may.
room_role role_needed(room_action action) noexcept;
inline bool may(room_role role, room_action action) noexcept {
  return role >= role_needed(action);
}

// What a token is good for, besides who it stands for.
struct token_scopes {
  bool read = false;
  bool write = false;
  bool manage = false;
  bool account = false;  // everything under /account
  bool admin = false;    // everything under /tenant

  friend bool operator==(const token_scopes&, const token_scopes&) = default;
};

inline constexpr token_scopes all_scopes{true, true, true, true, true};

// Words, separated by spaces. Nothing if one is not known, or there is none.
std::optional<token_scopes> parse_scopes(std::string_view words);

// Somebody who has shown a session's or a program's token.
struct known_account {
  storage::tenant_key tenant = storage::default_tenant;
  storage::account_key key = 0;
  std::string login;
  std::string name;
  bool is_admin = false;
  token_scopes scopes = all_scopes;
  std::optional<std::string> only_room;  // the token is good for this room alone
  std::int64_t token = 0;
  bool is_session = false;  // a browser's; else a program's token
  std::int64_t expires_at_ms = 0;
};

// What the room says of somebody.
struct room_claims {
  storage::access_record access;
  bool is_of_tenant = false;                    // signed in, with the room's tenant
  std::optional<std::string> member_role;       // as a member
  std::optional<room_role> invited_as;          // by an invite that is good
};

// In the room as it is: a locked one makes editors commenters. `account`: null
// for a guest.
room_role role_in_room(const room_claims& claims, const known_account* account,
                       std::string_view room_id);

// Whether somebody manages the room: as its owner, or as an admin of its tenant.
bool may_manage(room_role role, const known_account* account, bool is_of_tenant,
                std::string_view room_id) noexcept;

}  // namespace tandem
