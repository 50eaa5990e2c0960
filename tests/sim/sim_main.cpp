// sim [SEEDS [FIRST]]: that many worlds, from a first seed on. Prints the seed
// and the fault of each that failed, and what was met in all.
#include "tests/sim/sim_world.hpp"

#include <cstdio>
#include <cstdlib>

int main(int count, char** values) {
  const std::uint64_t seeds = count > 1 ? std::strtoull(values[1], nullptr, 10) : 2'000;
  const std::uint64_t first = count > 2 ? std::strtoull(values[2], nullptr, 10) : 1;
  tandem::sim::verdict sum;
  std::uint64_t failed = 0;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    const tandem::sim::verdict one = tandem::sim::run_world(seed);
    sum.edits += one.edits;
    sum.crashes += one.crashes;
    sum.reloads += one.reloads;
    sum.composed += one.composed;
    sum.rebases += one.rebases;
    if (one.fault.empty())
      continue;
    ++failed;
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), one.fault.c_str());
  }
  const auto as_number = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };
  std::printf("%llu worlds: %llu edits, %llu crashes, %llu reloads, %llu composed catch-ups,"
              " %llu rebases\n",
              as_number(seeds), as_number(sum.edits), as_number(sum.crashes),
              as_number(sum.reloads), as_number(sum.composed), as_number(sum.rebases));
  std::printf("%llu passed, %llu failed\n", as_number(seeds - failed), as_number(failed));
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
