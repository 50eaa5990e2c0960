// Hashes and checks passwords (Argon2id of libsodium, 19 MiB, two passes: OWASP's
// first choice) in processes of its own, which give way to all others; a thread for
// each. Thread-safe.
//
// Invariants
//  1. At most `threads` hashes are made at once, at most `waiting_max` wait.
//  2. Whose address has tried least goes first, and who has signed in from this
//     browser before goes before all. When too many wait, those that have tried
//     most are sent away, and so is who has waited for waiting_max_ms: a flood
//     delays a stranger, it does not keep them out.
//  3. A process hurries or has idle time only (password_pace), and each thread has one
//     of either. Those who go before all are looked at in a hurry, and so are the first
//     strangers of a while: hurried_burst of them, and one each hurried_every. What is
//     more has idle time, or edits would wait; if it finds none for idle_patience_ms, it
//     hurries, too.
//  4. A thread rests after a stranger's as long as that took, but no longer than
//     starved_after_ms, unless somebody is there who goes before all.
//  5. A password that is checked against no hash takes as long as one that is.
#pragma once

#include "actors/token_bucket.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace tandem::net {

class password_worker;

class password_pool {
 public:
  // `program`: see password_worker.
  password_pool(std::uint32_t threads, std::uint32_t waiting_max, std::string program);
  ~password_pool();

  enum class verdict : std::uint8_t { right, wrong, busy };

  // The lower goes first: `known`, or how often the address has tried of late.
  using turn = std::int64_t;
  static constexpr turn known = -1;

  // `hashed`: nothing if there is no such account. Answered on a thread of the
  // pool, or at once if it is busy.
  void check(std::string password, std::optional<std::string> hashed, turn when,
             std::function<void(verdict)> answer);

  // Answered with the hash; nothing if it is busy.
  void hash(std::string password, turn when,
            std::function<void(std::optional<std::string>)> answer);

 private:
  static constexpr std::chrono::milliseconds waiting_max_ms{5'000};
  static constexpr std::chrono::milliseconds starved_after_ms{500};
  static constexpr std::chrono::milliseconds idle_patience_ms{2'000};
  static constexpr std::chrono::seconds hurried_every{5};
  static constexpr std::uint32_t hurried_burst = 20;

  struct job {
    // Gives what is to be done with the result; throws std::exception.
    std::function<std::function<void()>(password_worker&)> work;
    std::function<void()> refuse;
    std::chrono::steady_clock::time_point since = std::chrono::steady_clock::now();
  };

  void add(job added, turn when);
  struct taken {
    job what;
    turn when;
  };

  void run();
  std::optional<taken> take();
  bool may_hurry(turn when);
  static std::function<void()> result_of(const job& what, password_worker& by);
  void rest_for(std::chrono::steady_clock::duration as_long);

  const std::uint32_t waiting_max_;
  const std::string program_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<turn, job> waiting_;
  token_bucket hurried_{hurried_every, hurried_burst};
  bool is_ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace tandem::net
