#include "ot/utf8.hpp"

#include <cassert>

namespace tandem::ot {

text_metrics& text_metrics::operator+=(const text_metrics& other) noexcept {
  bytes += other.bytes;
  chars += other.chars;
  utf16 += other.utf16;
  lines += other.lines;
  return *this;
}

text_metrics& text_metrics::operator-=(const text_metrics& other) noexcept {
  bytes -= other.bytes;
  chars -= other.chars;
  utf16 -= other.utf16;
  lines -= other.lines;
  return *this;
}

namespace {

// Length of the valid sequence at the start of `bytes`, 0 if there is none.
// The table of the Unicode standard (3.9, table 3-7), plus: no U+0000.
std::size_t valid_sequence(std::string_view bytes) noexcept {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const auto tail = [&](std::size_t i) { return i < bytes.size() && is_continuation(bytes[i]); };
  const unsigned char first = at(0);
  if (first < 0x80)
    return first != 0 ? 1 : 0;
  if (first >= 0xC2 && first <= 0xDF)
    return tail(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (!tail(1) || !tail(2))
      return 0;
    if ((first == 0xE0 && at(1) < 0xA0) || (first == 0xED && at(1) > 0x9F))
      return 0;
    return 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (!tail(1) || !tail(2) || !tail(3))
      return 0;
    if ((first == 0xF0 && at(1) < 0x90) || (first == 0xF4 && at(1) > 0x8F))
      return 0;
    return 4;
  }
  return 0;
}

}  // namespace

bool is_valid_text(std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const std::size_t length = valid_sequence(bytes);
    if (length == 0)
      return false;
    bytes.remove_prefix(length);
  }
  return true;
}

std::uint32_t count_chars(std::string_view text) noexcept {
  std::uint32_t chars = 0;
  for (const char byte : text)
    chars += is_continuation(byte) ? 0U : 1U;
  return chars;
}

text_metrics measure(std::string_view text) noexcept {
  std::uint32_t continuations = 0;
  std::uint32_t astral = 0;
  std::uint32_t lines = 0;
  for (const char byte : text) {
    continuations += is_continuation(byte) ? 1U : 0U;
    astral += static_cast<unsigned char>(byte) >= 0xF0 ? 1U : 0U;
    lines += byte == '\n' ? 1U : 0U;
  }
  const auto bytes = static_cast<std::uint32_t>(text.size());
  const std::uint32_t chars = bytes - continuations;
  return {bytes, chars, chars + astral, lines};
}

std::size_t byte_offset(std::string_view text, std::uint32_t chars) noexcept {
  std::size_t at = 0;
  for (; chars > 0; --chars) {
    assert(at < text.size());
    at += sequence_length(text[at]);
  }
  return at;
}

std::uint32_t chars_before_utf16(std::string_view text, std::uint32_t units) noexcept {
  std::uint32_t chars = 0;
  for (std::size_t at = 0; units > 0 && at < text.size(); ++chars) {
    const std::size_t length = sequence_length(text[at]);
    const std::uint32_t width = length == 4 ? 2 : 1;
    if (width > units)
      break;
    units -= width;
    at += length;
  }
  return chars;
}

}  // namespace tandem::ot
