// The model's latest answers in a room, so that nobody asks twice: found again by
// what precedes the caret, also when part of the answer has been typed since.
// Pure; owned by the COMPANION.
//
// Invariants
//  1. At most entries_max answers; the one unused for longest goes first.
//  2. An answer is given only where the text before the caret (context_chars of
//     it), less what has been typed of the answer, and what follows are the same.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>

namespace tandem::ai {

class completion_cache {
 public:
  static constexpr std::size_t entries_max = 64;
  static constexpr std::size_t context_bytes = 1'024;  // kept of each side

  // `before`, `after`: what stands around the caret, in UTF-8. What is left to be
  // typed of an answer; never empty. O(entries * answer).
  std::optional<std::string> find(std::int64_t file, std::string_view before,
                                  std::string_view after);
  void keep(std::int64_t file, std::string_view before, std::string_view after,
            std::string answer);

 private:
  struct entry {
    std::int64_t file = 0;
    std::string before;  // its end
    std::string after;   // its beginning
    std::string answer;
  };

  std::list<entry> entries_;  // the latest used first
};

}  // namespace tandem::ai
