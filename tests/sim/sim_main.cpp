// sim [SEEDS [FIRST]]: that many worlds, from a first seed on. Prints the seed
// and the fault of each that failed, and what was met in all.
//
//   --actors   around the real actors, on CAF's test coordinator
//   --trace    one world, the one of the number; with all that is said in it
//   --names    each seed's number before it begins, so that one that ends the
//              process is known
#include "tests/sim/sim_world.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace {

using namespace tandem::sim;

struct wishes {
  bool with_actors = false;
  bool traces = false;
  bool names_seeds = false;
  std::vector<std::uint64_t> numbers;
};

int show(std::uint64_t seed, const wishes& wanted) {
  const verdict one = run_world(seed, wanted.with_actors,
                                [](const std::string& line) { fmt::print("{}\n", line); });
  fmt::print("seed {}: {}\n", seed, one.fault.empty() ? "no fault" : one.fault);
  return one.fault.empty() ? EXIT_SUCCESS : EXIT_FAILURE;
}

int run(std::uint64_t seeds, std::uint64_t first, const wishes& wanted) {
  verdict sum;
  std::uint64_t failed = 0;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    if (wanted.names_seeds) {
      fmt::print("world {}\n", seed);
      std::fflush(stdout);
    }
    const verdict one = run_world(seed, wanted.with_actors);
    sum += one;
    if (one.fault.empty())
      continue;
    ++failed;
    fmt::print("seed {}: {}\n", seed, one.fault);
  }
  fmt::print("{} worlds: {} edits, {} crashes, {} reloads, {} moves, {} composed catch-ups, {} rebases,"
             " {} chat messages, {} files\n",
             seeds, sum.edits, sum.crashes, sum.reloads, sum.moves, sum.composed, sum.rebases, sum.chats,
             sum.files);
  fmt::print("{} passed, {} failed\n", seeds - failed, failed);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int count, char** values) {
  wishes wanted;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = values[i];
    if (word == "--actors")
      wanted.with_actors = true;
    else if (word == "--trace")
      wanted.traces = true;
    else if (word == "--names")
      wanted.names_seeds = true;
    else
      wanted.numbers.push_back(std::strtoull(values[i], nullptr, 10));
  }
  const auto number = [&](std::size_t at, std::uint64_t otherwise) {
    return at < wanted.numbers.size() ? wanted.numbers[at] : otherwise;
  };
  if (wanted.traces)
    return show(number(0, 1), wanted);
  return run(number(0, 2'000), number(1, 1), wanted);
}
