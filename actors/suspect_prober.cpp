#include "actors/suspect_prober.hpp"

#include "actors/log.hpp"

#include <chrono>
#include <exception>
#include <utility>

namespace tandem {

namespace {

using steady = std::chrono::steady_clock;

// A process that is being ended may take connections for a moment longer.
constexpr int looks_at_suspect = 10;
constexpr std::chrono::milliseconds between_looks{40};
// What takes longer is a network that does not answer: another look would find the same.
constexpr std::chrono::milliseconds quick_look{50};

}  // namespace

suspect_prober::suspect_prober(std::function<bool(const std::string& address)> is_nobody_at)
    : is_nobody_at_{std::move(is_nobody_at)}, thread_{[this] { run(); }} {
}

suspect_prober::~suspect_prober() {
  stop();
}

void suspect_prober::stop() {
  {
    const std::lock_guard lock{mutex_};
    is_stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable())
    thread_.join();
}

void suspect_prober::look_at(const std::string& id, const std::string& address) {
  {
    const std::lock_guard lock{mutex_};
    suspects_.insert({id, {address, looks_at_suspect}});
  }
  changed_.notify_all();
}

std::vector<std::string> suspect_prober::take_gone() {
  const std::lock_guard lock{mutex_};
  return std::exchange(gone_, {});
}

void suspect_prober::run() {
  std::unique_lock lock{mutex_};
  for (;;) {
    changed_.wait(lock, [this] { return is_stopping_ || !suspects_.empty(); });
    const auto round = suspects_;
    for (const auto& [id, one] : round) {
      if (is_stopping_)
        return;
      lock.unlock();
      look(id, one.address);
      lock.lock();
    }
    if (changed_.wait_for(lock, between_looks, [this] { return is_stopping_; }))
      return;
  }
}

void suspect_prober::look(const std::string& id, const std::string& address) {
  const auto began = steady::now();
  bool is_gone = false;
  try {
    is_gone = is_nobody_at_(address);
  } catch (const std::exception& error) {
    log(log_level::error, "cannot look at node " + id + ": " + error.what());
  }
  const bool is_quick = steady::now() - began < quick_look;
  const std::lock_guard lock{mutex_};
  if (is_gone)
    gone_.push_back(id);
  const auto found = suspects_.find(id);
  if (is_gone || !is_quick || --found->second.looks_left == 0)
    suspects_.erase(found);
}

}  // namespace tandem
