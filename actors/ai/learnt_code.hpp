// What has been learnt from lines of code, and what it says of a caret: which token
// follows which, which line begins as what is typed, which comes behind which. Pure;
// part of a predictor.
//
// Invariants
//  1. What was learnt and taken back, with the same line before it, leaves nothing.
//  2. memory_bytes() is what it takes of the heap. Code costs 10 to 25 times its own
//     size (this project's: 23); signs alone, in an order that never repeats, 100 times
//     and more. tests/actors/predictor_test.cpp measures it.
#pragma once

#include "actors/ai/successors.hpp"
#include "actors/ai/vocabulary.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::ai {

// A token's number, and how likely it is the next.
struct candidate {
  std::uint32_t token = 0;
  double weight = 0;
};

// What a line begins behind: the end of the one before it, and a line end.
std::vector<std::string_view> context_behind(std::string_view line_before);

class learnt_code {
 public:
  // Longer lines are not learnt.
  explicit learnt_code(std::uint64_t line_chars_max) : line_chars_max_{line_chars_max} {}

  // O(line).
  void learn(std::string_view line, std::string_view before);
  void take_back(std::string_view line, std::string_view before);
  // The beginning of a line.
  void learn_tokens(const std::vector<std::string_view>& own, std::string_view before);
  void take_back_tokens(const std::vector<std::string_view>& own, std::string_view before);

  // What may come behind the context, the likeliest first, of what begins as `prefix`.
  std::vector<candidate> candidates(const std::vector<std::string_view>& context,
                                    std::string_view prefix) const;
  std::string_view token(std::uint32_t number) const { return tokens_.at(number).text; }
  // Token after token behind the context, as long as it is sure.
  std::string ghost(std::vector<std::string_view> context, std::string_view prefix,
                    bool is_one_word, std::size_t chars_max) const;
  // The rest of the line that began like this before, if it is nearly always the same.
  std::string line_rest(std::string_view beginning) const;
  // The line that comes behind this one, likewise.
  std::string next_line(std::string_view before) const;

  std::uint64_t memory_bytes() const noexcept {
    return tokens_.memory_bytes() + lines_.memory_bytes() + after_tokens_.memory_bytes()
           + after_lines_.memory_bytes();
  }
  // So far: what an edit costs is measured by it.
  std::uint64_t lines_learnt() const noexcept { return lines_learnt_; }

 private:
  bool is_learnt(std::string_view line) const;
  std::vector<std::uint32_t> latest_like(std::string_view prefix) const;

  const std::uint64_t line_chars_max_;
  vocabulary tokens_;
  vocabulary lines_;
  successors after_tokens_;
  successors after_lines_;
  // After 2^32 lines it begins anew: then what was last is for a while misjudged.
  std::uint32_t now_ = 0;
  std::uint64_t lines_learnt_ = 0;
};

}  // namespace tandem::ai
