// Hashes passwords in a process of its own. Argon2 takes its memory from the
// kernel and gives it back for every hash, which makes the other threads of a
// process wait, at the least priority too (measured: the p99 of others' edits 2.3
// times as long in one process, 1.3 times in two). One thread's; the process ends
// with it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

namespace tandem::net {

// idle: only the time that nobody else wants. hurried: a small share in any case.
enum class password_pace : std::uint8_t { idle, hurried };

class password_worker {
 public:
  // `program`: tandem itself; empty: without another process. `patience`: with it, for
  // a request to be taken and for its answer.
  explicit password_worker(std::string program,
                           std::chrono::milliseconds patience = std::chrono::seconds{10})
      : program_{std::move(program)}, patience_{patience} {}
  password_worker(const password_worker&) = delete;
  password_worker& operator=(const password_worker&) = delete;
  ~password_worker() { end(); }

  // Throws std::runtime_error if it cannot be done.
  bool is_right(const std::string& password, const std::string& hashed, password_pace pace);
  std::string hash(const std::string& password, password_pace pace);

 private:
  std::string ask(const std::string& what, password_pace pace);
  bool send(const std::string& request);
  std::string receive_line();
  void begin();
  void end();

  const std::string program_;
  const std::chrono::milliseconds patience_;
  pid_t process_ = -1;
  int socket_ = -1;  // its standard input and output
};

// What the other process does, until its input ends. Lines in, lines out.
inline constexpr const char* hash_passwords_command = "hash-passwords";
int serve_passwords();

// On the caller's thread.
std::string hash_password(const std::string& password);
bool is_right_password(const std::string& password, const std::string& hashed);

}  // namespace tandem::net
