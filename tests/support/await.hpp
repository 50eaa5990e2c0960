// Waiting for something that another thread will do: a condition and a
// deadline, never a length of time.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace tandem::test {

// What takes longer on any machine has failed.
inline constexpr std::chrono::seconds patience{20};

// A lock and its news. Whoever changes what it guards calls `changed`.
class watched {
 public:
  template <class F>
  void change(F f) {
    {
      const std::lock_guard lock{mutex_};
      f();
    }
    news_.notify_all();
  }

  template <class F>
  auto look(F f) const {
    const std::lock_guard lock{mutex_};
    return f();
  }

  // Whether `holds` came to hold in time. It is called under the lock.
  template <class F>
  bool await(F holds) const {
    std::unique_lock lock{mutex_};
    return news_.wait_for(lock, patience, holds);
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable news_;
};

// For what nobody announces: looks again and again.
template <class F>
bool await_polling(F holds) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline)
      return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace tandem::test
