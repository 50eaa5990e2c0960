#include "tests/bench/server_probe.hpp"

#include "tests/bench/clock.hpp"

#include <fstream>
#include <stdexcept>
#include <string>

namespace tandem::bench {
namespace {

double seconds_on(clockid_t clock) {
  timespec time{};
  if (::clock_gettime(clock, &time) != 0)
    throw std::runtime_error{"the CPU time of the server cannot be read: is it alive?"};
  return static_cast<double>(ns_of(time)) / ns_per_second;
}

}  // namespace

double cpu_seconds(pid_t process) {
  clockid_t clock{};
  if (::clock_getcpuclockid(process, &clock) != 0)
    throw std::runtime_error{"no process " + std::to_string(process)};
  return seconds_on(clock);
}

double own_cpu_seconds() {
  return seconds_on(CLOCK_PROCESS_CPUTIME_ID);
}

std::uint64_t resident_bytes(pid_t process) {
  std::ifstream rollup{"/proc/" + std::to_string(process) + "/smaps_rollup"};
  for (std::string word; rollup >> word;) {
    std::uint64_t kib = 0;
    if (word == "Rss:" && rollup >> kib)
      return kib * 1024;
  }
  throw std::runtime_error{"the memory of process " + std::to_string(process) + " cannot be read"};
}

}  // namespace tandem::bench
