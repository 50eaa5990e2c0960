#include "tests/bench/json_scan.hpp"

#include <charconv>

namespace tandem::bench {
namespace {

constexpr std::size_t npos = std::string_view::npos;

std::size_t string_end(std::string_view text, std::size_t from) noexcept {
  for (std::size_t at = from + 1; at < text.size(); ++at) {
    if (text[at] == '\\')
      ++at;
    else if (text[at] == '"')
      return at + 1;
  }
  return npos;
}

std::size_t nested_end(std::string_view text, std::size_t from) noexcept {
  int depth = 0;
  for (std::size_t at = from; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"') {
      at = string_end(text, at);
      if (at == npos)
        return npos;
      --at;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return at + 1;
    }
  }
  return npos;
}

}  // namespace

std::size_t json_skip_space(std::string_view text, std::size_t from) noexcept {
  while (from < text.size()
         && (text[from] == ' ' || text[from] == '\n' || text[from] == '\r' || text[from] == '\t'))
    ++from;
  return from;
}

std::size_t json_value_end(std::string_view text, std::size_t from) noexcept {
  if (from >= text.size())
    return npos;
  if (text[from] == '"')
    return string_end(text, from);
  if (text[from] == '{' || text[from] == '[')
    return nested_end(text, from);
  const std::size_t end = text.find_first_of(",]} \n\r\t", from);
  return end == from ? npos : end;
}

std::optional<std::string_view> json_plain_string(std::string_view value) noexcept {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"')
    return std::nullopt;
  const std::string_view inside = value.substr(1, value.size() - 2);
  if (inside.find('\\') != npos)
    return std::nullopt;
  return inside;
}

std::optional<std::uint64_t> json_unsigned(std::string_view value) noexcept {
  std::uint64_t number = 0;
  const char* const end = value.data() + value.size();
  const auto [stop, fault] = std::from_chars(value.data(), end, number);
  if (fault != std::errc{} || stop != end)
    return std::nullopt;
  return number;
}

}  // namespace tandem::bench
