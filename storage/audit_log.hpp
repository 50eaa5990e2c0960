// What was done to accounts and rooms, by whom and from where: append-only,
// without source text and without secrets. Statements, like accounts.hpp. Owned
// by a transaction (sql.hpp).
#pragma once

#include "storage/records.hpp"
#include "storage/sql.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tandem::storage {

// The name in an entry of somebody without an account.
inline constexpr const char* guest_name = "guest";

struct audit_entry {
  std::int64_t key = 0;  // rises; given when it is added
  std::int64_t at_ms = 0;
  std::optional<std::int64_t> account;
  std::string name;  // at that time; of a failed sign-in the login
  std::string address;
  std::string action;  // room.invite, sign_in.failed, …: docs/operating.md
  std::optional<std::string> room_id;
  std::optional<std::string> target;
  std::optional<std::string> detail;
};

class audit_log {
 public:
  audit_log(sql_runner& sql, tenant_key tenant) : sql_{sql}, tenant_{tenant} {}

  void add(const audit_entry& entry);
  // Those before a key, newest first.
  std::vector<audit_entry> before(std::int64_t key, std::int64_t count_max);
  // Those after a key, oldest first.
  std::vector<audit_entry> after(std::int64_t key, std::int64_t count_max);
  void remove_before(std::int64_t at_ms);

 private:
  sql_runner& sql_;
  tenant_key tenant_;
};

}  // namespace tandem::storage
