// A whole world from one number: a server, a store, clients, and what goes
// wrong between them; then peace, and the oracle's verdict.
#pragma once

#include "tests/sim/sim_trace.hpp"

#include <cstdint>
#include <string>

namespace tandem::sim {

struct verdict {
  std::string fault;  // empty: all is as it must be
  std::uint64_t edits = 0;
  std::uint64_t crashes = 0;
  std::uint64_t moves = 0;  // of the room, from node to node
  std::uint64_t reloads = 0;
  std::uint64_t composed = 0;
  std::uint64_t rebases = 0;
  std::uint64_t chats = 0;
  std::uint64_t files = 0;

  verdict& operator+=(const verdict& other);
};

// Deterministic: the same seed gives the same verdict.
// `with_actors`: around the real actors, on CAF's test coordinator.
verdict run_world(std::uint64_t seed, bool with_actors = false, const tracer& trace = {});

}  // namespace tandem::sim
