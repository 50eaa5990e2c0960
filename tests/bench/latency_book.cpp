#include "tests/bench/latency_book.hpp"

#include <algorithm>
#include <utility>

namespace tandem::bench {

double duration_samples::quantile_ms(double share) {
  if (ms_.empty())
    return 0;
  const auto rank = std::min(ms_.size() - 1, static_cast<std::size_t>(share * ms_.size()));
  const auto nth = ms_.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(ms_.begin(), nth, ms_.end());
  return *nth;
}

latency_book::revision& latency_book::at(std::size_t room, std::uint64_t rev) {
  std::vector<revision>& revisions = rooms_[room];
  if (rev >= revisions.size())
    revisions.resize(rev + 1);
  return revisions[rev];
}

void latency_book::settle(const edit_times& times, std::int64_t at_ns) {
  if (!times.is_measured)
    return;
  to_remote.add(at_ns - times.sent_ns);
  due_to_remote.add(at_ns - times.due_ns);
}

void latency_book::acknowledged(std::size_t room, std::uint64_t rev, const edit_times& times,
                                std::int64_t at_ns) {
  revision& entry = at(room, rev);
  entry.is_known = true;
  entry.times = times;
  if (times.is_measured)
    to_ack.add(at_ns - times.sent_ns);
  for (const std::int64_t waiting_ns : std::exchange(entry.waiting_ns, {}))
    settle(times, waiting_ns);
}

void latency_book::arrived(std::size_t room, std::uint64_t rev, std::int64_t at_ns) {
  revision& entry = at(room, rev);
  if (entry.is_known)
    settle(entry.times, at_ns);
  else
    entry.waiting_ns.push_back(at_ns);
}

}  // namespace tandem::bench
