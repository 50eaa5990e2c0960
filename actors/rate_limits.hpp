// All the limits that accounts and addresses have: which there are, and their
// buckets. Thread-safe. Signed in one has one's account's limits, else those of
// one's address.
//
// Invariants
//  1. Nobody costs the store a look before their address has paid for it: until it
//     is known who somebody is, they are their address. An account's costs come back
//     to the address when it is known.
#pragma once

#include "actors/shared_limits.hpp"
#include "storage/accounts.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace tandem {

class rate_limits {
 public:
  explicit rate_limits(const rate_settings& allowed)
      : requests_account_{allowed.requests_per_account},
        requests_address_{allowed.requests_per_address},
        joins_account_{allowed.joins_per_account},
        joins_address_{allowed.joins_per_address},
        edits_account_{allowed.edits_per_account},
        edits_address_{allowed.edits_per_address},
        bytes_account_{allowed.edit_bytes_per_account},
        bytes_address_{allowed.edit_bytes_per_address},
        chats_account_{allowed.chats_per_account},
        chats_address_{allowed.chats_per_address},
        asks_account_{allowed.asks_per_account},
        asks_address_{allowed.asks_per_address} {}

  using maybe_account = std::optional<storage::account_key>;

  // 0, or the microseconds to wait.
  std::int64_t take_request(const maybe_account& account, const std::string& address,
                            std::int64_t now_us) {
    return account ? requests_account_.take(key_of(*account), now_us)
                   : requests_address_.take(address, now_us);
  }
  std::int64_t take_join(const maybe_account& account, const std::string& address,
                         std::int64_t now_us) {
    return account ? joins_account_.take(key_of(*account), now_us)
                   : joins_address_.take(address, now_us);
  }

  void give_back_request(const std::string& address) { requests_address_.give_back(address); }
  void give_back_join(const std::string& address) { joins_address_.give_back(address); }

  session_limits of_session(const maybe_account& account, const std::string& address,
                            std::int64_t now_us) {
    if (account) {
      const std::string key = key_of(*account);
      return {edits_account_.find(key, now_us), bytes_account_.find(key, now_us),
              chats_account_.find(key, now_us), asks_account_.find(key, now_us)};
    }
    return {edits_address_.find(address, now_us), bytes_address_.find(address, now_us),
            chats_address_.find(address, now_us), asks_address_.find(address, now_us)};
  }

 private:
  static std::string key_of(storage::account_key account) { return std::to_string(account); }

  bucket_table requests_account_;
  bucket_table requests_address_;
  bucket_table joins_account_;
  bucket_table joins_address_;
  bucket_table edits_account_;
  bucket_table edits_address_;
  bucket_table bytes_account_;
  bucket_table bytes_address_;
  bucket_table chats_account_;
  bucket_table chats_address_;
  bucket_table asks_account_;
  bucket_table asks_address_;
};

}  // namespace tandem
