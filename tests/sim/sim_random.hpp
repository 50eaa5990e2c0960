// The one source of chance of a simulated world. The same seed gives the same
// run, to the letter.
#pragma once

#include <cstdint>
#include <random>

namespace tandem::sim {

class sim_random {
 public:
  explicit sim_random(std::uint64_t seed) : engine_{seed} {}

  // From 0 up to `bound`, without it. REQUIRES: bound > 0.
  std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }
  bool chance(std::uint64_t of_a_thousand) { return below(1000) < of_a_thousand; }

 private:
  std::mt19937_64 engine_;  // its sequence is fixed by the standard
};

}  // namespace tandem::sim
