// A change of whole lines, as the assistant names it, as one of characters. Pure.
#pragma once

#include "actors/ai/answers.hpp"
#include "actors/ai/followed_text.hpp"
#include "ot/rope.hpp"

#include <optional>
#include <string>

namespace tandem::ai {

struct line_change {
  text_range range;
  std::string replacement;  // with the line ends of the text
};

// Of the text that the lines are counted in. A last line without a line feed stays
// without one, and what is put in behind it begins a new line; lines behind the last
// are none. Nothing: the first line is not there, nor the place right behind the last.
// O(n) of the text.
std::optional<line_change> line_change_of(const assistant_edit& edit, const ot::rope& text);

}  // namespace tandem::ai
