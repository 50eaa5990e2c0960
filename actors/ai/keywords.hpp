// The words of languages and of their standard libraries: what completion knows
// before anybody has written anything. Constant.
#pragma once

#include <span>
#include <string_view>

namespace tandem::ai {

// Of those that begin alike the likelier one first; of two letters they gain nothing
// and are left out. Empty for a language that is not known.
std::span<const std::string_view> keywords_of(std::string_view language) noexcept;

}  // namespace tandem::ai
