// Accounts of a tenant and what they are known by: browsers' sessions and
// programs' tokens. Statements, without judgement: who may do what is decided
// in actors/access.hpp. Owned by a transaction (sql.hpp), as long as it lasts.
//
// Invariants
//  1. A password is kept as Argon2id's text, a token as its SHA-256: neither can
//     be read back.
//  2. Every statement names the tenant, also where row-level security would do.
#pragma once

#include "storage/records.hpp"
#include "storage/sql.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::storage {

using account_key = std::int64_t;

struct account_record {
  account_key key = 0;
  std::string login;  // in lower case, on the whole server only once
  std::string name;
  std::string role;  // member, admin
  std::optional<std::string> password;  // hashed; an account of a provider's has none
  bool is_disabled = false;
  std::int64_t created_at_ms = 0;
  std::optional<std::int64_t> seen_at_ms;
};

struct new_account {
  std::string login;
  std::string name;
  std::string role = "member";
  std::optional<std::string> password;
  std::optional<std::string> identity;  // issuer, a space, subject
  std::int64_t at_ms = 0;
};

struct token_record {
  std::int64_t key = 0;
  account_key account = 0;
  std::string kind;  // session, device, program
  std::string name;  // a program's; of a session its browser
  std::string scopes;  // words, separated by spaces
  std::optional<std::string> room_id;
  std::string address;  // from where it was made
  std::int64_t created_at_ms = 0;
  std::int64_t expires_at_ms = 0;
  std::optional<std::int64_t> seen_at_ms;
};

// A token and whose it is.
struct known_token {
  token_record token;
  account_record account;
};

class accounts {
 public:
  accounts(sql_runner& sql, tenant_key tenant) : sql_{sql}, tenant_{tenant} {}

  std::string tenant_name();

  std::vector<account_record> all();
  std::optional<account_record> find(account_key key);
  std::optional<account_record> find_login(std::string_view login);
  std::optional<account_record> find_identity(std::string_view identity);
  std::int64_t count_active_admins();
  // Whether nobody could administer the tenant without this account. Whoever asks
  // on another node waits until the transaction has ended.
  bool is_last_admin(const account_record& account);

  // Nothing if the login or the identity is taken.
  std::optional<account_key> add(const new_account& added);
  void rename(account_key key, std::string_view name);
  void set_role(account_key key, std::string_view role);
  void set_disabled(account_key key, bool is_disabled);
  void set_password(account_key key, std::string_view hashed);
  void note_seen(account_key key, std::int64_t at_ms);

  // `digest`: SHA-256 in hex.
  std::int64_t add_token(const token_record& added, std::string_view digest);
  std::optional<known_token> find_token(std::string_view digest);
  std::vector<token_record> tokens_of(account_key key, std::string_view kind);
  // Whether there was one.
  bool remove_token(account_key key, std::string_view kind, std::int64_t token);
  // All of the account's but one (0: none is kept).
  void remove_tokens(account_key key, std::string_view kind, std::int64_t but);
  // All of the account's but the newest `count`. Whether there were more.
  bool keep_newest_tokens(account_key key, std::string_view kind, std::int64_t count);
  void note_token_seen(std::int64_t token, std::int64_t at_ms);
  void remove_expired_tokens(std::int64_t now_ms);

 private:
  sql_runner& sql_;
  tenant_key tenant_;
};

}  // namespace tandem::storage
