// UTF-8 against the table of the Unicode standard and a plain decoder.
#include "ot/utf8.hpp"

#include "tests/support/random_text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace tandem::ot {
namespace {

using test::random_source;
using test::to_utf8;
using namespace std::string_view_literals;

TEST(utf8, accepts_every_scalar_value_but_zero) {
  for (char32_t c = 1; c <= 0x10FFFF; ++c) {
    if (c < 0xD800 || c > 0xDFFF) {
      ASSERT_TRUE(is_valid_text(to_utf8({&c, 1}))) << std::hex << static_cast<unsigned>(c);
    }
  }
}

TEST(utf8, refuses_zero_and_surrogates) {
  for (char32_t c = 0xD800; c <= 0xDFFF; ++c)
    ASSERT_FALSE(is_valid_text(to_utf8({&c, 1}))) << std::hex << static_cast<unsigned>(c);
  EXPECT_FALSE(is_valid_text("\0"sv));
  EXPECT_FALSE(is_valid_text("abcdefgh\0ijklmnop"sv));
}

TEST(utf8, refuses_malformed_bytes_wherever_they_stand) {
  const std::string_view faults[] = {
    "\x80",         "\xBF",                               // a tail alone
    "\xC0\x80",     "\xC1\xBF",                           // overlong, 2 bytes
    "\xE0\x80\x80", "\xE0\x9F\xBF",                       // overlong, 3 bytes
    "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF",               // overlong, 4 bytes
    "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF",       // above U+10FFFF
    "\xC3",         "\xE2\x82", "\xF0\x9F\x98", "\xF0",   // cut short
    "\xE2\x28\xA1", "\xE2\x82\x28", "\xC3\x28",           // a tail that is none
    "\xF0\x28\x8C\xBC", "\xF0\x9F\x28\xBC", "\xF0\x9F\x98\x28",
  };
  for (const std::string_view fault : faults) {
    for (std::size_t before = 0; before < 20; ++before) {
      std::string bytes(before, 'x');
      bytes += fault;
      ASSERT_FALSE(is_valid_text(bytes)) << before;
      ASSERT_FALSE(is_valid_text(bytes + "yyyyyyyyyyyyyyyyyyyy")) << before;
    }
  }
}

TEST(utf8, accepts_the_empty_text) {
  EXPECT_TRUE(is_valid_text(""));
}

text_metrics plain_measure(std::u32string_view text) {
  text_metrics size;
  for (const char32_t c : text) {
    size.bytes += static_cast<std::uint32_t>(to_utf8({&c, 1}).size());
    size.chars += 1;
    size.utf16 += c >= 0x10000 ? 2 : 1;
    size.lines += c == U'\n' ? 1 : 0;
  }
  return size;
}

TEST(utf8, measures_texts_of_every_length_in_every_unit) {
  random_source random{1};
  for (std::size_t length = 0; length < 400; ++length) {
    const std::u32string text = test::random_chars(random, length);
    ASSERT_EQ(measure(to_utf8(text)), plain_measure(text)) << length;
    ASSERT_EQ(count_chars(to_utf8(text)), length);
  }
}

TEST(utf8, measures_long_runs_of_one_character) {
  for (const char32_t c : {U'a', U'\n', U'é', U'€', U'😀'}) {
    const std::u32string text(5000, c);
    EXPECT_EQ(measure(to_utf8(text)), plain_measure(text));
    EXPECT_EQ(count_chars(to_utf8(text)), 5000U);
  }
}

TEST(utf8, finds_the_byte_of_every_character) {
  random_source random{2};
  const std::u32string text = test::random_chars(random, 200);
  const std::string bytes = to_utf8(text);
  for (std::uint32_t i = 0; i <= text.size(); ++i)
    ASSERT_EQ(byte_offset(bytes, i), to_utf8(text.substr(0, i)).size()) << i;
}

TEST(utf8, finds_the_characters_before_a_utf16_offset) {
  random_source random{3};
  const std::u32string text = test::random_chars(random, 200);
  const std::string bytes = to_utf8(text);
  std::uint32_t units = 0;
  for (std::uint32_t i = 0; i < text.size(); ++i) {
    ASSERT_EQ(chars_before_utf16(bytes, units), i);
    if (text[i] >= 0x10000) {
      ASSERT_EQ(chars_before_utf16(bytes, units + 1), i) << "inside a pair";
    }
    units += text[i] >= 0x10000 ? 2 : 1;
  }
  EXPECT_EQ(chars_before_utf16(bytes, units), text.size());
  EXPECT_EQ(chars_before_utf16(bytes, units + 9), text.size()) << "past the end";
}

TEST(utf8, metrics_add_and_subtract) {
  const text_metrics a{10, 8, 9, 2};
  const text_metrics b{4, 3, 3, 1};
  text_metrics sum = a;
  sum += b;
  EXPECT_EQ(sum, (text_metrics{14, 11, 12, 3}));
  sum -= b;
  EXPECT_EQ(sum, a);
}

TEST(utf8, sequence_length_is_told_by_the_first_byte) {
  EXPECT_EQ(sequence_length("a"[0]), 1U);
  EXPECT_EQ(sequence_length("é"[0]), 2U);
  EXPECT_EQ(sequence_length("€"[0]), 3U);
  EXPECT_EQ(sequence_length("😀"[0]), 4U);
}

TEST(utf8, metrics_differ_if_any_of_them_does) {
  EXPECT_EQ(measure("é€"), measure("€é"));
  const std::pair<const char*, const char*> differing[] = {
    {"é€", "é"},      // bytes
    {"é€", "abcde"},  // characters
    {"é€", "😀a"},    // UTF-16 units
    {"ab", "a\n"},   // lines
  };
  for (const auto& [one, other] : differing)
    EXPECT_FALSE(measure(one) == measure(other)) << one << " " << other;
}

}  // namespace
}  // namespace tandem::ot
