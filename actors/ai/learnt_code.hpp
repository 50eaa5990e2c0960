// What has been learnt from lines of code, and what it says of a caret: which token
// follows which, which line begins as what is typed, which comes behind which. Pure;
// part of a predictor.
//
// Invariants
//  1. What was learnt and taken back, with the same line before it, leaves nothing.
//  2. memory_bytes() is what it takes of the heap. Code costs 10 to 30 times its own
//     size (this project's: 28); signs alone, in an order that never repeats, 100 times
//     and more. tests/actors/predictor_test.cpp measures it.
#pragma once

#include "actors/ai/code_tokens.hpp"
#include "actors/ai/successors.hpp"
#include "actors/ai/vocabulary.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::ai {

// A token's number, how likely it is the next, and whether with blanks before it.
struct candidate {
  std::uint32_t token = 0;
  double weight = 0;
  bool is_spaced = false;
};

// Where something is to be predicted.
struct caret_place {
  std::vector<std::string_view> context;  // the tokens before; see context_behind
  std::string_view prefix;                // what is typed of a word
  bool is_behind_blanks = false;
  bool is_behind_word = false;  // without a prefix: then no other word comes at once
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
  void learn_tokens(const std::vector<spaced_token>& own, std::string_view before);
  void take_back_tokens(const std::vector<spaced_token>& own, std::string_view before);

  // What may come there, the likeliest first.
  std::vector<candidate> candidates(const caret_place& place) const;
  std::string_view token(std::uint32_t number) const { return tokens_.at(number).text; }
  // Token after token, as long as it is sure.
  std::string ghost(caret_place place, bool is_one_word, std::size_t chars_max) const;
  bool has_longer(std::string_view prefix) const;
  // The rest of a word that nobody has written yet: of the part that is typed last, as
  // in `NodeIt` where there is `into_iter`.
  std::string part_rest(std::string_view prefix) const;
  // The rest of the line that began like this before, if it is nearly always the same.
  std::string line_rest(std::string_view beginning) const;
  // The line that comes behind this one, likewise.
  std::string next_line(std::string_view before) const;

  std::uint64_t memory_bytes() const noexcept {
    return tokens_.memory_bytes() + parts_.memory_bytes() + lines_.memory_bytes()
           + after_tokens_.memory_bytes() + after_lines_.memory_bytes();
  }
  // So far: what an edit costs is measured by it.
  std::uint64_t lines_learnt() const noexcept { return lines_learnt_; }

 private:
  bool is_learnt(std::string_view line) const;
  bool fits(const successors::successor& one, const caret_place& place) const;
  double weight_of(const successors::successor& one, const caret_place& place) const;
  std::vector<std::uint32_t> latest_like(std::string_view prefix) const;

  const std::uint64_t line_chars_max_;
  vocabulary tokens_;
  vocabulary parts_;  // of words, in small letters
  vocabulary lines_;
  successors after_tokens_;
  successors after_lines_;
  // After 2^32 lines it begins anew: then what was last is for a while misjudged.
  std::uint32_t now_ = 0;
  std::uint64_t lines_learnt_ = 0;
};

}  // namespace tandem::ai
