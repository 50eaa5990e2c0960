// The one clock of the benchmarks: monotonic nanoseconds in a plain integer.
#pragma once

#include <time.h>

#include <cstdint>

namespace tandem::bench {

inline constexpr std::int64_t ns_per_second = 1'000'000'000;
inline constexpr std::int64_t ns_per_ms = 1'000'000;

inline std::int64_t ns_of(const timespec& time) noexcept {
  return time.tv_sec * ns_per_second + time.tv_nsec;
}

inline std::int64_t now_ns() noexcept {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return ns_of(time);
}

}  // namespace tandem::bench
