// What the fuzzers share: how a promise is stated, and text judged without the
// code that is under test. Included by each target's only source.
#pragma once

#include "ot/text_op.hpp"
#include "tests/support/random_op.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

// Findings have a trace, with source lines also where llvm's symbolizer is not
// installed.
extern "C" __attribute__((used)) inline const char* __asan_default_options() {
  return "allow_addr2line=1";
}
extern "C" __attribute__((used)) inline const char* __ubsan_default_options() {
  return "print_stacktrace=1";
}

namespace tandem::fuzz {

// A promise that does not hold ends the process: libFuzzer keeps the input.
inline void must(bool holds, std::string_view promise) {
  if (holds)
    return;
  std::fprintf(stderr, "broken: %.*s\n", static_cast<int>(promise.size()), promise.data());
  std::abort();
}

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Whether the bytes are Unicode scalar values without U+0000: by decoding each
// and encoding it again, which no overlong form survives.
inline bool is_text(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const auto first = static_cast<unsigned char>(bytes[at]);
    const std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    char32_t value = length == 1 ? first : first & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i)
      value = value << 6U | (at + i < bytes.size() ? bytes[at + i] & 0x3FU : 0U);
    std::string again;
    test::append_utf8(again, value);
    const bool is_scalar = value != 0 && value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
    if (!is_scalar || bytes.substr(at, length) != again)
      return false;
    at += length;
  }
  return true;
}

// A valid text made of any bytes: each chooses a character of an alphabet that
// has every length, line ends, and what JSON must escape.
inline std::string text_from(std::string_view bytes) {
  const auto& alphabet = test::alphabet;
  std::string text;
  for (const char byte : bytes)
    test::append_utf8(text, alphabet[static_cast<unsigned char>(byte) % alphabet.size()]);
  return text;
}

inline void must_be_text(std::string_view bytes) {
  must(is_text(bytes), "a text is Unicode scalar values without U+0000");
}

// The normal form (docs/protocol.md, "Canonical") and the counts beside it.
inline void must_be_canonical(const ot::text_op& op) {
  op.check();
  must(test::normal_form_fault(op).empty(), test::normal_form_fault(op));
  must_be_text(op.inserted_text());
}

}  // namespace tandem::fuzz
