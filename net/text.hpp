// Small things with text that several files of this folder do.
#pragma once

#include <string_view>

namespace tandem::net {

// Without spaces and tabs at the ends, as HTTP's lists have them.
constexpr std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view blank = " \t";
  const std::size_t begin = text.find_first_not_of(blank);
  if (begin == std::string_view::npos)
    return {};
  return text.substr(begin, text.find_last_not_of(blank) - begin + 1);
}

}  // namespace tandem::net
