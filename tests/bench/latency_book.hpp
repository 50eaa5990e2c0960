// How long edits took to reach the other clients.
//
// Which revision an edit became is known from its `ack`, which may be read
// before or after the revision has arrived elsewhere: arrivals wait here for
// the ack, and once it is there they are turned into latencies.
//
// Invariants
//  1. Only edits that were begun in the measured window count, all of them, and
//     each once for every other client that got its revision.
//  2. A latency ends when the bytes were read from the receiver's socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tandem::bench {

struct edit_times {
  std::int64_t due_ns = 0;   // when the plan wanted it sent
  std::int64_t sent_ns = 0;  // when it was sent first
  bool is_measured = false;
};

// A heap of durations that can be asked for its quantiles.
class duration_samples {
 public:
  void add(std::int64_t duration_ns) { ms_.push_back(static_cast<float>(duration_ns) / 1e6F); }
  std::size_t size() const noexcept { return ms_.size(); }

  // The least of those that are not below a share of all; 0 without any.
  double quantile_ms(double share);

 private:
  std::vector<float> ms_;
};

class latency_book {
 public:
  explicit latency_book(std::size_t rooms) : rooms_(rooms) {}

  void acknowledged(std::size_t room, std::uint64_t rev, const edit_times& times,
                    std::int64_t at_ns);
  void arrived(std::size_t room, std::uint64_t rev, std::int64_t at_ns);

  duration_samples to_remote;      // sent → read by another client
  duration_samples due_to_remote;  // the same from the time it was due: no omission
  duration_samples to_ack;         // sent → acknowledged

 private:
  struct revision {
    bool is_known = false;
    edit_times times;
    std::vector<std::int64_t> waiting_ns;
  };

  revision& at(std::size_t room, std::uint64_t rev);
  void settle(const edit_times& times, std::int64_t at_ns);

  std::vector<std::vector<revision>> rooms_;
};

}  // namespace tandem::bench
