#include "storage/postgres_watchdog.hpp"

#include <sys/socket.h>

namespace tandem::storage {

postgres_watchdog::postgres_watchdog() : thread_{[this] { run(); }} {
}

postgres_watchdog::~postgres_watchdog() {
  {
    const std::lock_guard lock{mutex_};
    is_ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

// Waking the thread costs more than all else here, and a call has usually ended
// long before its deadline: so it is woken only if it sleeps without one. Woken
// by an old deadline, it finds the new one and sleeps on.
void postgres_watchdog::watch(int socket, std::chrono::milliseconds limit) {
  bool must_wake = false;
  {
    const std::lock_guard lock{mutex_};
    const auto deadline = clock::now() + limit;
    must_wake = is_asleep_ || deadline < deadline_;
    socket_ = socket;
    deadline_ = deadline;
  }
  if (must_wake)
    changed_.notify_one();
}

void postgres_watchdog::rest() noexcept {
  const std::lock_guard lock{mutex_};
  socket_ = -1;
}

void postgres_watchdog::run() {
  std::unique_lock lock{mutex_};
  while (!is_ending_) {
    if (socket_ < 0) {
      is_asleep_ = true;
      changed_.wait(lock);
      is_asleep_ = false;
    } else if (clock::now() >= deadline_) {
      ::shutdown(socket_, SHUT_RDWR);
      socket_ = -1;
    } else {
      // A copy: the deadline moves while the lock is not held.
      const auto until = deadline_;
      changed_.wait_until(lock, until);
    }
  }
}

}  // namespace tandem::storage
