// A text that could be put into a file: what every way of completing answers
// with. Positions and lengths are characters. Plain values, no owner.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tandem::ai {

// `insert` in place of the characters [from, to).
struct suggestion {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::string insert;

  friend bool operator==(const suggestion&, const suggestion&) = default;
};

// What a caret may go on with: first what is shown as ghost text (if there is
// any; the surest first), then entries for a list of words.
struct prediction {
  std::vector<suggestion> lines;
  std::vector<suggestion> words;
};

}  // namespace tandem::ai
