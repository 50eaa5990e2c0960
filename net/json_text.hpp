// JSON for output: appended to a string, piece by piece. The caller keeps the
// grammar; `comma` is the one helper for it.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace tandem::net {

// A string literal with its quotes. `text` is valid UTF-8.
void append_json_string(std::string& out, std::string_view text);

template <class Integer>
void append_number(std::string& out, Integer value) {
  char digits[24];
  const auto result = std::to_chars(digits, digits + sizeof digits, value);
  out.append(digits, result.ptr);
}

// `,"name":`, or without the comma right after `{`.
inline void append_key(std::string& out, std::string_view name) {
  if (!out.empty() && out.back() != '{')
    out += ',';
  out += '"';
  out += name;
  out += "\":";
}

inline void append_field(std::string& out, std::string_view name, std::string_view text) {
  append_key(out, name);
  append_json_string(out, text);
}

inline void append_flag(std::string& out, std::string_view name, bool flag) {
  append_key(out, name);
  out += flag ? "true" : "false";
}

template <class Integer>
  requires std::is_integral_v<Integer>
void append_field(std::string& out, std::string_view name, Integer value) {
  append_key(out, name);
  append_number(out, value);
}

}  // namespace tandem::net
