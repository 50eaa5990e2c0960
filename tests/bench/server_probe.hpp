// What a process has cost so far: CPU time of all its threads, and memory.
// What cannot be read is thrown as std::runtime_error.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace tandem::bench {

// utime + stime of all threads, those that ended included. It is the clock
// behind /proc/PID/stat, in nanoseconds instead of ticks of 10 ms.
double cpu_seconds(pid_t process);

// Of this process.
double own_cpu_seconds();

// Resident pages, counted one by one (smaps_rollup): statm's counter is kept
// per core and lags by up to some hundred KiB.
std::uint64_t resident_bytes(pid_t process);

}  // namespace tandem::bench
