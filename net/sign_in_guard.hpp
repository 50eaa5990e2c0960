// How often somebody may try to sign in. Thread-safe; time is an argument.
//
// A stranger is limited by address and, from the second try in a minute on, by
// account: so a flood of wrong passwords, from one address or from many, leaves
// the right person's first try alone. A browser that has signed in before is
// limited by itself only.
#pragma once

#include "actors/shared_limits.hpp"

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace tandem::net {

class sign_in_guard {
 public:
  sign_in_guard(rate per_address, rate per_account)
      : address_{per_address}, account_{per_account}, device_{per_account} {}

  // 0, or the microseconds to wait. `device`: the digest of a browser's own
  // cookie that the account knows; empty for strangers.
  std::int64_t take(const std::string& address, const std::string& login,
                    const std::string& device, std::int64_t now_us) {
    if (!device.empty())
      return device_.take(device, now_us);
    if (const std::int64_t wait_us = address_.take(address, now_us); wait_us > 0)
      return wait_us;
    const bool is_first = first_.take(address + " " + login, now_us) == 0;
    return is_first ? 0 : account_.take(login, now_us);
  }

  // As `take`, for a sign-in at somebody else's: whose account it is is not known.
  std::int64_t take_elsewhere(const std::string& address, std::int64_t now_us) {
    return address_.take(address, now_us);
  }

  // How often an address has tried of late.
  std::int64_t tries_of(const std::string& address, std::int64_t now_us) {
    return address_.find(address, now_us)->missing(now_us);
  }

  // The try was not looked at: it is not the first any more than it was.
  void give_back(const std::string& address, const std::string& login) {
    first_.forget(address + " " + login);
  }

  // Failures are noted together: how many there were since the last note, if it
  // is time for one.
  std::optional<std::uint64_t> note_failure(const std::string& login, std::int64_t now_us) {
    const std::lock_guard lock{mutex_};
    if (failures_.size() >= logins_max)
      failures_.clear();
    failed& so_far = failures_[login];
    ++so_far.count;
    if (now_us - so_far.noted_us < note_interval_us)
      return std::nullopt;
    so_far.noted_us = now_us;
    return std::exchange(so_far.count, 0);
  }

 private:
  static constexpr std::size_t logins_max = 20'000;
  static constexpr std::int64_t note_interval_us = 10'000'000;

  struct failed {
    std::uint64_t count = 0;
    std::int64_t noted_us = -note_interval_us;
  };

  bucket_table address_;
  bucket_table account_;
  bucket_table device_;
  bucket_table first_{rate{1, 1}};
  std::mutex mutex_;
  std::unordered_map<std::string, failed> failures_;
};

}  // namespace tandem::net
