#include "ot/utf8.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>

namespace tandem::ot {

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

namespace {

// Whether the byte opens a character of two UTF-16 units.
bool opens_astral(char byte) noexcept {
  return static_cast<unsigned char>(byte) >= 0xF0;
}

// Loops of this fixed length and without branches are what compilers turn into
// vector code at -O2.
constexpr std::size_t block = 16;
using lanes = std::array<std::uint8_t, block>;

std::uint32_t sum(const lanes& counts) noexcept {
  std::uint32_t total = 0;
  for (std::size_t i = 0; i < block; ++i)
    total += counts[i];
  return total;
}

// Bytes of a block that open a character.
std::uint32_t chars_of_block(const char* bytes) noexcept {
  lanes starts;
  for (std::size_t i = 0; i < block; ++i)
    starts[i] = is_continuation(bytes[i]) ? 0 : 1;
  const auto halves = std::bit_cast<std::array<std::uint64_t, 2>>(starts);
  // Multiplying gathers the sum of all eight bytes in the highest one.
  return static_cast<std::uint32_t>(((halves[0] + halves[1]) * 0x0101010101010101U) >> 56U);
}

// As many blocks as a lane can count.
constexpr std::size_t longest_run = 255 * block;

text_metrics measure_run(const char* bytes, std::size_t blocks) noexcept {
  lanes starts{};
  lanes astral{};
  lanes lines{};
  for (const char* end = bytes + blocks * block; bytes != end; bytes += block) {
    for (std::size_t i = 0; i < block; ++i)
      starts[i] = static_cast<std::uint8_t>(starts[i] + (is_continuation(bytes[i]) ? 0 : 1));
    for (std::size_t i = 0; i < block; ++i)
      astral[i] = static_cast<std::uint8_t>(astral[i] + (opens_astral(bytes[i]) ? 1 : 0));
    for (std::size_t i = 0; i < block; ++i)
      lines[i] = static_cast<std::uint8_t>(lines[i] + (bytes[i] == '\n' ? 1 : 0));
  }
  const std::uint32_t chars = sum(starts);
  return {static_cast<std::uint32_t>(blocks * block), chars, chars + sum(astral), sum(lines)};
}

}  // namespace

std::uint32_t count_chars(std::string_view text) noexcept {
  std::uint32_t chars = 0;
  for (; text.size() >= block; text.remove_prefix(block))
    chars += chars_of_block(text.data());
  for (const char byte : text)
    chars += is_continuation(byte) ? 0U : 1U;
  return chars;
}

text_metrics measure(std::string_view text) noexcept {
  text_metrics size;
  while (text.size() >= block) {
    const std::size_t run = std::min(text.size(), longest_run) / block;
    size += measure_run(text.data(), run);
    text.remove_prefix(run * block);
  }
  size.bytes += static_cast<std::uint32_t>(text.size());
  for (const char byte : text) {
    const std::uint32_t start = is_continuation(byte) ? 0 : 1;
    size.chars += start;
    size.utf16 += start + (opens_astral(byte) ? 1U : 0U);
    size.lines += byte == '\n' ? 1U : 0U;
  }
  return size;
}

std::size_t byte_offset(std::string_view text, std::uint32_t chars) noexcept {
  std::size_t at = 0;
  while (chars >= block) {  // then so many bytes are left, too
    chars -= chars_of_block(text.data() + at);
    at += block;
  }
  while (at < text.size() && is_continuation(text[at]))  // of a character that a block opened
    ++at;
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
