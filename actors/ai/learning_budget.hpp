// Memory that several predictors share: who learns takes of it first. Thread-safe.
//
// Invariants
//  1. What was taken and not given back is never more than it began with.
#pragma once

#include <atomic>
#include <cstdint>

namespace tandem::ai {

class learning_budget {
 public:
  explicit learning_budget(std::uint64_t bytes) noexcept : left_{bytes} {}

  // All of it, or nothing.
  bool take(std::uint64_t bytes) noexcept {
    std::uint64_t left = left_.load(std::memory_order_relaxed);
    while (left >= bytes)
      if (left_.compare_exchange_weak(left, left - bytes, std::memory_order_relaxed))
        return true;
    return false;
  }

  void give_back(std::uint64_t bytes) noexcept { left_.fetch_add(bytes, std::memory_order_relaxed); }
  std::uint64_t left_bytes() const noexcept { return left_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> left_;
};

}  // namespace tandem::ai
