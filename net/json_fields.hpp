// Reading the fields of an object that is expected to have them.
#pragma once

#include "net/json.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace tandem::net {

// A field has the wrong type, or is missing; `name` is a literal.
struct bad_field {
  const char* name;
};

// Empty if there is no such field.
inline std::string text_field(json_view object, const char* name) {
  const auto value = object.find(name);
  if (!value)
    return {};
  const auto text = value->string();
  if (!text)
    throw bad_field{name};
  return std::string{*text};
}

inline std::string required_text(json_view object, const char* name) {
  if (!object.find(name))
    throw bad_field{name};
  return text_field(object, name);
}

// Not negative.
inline std::optional<std::uint64_t> number_field(json_view object, const char* name) {
  const auto value = object.find(name);
  if (!value)
    return std::nullopt;
  const auto number = value->integer();
  if (!number || *number < 0)
    throw bad_field{name};
  return static_cast<std::uint64_t>(*number);
}

inline std::uint64_t required_number(json_view object, const char* name) {
  const auto number = number_field(object, name);
  if (!number)
    throw bad_field{name};
  return *number;
}

// [from, to], neither negative, from <= to.
inline std::pair<std::uint64_t, std::uint64_t> read_range(json_view object, const char* name) {
  std::int64_t ends[2] = {};
  std::size_t count = 0;
  const auto pair = object.find(name);
  const bool complete = pair && pair->for_each([&](json_view end) {
    const auto number = end.integer();
    if (count == 2 || !number || *number < 0)
      return false;
    ends[count++] = *number;
    return true;
  });
  if (!complete || count != 2 || ends[0] > ends[1])
    throw bad_field{name};
  return {static_cast<std::uint64_t>(ends[0]), static_cast<std::uint64_t>(ends[1])};
}

}  // namespace tandem::net
