#include "net/password_pool.hpp"

#include "actors/log.hpp"

#include <sched.h>
#include <sodium.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <iterator>
#include <new>
#include <stdexcept>
#include <utility>

namespace tandem::net {

namespace {

constexpr unsigned long long passes = 2;
constexpr std::size_t memory_bytes = std::size_t{19} << 20U;
constexpr int least_priority = 19;
constexpr std::uint64_t shortest_slice_ns = 100'000;

// As the kernel knows it: the C library of Debian 12 has no name for it.
struct sched_attr {
  std::uint32_t size;
  std::uint32_t sched_policy;
  std::uint64_t sched_flags;
  std::int32_t sched_nice;
  std::uint32_t sched_priority;
  std::uint64_t sched_runtime;
  std::uint64_t sched_deadline;
  std::uint64_t sched_period;
};

// What nobody's password hashes to: made once, to be compared with in vain.
const std::string& nobodys_hash() {
  static const std::string hash = password_pool::hash_now("no account has this password");
  return hash;
}

// The least priority; and where the kernel has slices (6.12 on), the shortest one,
// for whoever wakes up waits for the end of the running one's. Neither is missed
// where it cannot be had.
void give_way() {
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), least_priority);
  sched_attr wish{};
  wish.size = sizeof wish;
  wish.sched_policy = SCHED_OTHER;
  wish.sched_nice = least_priority;
  wish.sched_runtime = shortest_slice_ns;
  ::syscall(SYS_sched_setattr, 0, &wish, 0);
}

bool is_right(const std::string& password, const std::optional<std::string>& hashed) {
  const std::string& compared = hashed ? *hashed : nobodys_hash();
  const bool fits =
    crypto_pwhash_str_verify(compared.c_str(), password.data(), password.size()) == 0;
  return fits && hashed;
}

}  // namespace

std::string password_pool::hash_now(const std::string& password) {
  if (sodium_init() < 0)
    throw std::runtime_error{"libsodium does not work here"};
  std::array<char, crypto_pwhash_STRBYTES> text{};
  if (crypto_pwhash_str_alg(text.data(), password.data(), password.size(), passes, memory_bytes,
                            crypto_pwhash_ALG_ARGON2ID13)
      != 0)
    throw std::bad_alloc{};
  return text.data();
}

password_pool::password_pool(std::uint32_t threads, std::uint32_t waiting_max)
    : waiting_max_{waiting_max} {
  nobodys_hash();
  for (std::uint32_t i = 0; i < threads; ++i)
    threads_.emplace_back([this] { run(); });
}

password_pool::~password_pool() {
  {
    const std::lock_guard lock{mutex_};
    is_ending_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_)
    thread.join();
}

void password_pool::check(std::string password, std::optional<std::string> hashed, turn when,
                          std::function<void(verdict)> answer) {
  add({[password = std::move(password), hashed = std::move(hashed), answer] {
         answer(is_right(password, hashed) ? verdict::right : verdict::wrong);
       },
       [answer] { answer(verdict::busy); }},
      when);
}

void password_pool::hash(std::string password, turn when,
                         std::function<void(std::optional<std::string>)> answer) {
  add({[password = std::move(password), answer] { answer(hash_now(password)); },
       [answer] { answer(std::nullopt); }},
      when);
}

void password_pool::add(job added, turn when) {
  std::function<void()> refuse;
  {
    const std::lock_guard lock{mutex_};
    const bool is_full = waiting_.size() >= waiting_max_;
    if (is_full && when >= waiting_.rbegin()->first) {
      refuse = std::move(added.refuse);
    } else {
      if (is_full) {
        const auto last = std::prev(waiting_.end());
        refuse = std::move(last->second.refuse);
        waiting_.erase(last);
      }
      waiting_.emplace(when, std::move(added));
    }
  }
  changed_.notify_one();
  if (refuse)
    refuse();
}

void password_pool::run() {
  give_way();
  while (true) {
    job next;
    {
      std::unique_lock lock{mutex_};
      changed_.wait(lock, [this] { return is_ending_ || !waiting_.empty(); });
      if (is_ending_)
        return;
      next = std::move(waiting_.begin()->second);
      waiting_.erase(waiting_.begin());
    }
    if (std::chrono::steady_clock::now() - next.since > waiting_max_ms) {
      next.refuse();
      continue;
    }
    try {
      next.work();
    } catch (const std::exception& error) {
      log(log_level::error, std::string{"cannot hash a password: "} + error.what());
      next.refuse();
    }
  }
}

}  // namespace tandem::net
