// A line on standard error that says how far a long task is, if that is a
// terminal; otherwise nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace tandem::tools {

class progress {
 public:
  // `total`: of whatever is counted; 0 if it is not known.
  progress(std::string what, std::uint64_t total);
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;
  // Takes the line away.
  ~progress();

  // Cheap: looks at the clock now and then only.
  void at(std::uint64_t done) {
    if (is_shown_ && (++calls_ & 0xFFFU) == 0)
      draw(done);
  }

 private:
  void draw(std::uint64_t done);

  std::string what_;
  std::uint64_t total_;
  bool is_shown_;
  std::uint32_t calls_ = 0;
  std::chrono::steady_clock::time_point drawn_;
};

}  // namespace tandem::tools
