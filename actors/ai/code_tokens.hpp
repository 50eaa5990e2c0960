// A line of code as tokens: words (letters, digits, `_`, and everything outside
// ASCII), runs of blanks, and single signs. The same for every language: what
// predicts is which tokens follow which, not what they mean. Pure.
#pragma once

#include <string_view>
#include <vector>

namespace tandem::ai {

enum class token_kind : unsigned char { word, blank, sign };

inline token_kind kind_of(char first) noexcept {
  const auto byte = static_cast<unsigned char>(first);
  const bool is_word = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z')
                       || (byte >= '0' && byte <= '9') || byte == '_' || byte >= 0x80;
  if (is_word)
    return token_kind::word;
  return byte == ' ' || byte == '\t' ? token_kind::blank : token_kind::sign;
}

// Views into the line. O(line).
inline std::vector<std::string_view> tokens_of(std::string_view line) {
  std::vector<std::string_view> tokens;
  for (std::size_t at = 0; at < line.size();) {
    const token_kind kind = kind_of(line[at]);
    std::size_t end = at + 1;
    while (kind != token_kind::sign && end < line.size() && kind_of(line[end]) == kind)
      ++end;
    tokens.push_back(line.substr(at, end - at));
    at = end;
  }
  return tokens;
}

// A token that is no blank, and whether blanks stood before it.
struct spaced_token {
  std::string_view text;
  bool is_spaced = false;
};

struct spaced_tokens {
  std::vector<spaced_token> tokens;
  bool ends_with_blanks = false;
};

// Views into the line. O(line).
inline spaced_tokens spaced_tokens_of(std::string_view line) {
  spaced_tokens found;
  for (const std::string_view token : tokens_of(line)) {
    const bool is_blank = kind_of(token.front()) == token_kind::blank;
    if (!is_blank)
      found.tokens.push_back({token, found.ends_with_blanks});
    found.ends_with_blanks = is_blank;
  }
  return found;
}

// The parts of an identifier: `insert_`, `iter`; `Node`, `Iter`. Views into it.
inline std::vector<std::string_view> parts_of(std::string_view word) {
  const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  for (std::size_t at = 1; at < word.size(); ++at)
    if (word[at - 1] == '_' || (is_capital(word[at]) && !is_capital(word[at - 1]))) {
      parts.push_back(word.substr(begin, at - begin));
      begin = at;
    }
  parts.push_back(word.substr(begin));
  return parts;
}

// Without the blanks around it.
inline std::string_view trimmed(std::string_view line) noexcept {
  while (!line.empty() && kind_of(line.front()) == token_kind::blank)
    line.remove_prefix(1);
  while (!line.empty() && (kind_of(line.back()) == token_kind::blank || line.back() == '\r'))
    line.remove_suffix(1);
  return line;
}

inline bool is_identifier(std::string_view token) noexcept {
  return !token.empty() && kind_of(token.front()) == token_kind::word
         && !(token.front() >= '0' && token.front() <= '9');
}

}  // namespace tandem::ai
