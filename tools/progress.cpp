#include "tools/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace tandem::tools {

namespace {

constexpr std::chrono::milliseconds redraw_interval{100};
constexpr std::uint64_t bar_columns = 30;

}  // namespace

progress::progress(std::string what, std::uint64_t total)
    : what_{std::move(what)}, total_{total}, is_shown_{isatty(STDERR_FILENO) == 1} {
}

progress::~progress() {
  if (is_shown_)
    std::fputs("\r\x1b[K", stderr);
}

void progress::draw(std::uint64_t done) {
  const auto now = std::chrono::steady_clock::now();
  if (now - drawn_ < redraw_interval)
    return;
  drawn_ = now;
  if (total_ == 0) {
    fmt::print(stderr, "\r\x1b[K{} {}", what_, done);
  } else {
    const std::uint64_t filled = std::min(bar_columns, done * bar_columns / total_);
    fmt::print(stderr, "\r\x1b[K{} [{:#<{}}{:.<{}}] {} %", what_, "", filled, "",
               bar_columns - filled, std::min<std::uint64_t>(100, done * 100 / total_));
  }
  std::fflush(stderr);
}

}  // namespace tandem::tools
