// Random texts for tests, with their own UTF-8 encoder: nothing here calls ot/.
//
// Invariants
//  1. One seed gives one sequence, on every machine.
//  2. The alphabet has characters of 1, 2, 3 and 4 bytes and the edges between
//     those lengths, so that bytes, characters and UTF-16 units all differ.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tandem::test {

// splitmix64: neighbouring seeds give unrelated sequences.
class random_source {
 public:
  explicit random_source(std::uint64_t seed) noexcept : state_{seed} {}

  std::uint64_t next() noexcept {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31U);
  }

  // One of 0 … count - 1. REQUIRES: count > 0.
  std::uint32_t below(std::size_t count) noexcept {
    return static_cast<std::uint32_t>(((next() >> 32U) * count) >> 32U);
  }

  bool one_in(std::uint32_t count) noexcept { return below(count) == 0; }

 private:
  std::uint64_t state_;
};

inline constexpr std::array<char32_t, 20> alphabet{
  U'a', U'b',      U'c',      U'z',      U' ',      U'\n',     U'\n',     U'\r',     U'"',  U'\\',
  U'é', U'\u07FF', U'\u0800', U'€',      U'あ',     U'\uFFFF', U'😀',     U'𝄞', U'\U00010000',
  U'\U0010FFFF'};

inline char32_t random_char(random_source& random) noexcept {
  return alphabet[random.below(alphabet.size())];
}

inline std::u32string random_chars(random_source& random, std::size_t length) {
  std::u32string text;
  text.reserve(length);
  while (text.size() < length)
    text.push_back(random_char(random));
  return text;
}

// Mostly short: faults show in short texts, and ties are frequent there.
inline std::u32string random_text(random_source& random, std::size_t longest = 16) {
  return random_chars(random, random.below((random.one_in(4) ? longest : longest / 3) + 1));
}

inline void append_utf8(std::string& out, char32_t c) {
  const auto put = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | (c >> 6U));
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | (c >> 12U));
    put(0x80 | ((c >> 6U) & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | (c >> 18U));
    put(0x80 | ((c >> 12U) & 0x3F));
    put(0x80 | ((c >> 6U) & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

inline std::string to_utf8(std::u32string_view text) {
  std::string bytes;
  bytes.reserve(text.size() * 4);
  for (const char32_t c : text)
    append_utf8(bytes, c);
  return bytes;
}

}  // namespace tandem::test
