// Who may come into a tenant's rooms: visibility, members, invites. Statements,
// without judgement, like accounts.hpp. Owned by a transaction (sql.hpp).
#pragma once

#include "storage/accounts.hpp"
#include "storage/sql.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::storage {

// The defaults are those of a room without a row: one made in a server without
// accounts.
struct access_record {
  std::string visibility = "link";  // private, tenant, link
  std::string link_role = "editor";
  bool is_locked = false;
  std::string ai;  // off, local, on; empty: the operator's default
};

struct member_record {
  account_key account = 0;
  std::string name;
  std::string login;
  std::string role;
};

struct invite_record {
  std::int64_t key = 0;
  std::optional<std::string> room_id;  // none: to sign up
  std::string role;
  std::int64_t created_at_ms = 0;
  std::int64_t expires_at_ms = 0;
  std::optional<std::int64_t> uses;  // none: any number
  std::int64_t used = 0;
};

// A room as lists show it.
struct listed_room {
  std::string id;
  std::string name;
  std::string role;                 // of whom the list is for, if it is for somebody
  std::int64_t created_at_ms = 0;
  access_record access;
  std::vector<std::string> owners;  // their names, if the list is for nobody
};

// By which an account's use of an invite is known; a guest's by its client's
// digest, which has no space.
std::string user_of(account_key account);

class room_access {
 public:
  room_access(sql_runner& sql, tenant_key tenant) : sql_{sql}, tenant_{tenant} {}

  // What a room is for whoever has no role by himself; nothing if there is no
  // such room.
  std::optional<access_record> find(std::string_view room);
  void set(std::string_view room, const access_record& access);
  void rename_room(std::string_view room, std::string_view name);

  std::optional<std::string> role_of(std::string_view room, account_key account);
  std::vector<member_record> members(std::string_view room);
  // Whether the room would have no owner without this account. Whoever asks on
  // another node waits until the transaction has ended.
  bool is_last_owner(std::string_view room, account_key account);
  void set_member(std::string_view room, account_key account, std::string_view role);
  // Whether it was one.
  bool remove_member(std::string_view room, account_key account);
  std::vector<listed_room> rooms_of(account_key account);
  std::vector<listed_room> all_rooms();

  std::int64_t add_invite(const invite_record& added, std::string_view digest);
  std::optional<invite_record> find_invite(std::string_view digest);
  // A room's, or those to sign up.
  std::vector<invite_record> invites(std::optional<std::string> room);
  bool remove_invite(std::optional<std::string> room, std::int64_t invite);
  // Counts one use, if there is one left.
  bool use_invite(std::int64_t invite);
  void give_back_invite_use(std::int64_t invite);
  // Whether this guest or account (user_of) has used it before.
  bool has_used_invite(std::int64_t invite, std::string_view user);
  // Counts a use, once for each; false if none is left.
  bool use_invite_as(std::int64_t invite, std::string_view user);
  // From now on it has been used by them, without being counted.
  void note_invite_use(std::int64_t invite, std::string_view user);
  void remove_expired_invites(std::int64_t now_ms);

 private:
  sql_runner& sql_;
  tenant_key tenant_;
};

}  // namespace tandem::storage
