// The floor of a durable acknowledgement: how long it takes here and now to
// append 128 bytes to a file and have them on the disk.
//
//   bench_fdatasync FILE [COUNT]      FILE is created, and removed at the end
#include "tests/bench/clock.hpp"
#include "tests/bench/latency_book.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) {
  using namespace tandem::bench;
  constexpr int default_count = 1000;
  if (argc < 2) {
    std::fputs("bench_fdatasync FILE [COUNT]\n", stderr);
    return 2;
  }
  const int count = argc > 2 ? std::atoi(argv[2]) : default_count;
  const int fd = ::open(argv[1], O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
  std::array<char, 128> record{};
  duration_samples samples;
  for (int i = 0; i < count; ++i) {
    const std::int64_t start_ns = now_ns();
    if (::write(fd, record.data(), record.size()) != static_cast<ssize_t>(record.size())
        || ::fdatasync(fd) != 0) {
      std::perror(argv[1]);
      return 1;
    }
    samples.add(now_ns() - start_ns);
  }
  ::close(fd);
  ::unlink(argv[1]);
  std::printf("{\"fdatasync_p50_ms\":%.3f,\"fdatasync_p99_ms\":%.3f}\n", samples.quantile_ms(0.5),
              samples.quantile_ms(0.99));
}
