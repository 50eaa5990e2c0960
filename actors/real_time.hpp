// The system's clocks, for what no test lets run as it likes; elsewhere, clock.hpp.
#pragma once

#include <chrono>
#include <cstdint>

namespace tandem {

// Since 1970.
inline std::int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

// Since some moment, and never back.
inline std::int64_t steady_now_us() {
  using namespace std::chrono;
  return duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
}

}  // namespace tandem
