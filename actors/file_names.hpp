// What a file in a room may be called, and what language its name suggests.
// Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tandem {

// A relative path: segments between `/` that are not empty, `.` or `..`; no
// control characters, no backslash, at most `chars_max` characters.
bool is_valid_file_name(std::string_view name, std::uint64_t chars_max) noexcept;

// By the ending, as Monaco names languages; `plaintext` if it is unknown.
std::string language_of(std::string_view file_name);

}  // namespace tandem
