#include "actors/ai/line_change.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace tandem::ai {

namespace {

// Where a line begins, from 1 on; behind the last: the text's end.
std::uint64_t line_start(const ot::rope& text, std::uint64_t line) {
  if (line <= 1)
    return 0;
  return line - 1 > text.size().lines ? text.chars()
                                      : text.before(ot::text_unit::lines, line - 1).chars;
}

}  // namespace

std::optional<line_change> line_change_of(const assistant_edit& edit, const ot::rope& text) {
  const std::string whole = text.to_string();
  const bool is_last_open = !whole.empty() && !whole.ends_with('\n');
  const std::uint64_t lines = text.size().lines + (is_last_open ? 1 : 0);
  if (edit.first_line > lines + 1)
    return std::nullopt;
  line_change change;
  change.range.from = line_start(text, edit.first_line);
  change.range.to =
    std::max(change.range.from, line_start(text, std::uint64_t{edit.last_line} + 1));
  const line_ends ends = line_ends_of(whole);
  change.replacement = with_line_ends(edit.replacement, ends);
  if (change.replacement.empty())
    return change;
  const bool is_at_end = change.range.to == text.chars() && is_last_open;
  if (!is_at_end && !change.replacement.ends_with('\n'))
    change.replacement += to_string(ends);
  if (edit.first_line > lines && is_last_open)
    change.replacement.insert(0, to_string(ends));
  return change;
}

}  // namespace tandem::ai
