// Virtual time, and what is to happen in it. Everything in a simulated world is
// an event here; events of one moment happen in the order they were planned.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

namespace tandem::sim {

class sim_clock {
 public:
  std::int64_t now_us() const noexcept { return now_us_; }

  void at(std::int64_t time_us, std::function<void()> event) {
    events_.emplace(time_us, std::move(event));
  }

  // Lets the next event happen. Whether there was one.
  bool step() {
    if (events_.empty())
      return false;
    auto next = events_.extract(events_.begin());
    now_us_ = next.key();
    next.mapped()();
    return true;
  }

 private:
  std::int64_t now_us_ = 0;
  std::multimap<std::int64_t, std::function<void()>> events_;
};

// One way between two parties: what is sent arrives later, in order.
class sim_channel {
 public:
  void send(sim_clock& clock, std::int64_t delay_us, std::function<void()> arrival) {
    last_us_ = std::max(last_us_, clock.now_us() + delay_us);
    clock.at(last_us_, std::move(arrival));
  }

 private:
  std::int64_t last_us_ = 0;
};

}  // namespace tandem::sim
