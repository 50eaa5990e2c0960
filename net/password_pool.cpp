#include "net/password_pool.hpp"

#include "actors/log.hpp"

#include <sodium.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <new>
#include <stdexcept>
#include <utility>

namespace tandem::net {

namespace {

constexpr unsigned long long passes = 2;
constexpr std::size_t memory_bytes = std::size_t{19} << 20U;
constexpr int least_priority = 19;

// What nobody's password hashes to: made once, to be compared with in vain.
const std::string& nobodys_hash() {
  static const std::string hash = password_pool::hash_now("no account has this password");
  return hash;
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

void password_pool::check(std::string password, std::optional<std::string> hashed, bool is_known,
                          std::function<void(verdict)> answer) {
  add({[password = std::move(password), hashed = std::move(hashed), answer] {
         answer(is_right(password, hashed) ? verdict::right : verdict::wrong);
       },
       [answer] { answer(verdict::busy); }},
      is_known);
}

void password_pool::hash(std::string password, bool is_known,
                         std::function<void(std::optional<std::string>)> answer) {
  add({[password = std::move(password), answer] { answer(hash_now(password)); },
       [answer] { answer(std::nullopt); }},
      is_known);
}

void password_pool::add(job added, bool is_known) {
  std::function<void()> refuse;
  {
    const std::lock_guard lock{mutex_};
    if (is_known && known_.size() >= waiting_max_) {
      refuse = std::move(added.refuse);
    } else if (is_known) {
      known_.push_back(std::move(added));
    } else {
      if (strangers_.size() >= waiting_max_) {
        std::uniform_int_distribution<std::size_t> any{0, strangers_.size() - 1};
        const auto unlucky = strangers_.begin() + static_cast<std::ptrdiff_t>(any(chance_));
        refuse = std::move(unlucky->refuse);
        strangers_.erase(unlucky);
      }
      strangers_.push_back(std::move(added));
    }
  }
  changed_.notify_one();
  if (refuse)
    refuse();
}

void password_pool::run() {
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), least_priority);
  while (true) {
    job next;
    {
      std::unique_lock lock{mutex_};
      changed_.wait(lock, [this] { return is_ending_ || !known_.empty() || !strangers_.empty(); });
      if (is_ending_)
        return;
      std::deque<job>& from = known_.empty() ? strangers_ : known_;
      next = std::move(from.front());
      from.pop_front();
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
