#include "actors/ai/text_parts.hpp"

#include "ot/utf8.hpp"

#include <algorithm>
#include <cctype>
#include <functional>
#include <utility>

namespace tandem::ai {

namespace {

constexpr std::size_t word_bytes_min = 3;

bool is_word_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || c == '_' || byte >= 0x80;
}

// Up to so many lines from the beginning of a text; more than one only if they are
// short enough together.
std::string_view first_lines(std::string_view text, std::uint32_t& lines) {
  std::size_t end = 0;
  lines = 0;
  while (end < text.size() && lines < text_parts::lines_max) {
    const std::size_t next = std::min(text.find('\n', end), text.size() - 1) + 1;
    if (lines > 0 && next > text_parts::bytes_max)
      break;
    end = next;
    ++lines;
  }
  return text.substr(0, end);
}

}  // namespace

std::string_view end_of(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes)
    return text;
  const std::string_view last = text.substr(text.size() - bytes);
  const bool is_at_line = text[text.size() - bytes - 1] == '\n';
  const std::size_t line = is_at_line ? 0 : last.find('\n') + 1;  // npos + 1 is 0
  std::size_t begin = line;
  while (begin < last.size() && ot::is_continuation(last[begin]))
    ++begin;
  return last.substr(begin);
}

std::string_view begin_of(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes)
    return text;
  const std::string_view first = text.substr(0, bytes);
  const std::size_t line = first.rfind('\n');
  if (line != std::string_view::npos)
    return first.substr(0, line + 1);
  std::size_t end = bytes;
  while (end > 0 && ot::is_continuation(text[end]))
    --end;
  return first.substr(0, end);
}

word_set words_of(std::string_view text) {
  word_set found;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_word_byte(text[end]))
      ++end;
    if (end - at >= word_bytes_min && std::isdigit(static_cast<unsigned char>(text[at])) == 0)
      found.push_back(
        static_cast<word_digest>(std::hash<std::string_view>{}(text.substr(at, end - at))));
    at = std::max(end, at + 1);
  }
  std::ranges::sort(found);
  found.erase(std::ranges::unique(found).begin(), found.end());
  found.shrink_to_fit();
  return found;
}

text_parts::text_parts(ot::rope text) : text_{std::move(text)} {
  const std::string looked_at =
    text_.substring(0, std::min<std::uint64_t>(text_.chars(), text_bytes_max));
  std::string_view rest = begin_of(looked_at, text_bytes_max);
  part next;
  while (!rest.empty() && parts_.size() < parts_max) {
    const std::string_view lines = first_lines(rest, next.lines);
    next.bytes = static_cast<std::uint32_t>(lines.size());
    next.chars = ot::count_chars(lines);
    if (lines.size() <= bytes_max) {
      parts_.push_back(next);
      parts_.back().words = words_of(lines);
    }
    next.first_line += next.lines;
    next.from += next.chars;
    rest.remove_prefix(lines.size());
  }
}

}  // namespace tandem::ai
