// Taking a request's target apart. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::net {

// `%41` becomes `A`. Nothing if it is malformed, or no valid text.
std::optional<std::string> percent_decoded(std::string_view text);

// The decoded segments of a path between its slashes, without empty ones at
// the ends. Nothing if one is malformed.
std::optional<std::vector<std::string>> path_segments(std::string_view path);

// The decoded value of a query's parameter.
std::optional<std::string> query_value(std::string_view query, std::string_view name);

// A decimal number without a sign. Nothing if it is none, or too large.
std::optional<std::uint64_t> parse_number(std::string_view text) noexcept;

}  // namespace tandem::net
