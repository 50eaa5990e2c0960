// Hashes and checks passwords (Argon2id of libsodium, 19 MiB, two passes: OWASP's
// first choice) on threads of its own, which give way to all others. Thread-safe.
//
// Invariants
//  1. At most `threads` hashes are made at once, at most `waiting_max` wait.
//  2. Who is known (a browser that has signed in before) goes first. When too
//     many strangers wait, one of them, chosen by chance, is sent away for each
//     who comes: a flood delays a stranger, it does not keep them out for good.
//  3. A password that is checked against no hash takes as long as one that is.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace tandem::net {

class password_pool {
 public:
  password_pool(std::uint32_t threads, std::uint32_t waiting_max);
  ~password_pool();

  enum class verdict : std::uint8_t { right, wrong, busy };

  // `hashed`: nothing if there is no such account. Answered on a thread of the
  // pool, or at once if it is busy.
  void check(std::string password, std::optional<std::string> hashed, bool is_known,
             std::function<void(verdict)> answer);

  // Answered with the hash; nothing if it is busy.
  void hash(std::string password, bool is_known,
            std::function<void(std::optional<std::string>)> answer);

  // On the caller's thread. Throws std::bad_alloc.
  static std::string hash_now(const std::string& password);

 private:
  struct job {
    std::function<void()> work;
    std::function<void()> refuse;
  };

  void add(job added, bool is_known);
  void run();

  const std::uint32_t waiting_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<job> known_;
  std::deque<job> strangers_;
  std::minstd_rand chance_{std::random_device{}()};
  bool is_ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace tandem::net
