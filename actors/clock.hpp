// Reading the clocks, at the rim. Elapsed time is that of the actor system's
// clock, which a test may let run as it likes.
#pragma once

#include "actors/room_core.hpp"

#include <caf/actor_clock.hpp>
#include <caf/actor_system.hpp>

#include <chrono>

namespace tandem {

inline std::int64_t steady_us(caf::actor_system& system) {
  using namespace std::chrono;
  return duration_cast<microseconds>(system.clock().now().time_since_epoch()).count();
}

inline moment now(caf::actor_system& system) {
  using namespace std::chrono;
  return {steady_us(system),
          duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count()};
}

}  // namespace tandem
