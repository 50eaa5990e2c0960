// The rope against a plain array of characters. With tiny nodes (this is built
// with assertions) a text of 40 characters is a tree of three levels.
#include "ot/rope.hpp"

#include "ot/text_op.hpp"
#include "tests/support/model_rope.hpp"
#include "tests/support/random_op.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

namespace tandem::ot {
namespace {

using test::model_rope;
using test::random_chars;
using test::random_source;
using test::to_utf8;

TEST(rope, is_empty_at_first) {
  const rope empty;
  empty.check();
  EXPECT_EQ(empty.size(), text_metrics{});
  EXPECT_EQ(empty.to_string(), "");
  EXPECT_EQ(rope{""}.to_string(), "");
}

TEST(rope, holds_a_text_of_any_length) {
  random_source random{1};
  for (std::size_t length = 0; length < 300; ++length)
    ASSERT_TRUE(model_rope{random_chars(random, length)}.agrees()) << length;
}

TEST(rope, inserts_at_every_position) {
  random_source random{2};
  for (const std::size_t length : {0U, 1U, 7U, 40U, 120U}) {
    const std::u32string text = random_chars(random, length);
    for (std::size_t at = 0; at <= length; ++at) {
      for (const std::size_t added : {1U, 3U, 30U}) {
        model_rope edited{text};
        edited.insert(at, random_chars(random, added));
        ASSERT_TRUE(edited.agrees()) << added << " at " << at << " of " << length;
      }
    }
  }
}

TEST(rope, removes_every_range) {
  random_source random{3};
  for (const std::size_t length : {1U, 7U, 40U, 60U}) {
    const std::u32string text = random_chars(random, length);
    for (std::size_t at = 0; at <= length; ++at) {
      for (std::size_t chars = 0; at + chars <= length; ++chars) {
        model_rope edited{text};
        edited.remove(at, chars);
        ASSERT_TRUE(edited.agrees()) << chars << " at " << at << " of " << length;
      }
    }
  }
}

TEST(rope, an_empty_edit_changes_nothing) {
  model_rope edited{U"aé€😀"};
  for (std::size_t at = 0; at <= 4; ++at) {
    edited.insert(at, U"");
    edited.remove(at, 0);
    ASSERT_TRUE(edited.agrees());
  }
}

TEST(rope, types_and_rubs_out_at_one_place) {
  for (const char32_t c : {U'a', U'é', U'€', U'😀'}) {
    model_rope edited{std::u32string(50, U'x')};
    for (std::size_t i = 0; i < 60; ++i) {
      edited.insert(20 + i, {c});
      ASSERT_TRUE(edited.agrees());
    }
    for (std::size_t i = 80; i > 0; --i) {
      edited.remove(i - 1, 1);
      ASSERT_TRUE(edited.agrees());
    }
  }
}

TEST(rope, grows_and_shrinks_to_nothing_and_grows_again) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    random_source random{seed};
    model_rope edited;
    for (int round = 0; round < 3; ++round) {
      for (int i = 0; i < 150; ++i) {
        edited.edit(random, true, 1 + random.below(12));
        ASSERT_TRUE(edited.agrees()) << "seed " << seed;
      }
      while (!edited.model.empty()) {
        edited.edit(random, false, 10);
        const std::size_t at = random.below(edited.model.size() + 1);
        edited.remove(at, std::min<std::size_t>(5, edited.model.size() - at));
        ASSERT_TRUE(edited.agrees()) << "seed " << seed;
      }
    }
  }
}

TEST(rope, survives_long_random_use) {
  random_source random{4};
  model_rope edited{random_chars(random, 500)};
  for (int i = 0; i < 10'000; ++i) {
    edited.edit(random, edited.model.size() < 400, random.one_in(50) ? 300 : 4);
    if (i % 20 == 0) {
      ASSERT_TRUE(edited.agrees()) << "step " << i;
    }
  }
  ASSERT_TRUE(edited.agrees());
}

TEST(rope, is_removed_from_front_to_back_and_from_back_to_front) {
  for (const bool forwards : {true, false}) {
    random_source random{5};
    model_rope edited{random_chars(random, 200)};
    while (!edited.model.empty()) {
      edited.remove(forwards ? 0 : edited.model.size() - 1, 1);
      ASSERT_TRUE(edited.agrees());
    }
    edited.insert(0, U"new");
    ASSERT_TRUE(edited.agrees());
  }
}

TEST(rope, yields_every_substring) {
  random_source random{6};
  const std::u32string text = random_chars(random, 70);
  model_rope whole;
  for (std::size_t i = 0; i < text.size(); i += 2)  // by edits, so that leaves have gaps
    whole.insert(i / 2, {text[i]});
  for (std::size_t i = 1; i < text.size(); i += 2)
    whole.insert(i, {text[i]});
  for (std::size_t at = 0; at <= text.size(); ++at)
    for (std::size_t chars = 0; at + chars <= text.size(); ++chars)
      ASSERT_EQ(whole.rope.substring(at, chars), to_utf8(text.substr(at, chars)));
}

TEST(rope, chunks_join_to_the_text_and_end_between_characters) {
  random_source random{7};
  model_rope edited;
  for (int i = 0; i < 300; ++i) {
    edited.edit(random, true, 5);
    std::string joined;
    edited.rope.for_each_chunk([&](std::string_view chunk) {
      EXPECT_FALSE(chunk.empty());
      EXPECT_TRUE(is_valid_text(chunk));
      joined += chunk;
    });
    ASSERT_EQ(joined, to_utf8(edited.model));
  }
}

TEST(rope, applies_operations_as_their_plans_say) {
  random_source random{8};
  for (int i = 0; i < 3000; ++i) {
    const std::u32string text = random_chars(random, random.below(80));
    const test::plan plan = test::random_plan(random, text.size());
    rope edited{to_utf8(text)};
    edited.apply(test::build(plan));
    edited.check();
    ASSERT_EQ(edited.to_string(), to_utf8(test::text_after(plan, text)));
  }
}

text_metrics measured(std::u32string_view text) {
  text_metrics size;
  for (const char32_t c : text) {
    size += {static_cast<std::uint32_t>(to_utf8({&c, 1}).size()), 1, c >= 0x10000 ? 2U : 1U,
             c == U'\n' ? 1U : 0U};
  }
  return size;
}

TEST(rope_before, tells_the_sizes_before_every_character) {
  random_source random{9};
  for (const std::size_t length : {0U, 1U, 6U, 50U, 150U}) {
    const model_rope whole{random_chars(random, length)};
    for (std::size_t i = 0; i <= length; ++i)
      ASSERT_EQ(whole.rope.before(text_unit::chars, i), measured(whole.model.substr(0, i))) << i;
    EXPECT_EQ(whole.rope.before(text_unit::chars, length + 1), whole.rope.size());
    EXPECT_EQ(whole.rope.before(text_unit::chars, ~0ULL), whole.rope.size());
  }
}

TEST(rope_before, tells_the_sizes_before_every_utf16_offset) {
  random_source random{10};
  const model_rope whole{random_chars(random, 150)};
  std::uint32_t unit = 0;
  for (std::size_t i = 0; i < whole.model.size(); ++i) {
    const text_metrics expected = measured(whole.model.substr(0, i));
    ASSERT_EQ(whole.rope.before(text_unit::utf16, unit++), expected);
    if (whole.model[i] >= 0x10000) {
      ASSERT_EQ(whole.rope.before(text_unit::utf16, unit++), expected) << "inside a pair";
    }
  }
  EXPECT_EQ(whole.rope.before(text_unit::utf16, unit), whole.rope.size());
  EXPECT_EQ(whole.rope.before(text_unit::utf16, unit + 7), whole.rope.size());
}

TEST(rope_before, tells_the_sizes_up_to_every_line_feed) {
  random_source random{11};
  for (const char32_t last : {U'x', U'\n'}) {
    model_rope whole{random_chars(random, 150)};
    whole.insert(150, {last});
    std::uint32_t lines = 0;
    text_metrics end;
    EXPECT_EQ(whole.rope.before(text_unit::lines, 0), text_metrics{});
    for (std::size_t i = 0; i < whole.model.size(); ++i) {
      if (whole.model[i] == U'\n') {
        end = measured(whole.model.substr(0, i + 1));
        ASSERT_EQ(whole.rope.before(text_unit::lines, ++lines), end);
      }
    }
    EXPECT_EQ(whole.rope.before(text_unit::lines, lines + 1), end);
  }
  EXPECT_EQ(rope{"no line feed"}.before(text_unit::lines, 1), text_metrics{});
}

TEST(rope_before, holds_after_edits) {
  random_source random{12};
  model_rope edited;
  for (int i = 0; i < 600; ++i) {
    edited.edit(random, true, 6);
    const std::size_t at = random.below(edited.model.size() + 1);
    const text_metrics expected = measured(edited.model.substr(0, at));
    ASSERT_EQ(edited.rope.before(text_unit::chars, at), expected);
    ASSERT_EQ(edited.rope.before(text_unit::utf16, expected.utf16), expected);
  }
}

}  // namespace
}  // namespace tandem::ot
