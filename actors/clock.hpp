// Reading the clocks, at the rim.
#pragma once

#include "actors/room_core.hpp"

#include <chrono>

namespace tandem {

inline std::int64_t steady_us() {
  using namespace std::chrono;
  return duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
}

inline moment now() {
  using namespace std::chrono;
  return {steady_us(),
          duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count()};
}

}  // namespace tandem
