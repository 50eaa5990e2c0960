// The lines of a text as a predictor learns them: each that is not blank, with the
// one before it. What is said of a line is a function of the text alone, so that it
// can be taken back. Pure.
//
// Invariants
//  1. Of a line no more is looked at than chars_max + 1 characters.
//  2. The line before is the nearest that is not blank, if that is at most
//     blank_lines_max away; else there is none.
#pragma once

#include "actors/ai/code_tokens.hpp"
#include "ot/rope.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

namespace tandem::ai {

class learnt_lines {
 public:
  // The text must outlive it.
  learnt_lines(const ot::rope& text, std::uint64_t chars_max) : text_{text}, chars_max_{chars_max} {}

  std::uint64_t last() const noexcept { return text_.size().lines; }

  std::string line(std::uint64_t number) const {
    const std::uint64_t from =
      number == 0 ? 0 : text_.before(ot::text_unit::lines, number).chars;
    const ot::text_metrics next = text_.before(ot::text_unit::lines, number + 1);
    const std::uint64_t to = next.lines > number ? next.chars - 1 : text_.chars();
    return text_.substring(from, std::min(to - from, chars_max_ + 1));
  }

  std::string line_before(std::uint64_t number) const { return place_before(number).text; }

  // The last line that an edit of `number`, or of lines up to it, can tell something
  // about: the next that is not blank knows the one before it.
  std::uint64_t last_touched_by(std::uint64_t number) const {
    const std::uint64_t end = std::min(last(), number + blank_lines_max);
    for (std::uint64_t next = number + 1; next <= end; ++next)
      if (!trimmed(line(next)).empty())
        return next;
    return number;
  }

  // Gives each(number, line, line before) those from `first` to `end` that are not
  // blank, until it returns false.
  template <class F>
  void for_each(std::uint64_t first, std::uint64_t end, F each) const {
    place before = place_before(first);
    for (std::uint64_t number = first; number <= std::min(end, last()); ++number) {
      std::string own = line(number);
      if (trimmed(own).empty())
        continue;
      if (number - before.number > blank_lines_max)
        before.text.clear();
      if (!each(number, own, before.text))
        return;
      before = {number, std::move(own)};
    }
  }

 private:
  static constexpr std::uint64_t blank_lines_max = 50;

  struct place {
    std::uint64_t number = 0;
    std::string text;
  };

  place place_before(std::uint64_t number) const {
    const std::uint64_t end = number - std::min(number, blank_lines_max);
    while (number > end) {
      std::string found = line(--number);
      if (!trimmed(found).empty())
        return {number, std::move(found)};
    }
    return {};
  }

  const ot::rope& text_;
  const std::uint64_t chars_max_;
};

}  // namespace tandem::ai
