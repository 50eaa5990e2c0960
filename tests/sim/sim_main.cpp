// sim [SEEDS [FIRST]]: that many worlds, from a first seed on. Prints the seed
// and the fault of each that failed, and what was met in all.
// sim --trace SEED: one world, with all that is said in it.
// sim --names-seeds SEEDS: as the first, and each seed's number before it
// begins, so that one that ends the process is known.
#include "tests/sim/sim_world.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

using namespace tandem::sim;

int show(std::uint64_t seed) {
  const verdict one = run_world(seed, [](const std::string& line) { fmt::print("{}\n", line); });
  fmt::print("seed {}: {}\n", seed, one.fault.empty() ? "no fault" : one.fault);
  return one.fault.empty() ? EXIT_SUCCESS : EXIT_FAILURE;
}

int run(std::uint64_t seeds, std::uint64_t first, bool names_seeds) {
  verdict sum;
  std::uint64_t failed = 0;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    if (names_seeds) {
      fmt::print("world {}\n", seed);
      std::fflush(stdout);
    }
    const verdict one = run_world(seed);
    sum += one;
    if (one.fault.empty())
      continue;
    ++failed;
    fmt::print("seed {}: {}\n", seed, one.fault);
  }
  fmt::print("{} worlds: {} edits, {} crashes, {} reloads, {} composed catch-ups, {} rebases,"
             " {} chat messages, {} files\n",
             seeds, sum.edits, sum.crashes, sum.reloads, sum.composed, sum.rebases, sum.chats,
             sum.files);
  fmt::print("{} passed, {} failed\n", seeds - failed, failed);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int count, char** values) {
  const auto number = [&](int at, std::uint64_t otherwise) {
    return count > at ? std::strtoull(values[at], nullptr, 10) : otherwise;
  };
  if (count > 1 && values[1] == std::string_view{"--trace"})
    return show(number(2, 1));
  if (count > 1 && values[1] == std::string_view{"--names-seeds"})
    return run(number(2, 2'000), 1, true);
  return run(number(1, 2'000), number(2, 1), false);
}
