// Rate limits that many share: an account's sessions and requests, or all that
// comes from an address. Thread-safe.
//
// Invariants
//  1. Memory is bounded: at most keys_max buckets are remembered; who is
//     forgotten begins with a full one. Those that are full already are
//     forgotten first.
#pragma once

#include "actors/rate_settings.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace tandem {

// As token_bucket, for several threads and for amounts.
class shared_bucket {
 public:
  explicit shared_bucket(rate allowed) noexcept
      : us_per_unit_{allowed.per_minute == 0 ? 0.0 : 60e6 / static_cast<double>(allowed.per_minute)},
        span_us_{static_cast<std::int64_t>(us_per_unit_ * static_cast<double>(allowed.burst))} {}

  // Takes `amount` and returns 0, or returns the microseconds until there is as
  // much. More than the burst at once is taken when the bucket is full.
  std::int64_t take(std::int64_t now_us, std::uint64_t amount = 1) noexcept {
    if (us_per_unit_ == 0.0)
      return 0;
    const auto cost = std::min(
      static_cast<std::int64_t>(us_per_unit_ * static_cast<double>(amount)), span_us_);
    std::int64_t before = full_at_us_.load(std::memory_order_relaxed);
    while (true) {
      const std::int64_t full_at = std::max(before, now_us) + cost;
      const std::int64_t excess = full_at - now_us - span_us_;
      if (excess > 0)
        return excess;
      if (full_at_us_.compare_exchange_weak(before, full_at, std::memory_order_relaxed))
        return 0;
    }
  }

  // What was taken for one who has a bucket of their own comes back.
  void give_back() noexcept {
    full_at_us_.fetch_sub(static_cast<std::int64_t>(us_per_unit_), std::memory_order_relaxed);
  }

  // How much has been taken and has not come back.
  std::int64_t missing(std::int64_t now_us) const noexcept {
    const std::int64_t span_us = full_at_us_.load(std::memory_order_relaxed) - now_us;
    return us_per_unit_ == 0.0 || span_us <= 0
             ? 0
             : static_cast<std::int64_t>(static_cast<double>(span_us) / us_per_unit_);
  }

  bool is_full(std::int64_t now_us) const noexcept {
    return full_at_us_.load(std::memory_order_relaxed) <= now_us;
  }

 private:
  double us_per_unit_;
  std::int64_t span_us_;
  std::atomic<std::int64_t> full_at_us_{0};
};

using bucket_ptr = std::shared_ptr<shared_bucket>;

// The buckets of one kind, by account or address.
class bucket_table {
 public:
  explicit bucket_table(rate allowed) : allowed_{allowed} {}

  bucket_ptr find(const std::string& key, std::int64_t now_us) {
    const std::lock_guard lock{mutex_};
    if (const auto found = buckets_.find(key); found != buckets_.end())
      return found->second;
    if (buckets_.size() >= keys_max)
      make_room(now_us);
    return buckets_[key] = std::make_shared<shared_bucket>(allowed_);
  }

  std::int64_t take(const std::string& key, std::int64_t now_us, std::uint64_t amount = 1) {
    if (allowed_.per_minute == 0)
      return 0;
    return find(key, now_us)->take(now_us, amount);
  }

  // One that was taken comes back, if it is remembered.
  void give_back(const std::string& key) {
    const std::lock_guard lock{mutex_};
    if (const auto found = buckets_.find(key); found != buckets_.end())
      found->second->give_back();
  }

  // What was taken comes back at once.
  void forget(const std::string& key) {
    const std::lock_guard lock{mutex_};
    buckets_.erase(key);
  }

  std::size_t size() const {
    const std::lock_guard lock{mutex_};
    return buckets_.size();
  }

 private:
  static constexpr std::size_t keys_max = 20'000;

  void make_room(std::int64_t now_us) {
    std::erase_if(buckets_, [&](const auto& entry) { return entry.second->is_full(now_us); });
    if (buckets_.size() >= keys_max)
      buckets_.clear();
  }

  const rate allowed_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, bucket_ptr> buckets_;
};

// What a session shares with others of its account, or of its address.
struct session_limits {
  bucket_ptr edits;
  bucket_ptr bytes;  // inserted
  bucket_ptr chats;
  bucket_ptr asks;   // of the AI
};

}  // namespace tandem
