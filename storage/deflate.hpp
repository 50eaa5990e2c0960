// zlib's deflate for whole values. The size before is kept beside by the caller.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tandem::storage {

std::string deflated(std::string_view bytes);

// Nothing if it does not inflate to exactly that size.
std::optional<std::string> inflated(std::string_view bytes, std::uint64_t size);

}  // namespace tandem::storage
