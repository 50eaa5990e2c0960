// That whoever sent a request has gone before it was answered. Made by the connection,
// for the request; thread-safe.
//
// Invariants
//  1. Nobody is told who has not asked, and nobody twice; not after the answer.
//  2. Only a connection whose going somebody wants to hear of is watched.
#pragma once

#include <functional>
#include <mutex>
#include <utility>

namespace tandem::net {

class departure {
 public:
  // `watch`: has the connection watched; from any thread.
  explicit departure(std::function<void()> watch) : watch_{std::move(watch)} {}

  // `told` is called once, on the connection's thread, and must not block.
  void when_gone(std::function<void()> told) {
    {
      const std::lock_guard lock{mutex_};
      if (is_over_)
        return;
      told_ = std::move(told);
    }
    watch_();
  }

  // ---- of the connection ----

  void answered() { end(); }
  void gone() {
    if (const auto told = end())
      told();
  }

 private:
  std::function<void()> end() {
    const std::lock_guard lock{mutex_};
    is_over_ = true;
    return std::exchange(told_, nullptr);
  }

  const std::function<void()> watch_;
  std::mutex mutex_;
  std::function<void()> told_;
  bool is_over_ = false;
};

}  // namespace tandem::net
