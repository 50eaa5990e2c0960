#include "net/password_pool.hpp"

#include "actors/log.hpp"
#include "actors/real_time.hpp"
#include "net/password_worker.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tandem::net {

namespace {

// What nobody's password hashes to: made once, to be compared with in vain.
const std::string& nobodys_hash() {
  static const std::string hash = hash_password("no account has this password");
  return hash;
}

}  // namespace

password_pool::password_pool(std::uint32_t threads, std::uint32_t waiting_max, std::string program)
    : waiting_max_{waiting_max}, program_{std::move(program)} {
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
  auto compare = [password = std::move(password), hashed = std::move(hashed),
                        answer](password_worker& by) -> std::function<void()> {
    const bool fits = by.is_right(password, hashed.value_or(nobodys_hash()));
    return [answer, found = fits && hashed ? verdict::right : verdict::wrong] { answer(found); };
  };
  add({std::move(compare), [answer] { answer(verdict::busy); }}, when);
}

void password_pool::hash(std::string password, turn when,
                         std::function<void(std::optional<std::string>)> answer) {
  auto make = [password = std::move(password),
                     answer](password_worker& by) -> std::function<void()> {
    return [answer, hashed = by.hash(password)] { answer(hashed); };
  };
  add({std::move(make), [answer] { answer(std::nullopt); }}, when);
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
  changed_.notify_all();  // one of them may only rest
  if (refuse)
    refuse();
}

// Nothing at the end.
std::optional<password_pool::taken> password_pool::take() {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [this] { return is_ending_ || !waiting_.empty(); });
  if (is_ending_)
    return std::nullopt;
  auto first = waiting_.extract(waiting_.begin());
  return taken{std::move(first.mapped()), first.key()};
}

bool password_pool::may_hurry(turn when) {
  const std::lock_guard lock{mutex_};
  return when == known || hurried_.take(steady_now_us()) == 0;
}

// What is to be done with it; nothing if there is none.
std::function<void()> password_pool::result_of(const job& what, password_worker& by) {
  try {
    return what.work(by);
  } catch (const std::exception& error) {
    log(log_level::warning, std::string{"a password was not hashed: "} + error.what());
    return nullptr;
  }
}

void password_pool::run() {
  password_worker in_a_hurry{program_, password_pace::hurried};
  password_worker in_idle_time{program_, password_pace::idle, idle_patience_ms};
  bool is_starved = false;  // by others: the last one took too long
  while (auto next = take()) {
    const auto begin = std::chrono::steady_clock::now();
    if (begin - next->what.since > waiting_max_ms) {
      next->what.refuse();
      continue;
    }
    std::function<void()> answer;
    if (!is_starved && !may_hurry(next->when))
      answer = result_of(next->what, in_idle_time);
    if (!answer)
      answer = result_of(next->what, in_a_hurry);
    if (!answer)
      answer = next->what.refuse;
    answer();
    const auto took = std::chrono::steady_clock::now() - begin;
    is_starved = took > starved_after_ms;
    if (next->when != known)
      rest_for(std::min<std::chrono::steady_clock::duration>(took, starved_after_ms));
  }
}

void password_pool::rest_for(std::chrono::steady_clock::duration as_long) {
  std::unique_lock lock{mutex_};
  changed_.wait_for(lock, as_long, [this] {
    return is_ending_ || (!waiting_.empty() && waiting_.begin()->first == known);
  });
}

}  // namespace tandem::net
