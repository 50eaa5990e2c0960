// The words of languages, for completion in a file that is still empty. Constant.
#pragma once

#include <span>
#include <string_view>

namespace tandem::ai {

// Of two letters they gain nothing: left out. Sorted; empty for others.
std::span<const std::string_view> keywords_of(std::string_view language) noexcept;

}  // namespace tandem::ai
