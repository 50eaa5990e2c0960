#include "actors/ai/answers.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

namespace tandem::ai {

namespace {

constexpr std::uint32_t line_max = 10'000'000;
constexpr std::string_view thought_end = "</think>";

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(blank);
  if (begin == std::string_view::npos)
    return {};
  return text.substr(begin, text.find_last_not_of(blank) - begin + 1);
}

// A line that opens or closes a block; `length` 0: it is none.
struct fence {
  char sign = 0;
  std::size_t length = 0;
  bool has_word = false;  // behind it, as the name of a language
};

fence fence_of(std::string_view line) {
  const std::size_t indent = std::min(line.find_first_not_of(' '), line.size());
  if (indent > 3 || indent == line.size() || (line[indent] != '`' && line[indent] != '~'))
    return {};
  const std::string_view marks = line.substr(indent);
  const std::size_t length = std::min(marks.find_first_not_of(marks.front()), marks.size());
  const std::string_view rest = trimmed(marks.substr(length));
  if (length < 3 || (marks.front() == '`' && rest.find('`') != std::string_view::npos))
    return {};
  return {marks.front(), length, !rest.empty()};
}

// A block: where it begins and ends with its fences, and what is in it.
struct block {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string_view inside;
  bool is_closed = false;
};

// Calls visit(begin, line) for each line, without its line end.
template <class F>
void for_each_line(std::string_view text, F visit) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    visit(at, text.substr(at, end - at));
    at = end + 1;
  }
}

std::vector<block> blocks_of(std::string_view text) {
  std::vector<block> found;
  std::vector<fence> open;  // those that are open, the outermost first
  std::size_t inside_begin = 0;
  for_each_line(text, [&](std::size_t at, std::string_view line) {
    const fence mark = fence_of(line);
    const std::size_t next = std::min(at + line.size() + 1, text.size());
    if (mark.length == 0)
      return;
    if (open.empty()) {
      found.push_back({at, text.size(), {}, false});
      inside_begin = next;
      open.push_back(mark);
    } else if (mark.has_word) {
      open.push_back(mark);
    } else if (mark.sign == open.back().sign && mark.length >= open.back().length) {
      // One that is long enough for an outer one closes what is in it, too.
      const bool is_outermost = mark.length >= open.front().length && mark.sign == open.front().sign
                                && open.front().length > open.back().length;
      open.resize(is_outermost ? 0 : open.size() - 1);
      if (open.empty()) {
        block& last = found.back();
        const std::string_view inside = text.substr(inside_begin, at - inside_begin);
        last = {last.begin, next, inside.substr(0, inside.size() - (inside.empty() ? 0 : 1)), true};
      }
    }
  });
  if (!open.empty())
    found.back().inside = text.substr(inside_begin);
  return found;
}

std::string without(std::string_view text, std::size_t begin, std::size_t end) {
  const std::string_view first = trimmed(text.substr(0, begin));
  const std::string_view second = trimmed(text.substr(end));
  std::string out{first};
  if (!first.empty() && !second.empty())
    out += "\n\n";
  return out += second;
}

std::optional<std::uint32_t> take_number(std::string_view& text) {
  std::uint32_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || value > line_max)
    return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

// `EDIT path lines A-B`, also `line A`; models like to set it in bold, or the
// path as code.
std::optional<assistant_edit> edit_line(std::string_view line) {
  const auto without_marks = [](std::string_view text) {
    while (!text.empty() && (text.front() == '*' || text.front() == '`'))
      text.remove_prefix(1);
    while (!text.empty() && (text.back() == '*' || text.back() == '`' || text.back() == ':'))
      text.remove_suffix(1);
    return trimmed(text);
  };
  line = without_marks(trimmed(line));
  if (!line.starts_with("EDIT "))
    return std::nullopt;
  std::size_t word = line.rfind(" lines ");
  std::size_t word_bytes = 7;
  if (word == std::string_view::npos) {
    word = line.rfind(" line ");
    word_bytes = 6;
  }
  if (word == std::string_view::npos || word < 5)
    return std::nullopt;
  std::string_view numbers = trimmed(line.substr(word + word_bytes));
  assistant_edit edit;
  edit.file = without_marks(trimmed(line.substr(5, word - 5)));
  const auto first = take_number(numbers);
  const bool has_last = numbers.starts_with('-');
  if (has_last)
    numbers.remove_prefix(1);
  const auto last = has_last ? take_number(numbers) : first;
  if (edit.file.empty() || !first || !last || !numbers.empty() || *first == 0
      || *last + 1 < *first)
    return std::nullopt;
  edit.first_line = *first;
  edit.last_line = *last;
  return edit;
}

// The last line before `at` that is not empty: where it begins, and it.
std::pair<std::size_t, std::string_view> line_before(std::string_view text, std::size_t at) {
  const std::string_view before = text.substr(0, at);
  const std::size_t end = before.find_last_not_of(" \t\r\n");
  if (end == std::string_view::npos)
    return {0, {}};
  const std::size_t line_end = before.find('\n', end);
  const std::size_t previous = before.rfind('\n', end);
  const std::size_t begin = previous == std::string_view::npos ? 0 : previous + 1;
  return {begin, before.substr(begin, line_end == std::string_view::npos ? std::string_view::npos
                                                                         : line_end - begin)};
}

bool is_all_thought(std::string_view said, std::string_view answer) {
  return answer.empty() && !trimmed(said).empty() && said.find(thought_end) == said.npos;
}

}  // namespace

const char* explained(answer_problem problem) noexcept {
  switch (problem) {
    case answer_problem::none: return "";
    case answer_problem::cut_off: return "\n\n(The change was cut off: ask about a smaller part.)";
    case answer_problem::several_blocks: return "\n\n(There was more than one change: none is shown.)";
  }
  return "";
}

std::string_view without_thoughts(std::string_view text) noexcept {
  const std::size_t begin = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  if (!text.substr(begin).starts_with("<think>"))
    return text;
  const std::size_t end = text.find(thought_end);
  if (end == std::string_view::npos)
    return {};
  text.remove_prefix(end + thought_end.size());
  while (text.starts_with('\n'))
    text.remove_prefix(1);
  return text;
}

refactor_answer read_refactor_answer(std::string_view said) {
  const std::string_view text = without_thoughts(said);
  refactor_answer answer;
  if (is_all_thought(said, text))
    answer.problem = answer_problem::cut_off;
  const auto blocks = blocks_of(text);
  answer.summary = trimmed(text);
  if (blocks.empty())
    return answer;
  if (blocks.size() > 1) {
    answer.problem = answer_problem::several_blocks;
    return answer;
  }
  const block& only = blocks.front();
  answer.summary = without(text, only.begin, only.end);
  if (only.is_closed)
    answer.replacement = only.inside;
  else
    answer.problem = answer_problem::cut_off;
  return answer;
}

assistant_answer read_assistant_answer(std::string_view said) {
  const std::string_view text = without_thoughts(said);
  assistant_answer answer;
  if (is_all_thought(said, text))
    answer.problem = answer_problem::cut_off;
  answer.text = trimmed(text);
  std::optional<std::pair<std::size_t, std::size_t>> place;
  for (const block& one : blocks_of(text)) {
    const auto [begin, line] = line_before(text, one.begin);
    auto edit = edit_line(line);
    if (!edit)
      continue;
    if (place) {
      answer.edit.reset();
      answer.problem = answer_problem::several_blocks;
      return answer;
    }
    place = {begin, one.end};
    if (one.is_closed) {
      edit->replacement = one.inside;
      answer.edit = std::move(edit);
    } else {
      answer.problem = answer_problem::cut_off;
    }
  }
  if (place)
    answer.text = without(text, place->first, place->second);
  return answer;
}

line_ends line_ends_of(std::string_view text) {
  return text.find("\r\n") == std::string_view::npos ? line_ends::lf : line_ends::crlf;
}

std::string_view to_string(line_ends ends) {
  return ends == line_ends::crlf ? "\r\n" : "\n";
}

std::string with_line_ends(std::string_view text, line_ends ends) {
  std::string out;
  for (const char c : text) {
    if (c == '\n' && ends == line_ends::crlf && !out.ends_with('\r'))
      out += '\r';
    out += c;
  }
  return out;
}

std::string fitted_to(std::string_view replacement, std::string_view replaced) {
  const line_ends ends = line_ends_of(replaced);
  std::string out = with_line_ends(replacement, ends);
  if (replaced.ends_with('\n') && !out.ends_with('\n') && !out.empty())
    out += to_string(ends);
  return out;
}

}  // namespace tandem::ai
