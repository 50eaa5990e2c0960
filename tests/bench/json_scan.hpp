// Just enough JSON for the benchmarks, which know who wrote it: walks the
// fields of one object and the values of one array without building anything.
//
// Invariants
//  1. A value is a view into the given text, as it stands there: a string with
//     its quotes, an array with its brackets.
//  2. What is not well-formed at the level that is walked ends the walk and is
//     reported; inside of nested values only brackets and strings are matched.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tandem::bench {

// Where the value that begins at `from` ends; npos if it does not.
std::size_t json_value_end(std::string_view text, std::size_t from) noexcept;

std::size_t json_skip_space(std::string_view text, std::size_t from) noexcept;

// The characters between the quotes of a string without escapes.
std::optional<std::string_view> json_plain_string(std::string_view value) noexcept;

std::optional<std::uint64_t> json_unsigned(std::string_view value) noexcept;

// Calls visit(value) for each value of an array. Whether it was an array.
template <class Visit>
bool for_each_json_value(std::string_view array, Visit&& visit) {
  if (array.empty() || array.front() != '[')
    return false;
  std::size_t at = json_skip_space(array, 1);
  if (at < array.size() && array[at] == ']')
    return true;
  while (at < array.size()) {
    const std::size_t end = json_value_end(array, at);
    if (end == std::string_view::npos)
      return false;
    visit(array.substr(at, end - at));
    at = json_skip_space(array, end);
    if (at >= array.size() || (array[at] != ',' && array[at] != ']'))
      return false;
    if (array[at] == ']')
      return true;
    at = json_skip_space(array, at + 1);
  }
  return false;
}

// Calls visit(key, value) for each field of an object. Whether it was an object.
template <class Visit>
bool for_each_json_field(std::string_view object, Visit&& visit) {
  if (object.empty() || object.front() != '{')
    return false;
  std::size_t at = json_skip_space(object, 1);
  if (at < object.size() && object[at] == '}')
    return true;
  while (at < object.size() && object[at] == '"') {
    const std::size_t key_end = json_value_end(object, at);
    if (key_end == std::string_view::npos)
      return false;
    const std::string_view key = object.substr(at + 1, key_end - at - 2);
    at = json_skip_space(object, key_end);
    if (at >= object.size() || object[at] != ':')
      return false;
    at = json_skip_space(object, at + 1);
    const std::size_t end = json_value_end(object, at);
    if (end == std::string_view::npos)
      return false;
    visit(key, object.substr(at, end - at));
    at = json_skip_space(object, end);
    if (at >= object.size() || (object[at] != ',' && object[at] != '}'))
      return false;
    if (object[at] == '}')
      return true;
    at = json_skip_space(object, at + 1);
  }
  return false;
}

}  // namespace tandem::bench
