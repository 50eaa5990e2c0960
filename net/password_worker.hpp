// Hashes passwords in a process of its own. Argon2 takes its memory from the
// kernel and gives it back for every hash, which makes the other threads of a
// process wait, at the least priority too (measured: the p99 of others' edits 2.3
// times as long in one process, 1.3 times in two). One thread's; the process ends
// with it.
//
// Invariant
//  1. A process keeps its pace: without a privilege the kernel lets nobody out of
//     SCHED_IDLE again.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

namespace tandem::net {

// idle: only the time that nobody else wants. hurried: a share of it in any case.
enum class password_pace : std::uint8_t { idle, hurried };

class password_worker {
 public:
  // `program`: tandem itself; empty: without another process, and without a pace.
  // `patience`: with it, for a request to be taken and for its answer.
  password_worker(std::string program, password_pace pace,
                  std::chrono::milliseconds patience = std::chrono::seconds{10})
      : program_{std::move(program)}, pace_{pace}, patience_{patience} {}
  password_worker(const password_worker&) = delete;
  password_worker& operator=(const password_worker&) = delete;
  ~password_worker() { end(); }

  // Throws std::runtime_error if it cannot be done.
  bool is_right(const std::string& password, const std::string& hashed);
  std::string hash(const std::string& password);

 private:
  std::string ask(const std::string& what);
  bool send(const std::string& request);
  std::string receive_line();
  void begin();
  void end();

  const std::string program_;
  const password_pace pace_;
  const std::chrono::milliseconds patience_;
  pid_t process_ = -1;
  int socket_ = -1;  // its standard input and output
};

// What the other process does, until its input ends: `tandem hash-passwords [--idle]`.
// Lines in, lines out.
inline constexpr const char* hash_passwords_command = "hash-passwords";
int serve_passwords(std::span<char* const> options);

// On the caller's thread.
std::string hash_password(const std::string& password);
bool is_right_password(const std::string& password, const std::string& hashed);

}  // namespace tandem::net
