// UTF-8 as this project uses it: text is a sequence of Unicode scalar values
// without U+0000, stored as UTF-8. Stateless, thread-safe.
//
// "Characters" always means scalar values. Functions that take `text` REQUIRE
// valid UTF-8 unless they say otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tandem::ot {

// Sizes of one text in every unit that somebody counts in.
struct text_metrics {
  std::uint32_t bytes = 0;
  std::uint32_t chars = 0;   // Unicode scalar values
  std::uint32_t utf16 = 0;   // UTF-16 code units
  std::uint32_t lines = 0;   // line feeds

  text_metrics& operator+=(const text_metrics& other) noexcept {
    bytes += other.bytes;
    chars += other.chars;
    utf16 += other.utf16;
    lines += other.lines;
    return *this;
  }
  text_metrics& operator-=(const text_metrics& other) noexcept {
    bytes -= other.bytes;
    chars -= other.chars;
    utf16 -= other.utf16;
    lines -= other.lines;
    return *this;
  }
  friend bool operator==(const text_metrics&, const text_metrics&) = default;
};

// Whether these bytes are valid UTF-8 (no overlong forms, no surrogates,
// nothing above U+10FFFF) without U+0000. Takes any bytes. O(bytes).
bool is_valid_text(std::string_view bytes) noexcept;

// Number of characters. O(bytes), vectorised.
std::uint32_t count_chars(std::string_view text) noexcept;

text_metrics measure(std::string_view text) noexcept;

// Byte offset of character `chars`, which must be <= count_chars(text).
std::size_t byte_offset(std::string_view text, std::uint32_t chars) noexcept;

// Characters before the UTF-16 offset `units`; inside a surrogate pair, the
// characters before that pair.
std::uint32_t chars_before_utf16(std::string_view text, std::uint32_t units) noexcept;

inline bool is_continuation(char byte) noexcept {
  return static_cast<signed char>(byte) < -0x40;  // 0x80 … 0xBF: one signed comparison
}

// Bytes of the character that this first byte opens.
inline std::size_t sequence_length(char first) noexcept {
  const auto byte = static_cast<unsigned char>(first);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

}  // namespace tandem::ot
