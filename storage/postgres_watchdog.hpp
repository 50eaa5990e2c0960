// An end for calls that would wait for ever: libpqxx's have no time limit, and a
// server that is frozen, or behind a cable that was pulled, keeps them waiting.
// Shuts the socket down when a call is late; the call then fails as it does when
// the connection is lost.
//
// `watch` and `rest` belong to the connection's thread; the watchdog has one of
// its own, which sleeps.
//
// Invariants
//  1. A socket is shut down only between `watch` and `rest`: after `rest` it may
//     be closed, and its number be somebody else's.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace tandem::storage {

class postgres_watchdog {
 public:
  postgres_watchdog();
  postgres_watchdog(const postgres_watchdog&) = delete;
  postgres_watchdog& operator=(const postgres_watchdog&) = delete;
  ~postgres_watchdog();

  // Once more: the time begins anew.
  void watch(int socket, std::chrono::milliseconds limit);
  void rest() noexcept;

 private:
  using clock = std::chrono::steady_clock;

  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  int socket_ = -1;
  clock::time_point deadline_;
  bool is_asleep_ = false;  // waits for `watch`, not for a deadline
  bool is_ending_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace tandem::storage
