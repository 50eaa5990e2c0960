// Tokens: random bits as text. Thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tandem::net {

inline constexpr std::size_t token_bytes = 32;
inline constexpr std::size_t invite_token_bytes = 16;

// The prefix, and `bytes` random bytes in base64url without padding. Throws
// std::runtime_error if there is no randomness to be had.
std::string random_token(std::string_view prefix, std::size_t bytes);

}  // namespace tandem::net
