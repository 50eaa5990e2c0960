// The small parts of a room's AI: texts that follow their room, answers that are
// kept, and the operation between two texts.
#include "actors/ai/completion_cache.hpp"
#include "actors/ai/followed_text.hpp"
#include "actors/ai/line_change.hpp"
#include "actors/ai/text_difference.hpp"
#include "actors/ai/texts.hpp"
#include "tests/support/ops.hpp"
#include "tests/support/random_op.hpp"
#include "tests/support/random_text.hpp"

#include <gtest/gtest.h>

namespace tandem::test {
namespace {

using ai::carried;
using ai::edges_count;
using ai::followed_text;
using ai::text_range;

std::string applied(const std::string& text, const ot::text_op& op) {
  ot::rope rope{text};
  rope.apply(op);
  return rope.to_string();
}

// ---- places ----

struct carry_row {
  const char* what;
  ot::text_op op;
  std::optional<text_range> inside;  // where 10..20 is then
  std::optional<text_range> closed;  // the same, if its edges count
};

TEST(carried_range, moves_with_what_happens_before_it_and_ends_with_what_happens_in_it) {
  using range = std::optional<text_range>;
  const carry_row table[] = {
    {"nothing", make_op({}), range{{10, 20}}, range{{10, 20}}},
    {"an insert before", make_op({2, "abc"}), range{{13, 23}}, range{{13, 23}}},
    {"a removal before", make_op({2, del(3)}), range{{7, 17}}, range{{7, 17}}},
    {"an insert at its beginning", make_op({10, "abc"}), range{{13, 23}}, std::nullopt},
    {"an insert at its end", make_op({20, "abc"}), range{{10, 20}}, std::nullopt},
    {"an insert in it", make_op({15, "abc"}), std::nullopt, std::nullopt},
    {"a removal up to it", make_op({5, del(5)}), range{{5, 15}}, std::nullopt},
    {"a removal into it", make_op({5, del(6)}), std::nullopt, std::nullopt},
    {"a removal in it", make_op({15, del(1)}), std::nullopt, std::nullopt},
    {"a removal out of it", make_op({19, del(5)}), std::nullopt, std::nullopt},
    {"a removal behind it", make_op({20, del(5)}), range{{10, 20}}, std::nullopt},
    {"a removal far behind it", make_op({25, del(5)}), range{{10, 20}}, range{{10, 20}}},
    {"both sides", make_op({1, "ab", 1, del(1), 30, "x"}), range{{11, 21}}, range{{11, 21}}},
    {"a character outside the BMP", make_op({"😀é"}), range{{12, 22}}, range{{12, 22}}},
  };
  for (const carry_row& row : table) {
    EXPECT_EQ(carried({10, 20}, row.op, edges_count::no), row.inside) << row.what;
    EXPECT_EQ(carried({10, 20}, row.op, edges_count::yes), row.closed) << row.what;
  }
}

// Whatever happens: a range that is still there holds the same text.
TEST(carried_range, holds_the_same_text_after_random_edits) {
  random_source random{7};
  int kept = 0;
  for (int round = 0; round < 3'000; ++round) {
    const std::string text = to_utf8(random_text(random, 40));
    const std::uint32_t chars = ot::count_chars(text);
    followed_text followed{ot::rope{text}, 5};
    std::uint64_t from = random.below(chars + 1);
    std::uint64_t to = random.below(chars + 1);
    if (from > to)
      std::swap(from, to);
    const std::string held = followed.text().substring(from, to - from);
    for (int i = 0; i < 2; ++i)
      followed.apply(build(random_plan(random, followed.text().chars())));
    const auto now = followed.carry(text_range{from, to}, 5, edges_count::no);
    if (!now)
      continue;
    ++kept;
    ASSERT_LE(now->to, followed.text().chars());
    ASSERT_EQ(followed.text().substring(now->from, now->to - now->from), held) << round;
  }
  EXPECT_GT(kept, 300);
}

TEST(followed_text, carries_what_was_meant_for_an_older_revision) {
  followed_text text{ot::rope{"one\ntwo\n"}, 3};
  text.apply(make_op({"zero\n"}));
  EXPECT_EQ(text.revision(), 4U);
  EXPECT_TRUE(text.knows_way_from(3));
  EXPECT_FALSE(text.knows_way_from(2));
  EXPECT_EQ(text.carry_position(4, 3), 9U);
  EXPECT_EQ(text.carry_position(4, 4), 4U);
}

TEST(followed_text, forgets_what_is_long_ago) {
  followed_text text{ot::rope{""}, 0};
  for (int i = 0; i < 1'500; ++i)
    text.apply(make_op({"x"}));
  EXPECT_EQ(text.revision(), 1'500U);
  EXPECT_EQ(text.first(), 500U);
  EXPECT_FALSE(text.knows_way_from(499));
}

TEST(followed_text, keeps_few_operations_that_are_big) {
  followed_text text{ot::rope{}, 0};
  const std::string pasted(100'000, 'x');
  for (int i = 0; i < 10; ++i)
    text.apply(ot::text_op{}.insert(pasted));
  EXPECT_TRUE(text.knows_way_from(8));
  EXPECT_FALSE(text.knows_way_from(5));
  text.apply(ot::text_op{}.insert(std::string(1'000'000, 'x')));
  EXPECT_TRUE(text.knows_way_from(11));
  EXPECT_FALSE(text.knows_way_from(10));
}

TEST(followed_text, knows_the_line_around_a_place) {
  const followed_text text{ot::rope{"ab\n\ncd"}, 0};
  const std::pair<std::uint64_t, text_range> table[] = {
    {0, {0, 2}}, {2, {0, 2}}, {3, {3, 3}}, {4, {4, 6}}, {6, {4, 6}}};
  for (const auto& [position, line] : table)
    EXPECT_EQ(text.line_around(position), line) << position;
  const followed_text ended{ot::rope{"ab\n"}, 0};
  EXPECT_EQ(ended.line_around(3), (text_range{3, 3}));
}

// ---- answers that are kept ----

TEST(completion_cache, finds_an_answer_again_also_when_part_of_it_was_typed) {
  ai::completion_cache cache;
  cache.keep(1, "def total(", ")\n", "items, start=0");
  EXPECT_EQ(cache.find(1, "def total(", ")\n"), "items, start=0");
  EXPECT_EQ(cache.find(1, "def total(ite", ")\n"), "ms, start=0");
  EXPECT_EQ(cache.find(1, "def total(items, start=", ")\n"), "0");
  EXPECT_FALSE(cache.find(1, "def total(items, start=0", ")\n")) << "nothing is left";
  EXPECT_FALSE(cache.find(1, "def total(x", ")\n")) << "something else was typed";
  EXPECT_FALSE(cache.find(1, "def total(", "\n")) << "something else follows";
  EXPECT_FALSE(cache.find(2, "def total(", ")\n")) << "another file";
}

TEST(completion_cache, forgets_what_was_not_used_for_longest) {
  ai::completion_cache cache;
  for (std::size_t i = 0; i < ai::completion_cache::entries_max; ++i)
    cache.keep(1, "line " + std::to_string(i), "", "x");
  EXPECT_TRUE(cache.find(1, "line 0", ""));
  cache.keep(1, "one more", "", "x");
  EXPECT_TRUE(cache.find(1, "line 0", ""));
  EXPECT_FALSE(cache.find(1, "line 1", ""));
}

TEST(completion_cache, takes_a_long_text_by_its_end) {
  ai::completion_cache cache;
  const std::string near(ai::completion_cache::context_bytes, 'n');
  cache.keep(1, "far" + near, "", "x");
  EXPECT_TRUE(cache.find(1, "other" + near, ""));
}

TEST(text_question, is_cut_to_what_is_near_its_place) {
  const ai::text_question whole{"aé😀bcd", "python", 3};
  const auto near = ai::cut_to_place(whole, 2);
  EXPECT_EQ(near.text, "é😀bc");
  EXPECT_EQ(near.position, 2U);
  EXPECT_EQ(near.skipped, 1U);
  const auto again = ai::cut_to_place(near, 1);
  EXPECT_EQ(again.text, "😀b");
  EXPECT_EQ(again.skipped, 2U);
  EXPECT_EQ(ai::cut_to_place(whole, 99).text, whole.text);
  EXPECT_EQ(ai::cut_to_place({"ab", "", 2}, 1).text, "b");
}

TEST(text_queue, takes_so_many) {
  ai::text_queue queue{2};
  EXPECT_TRUE(queue.enter());
  EXPECT_TRUE(queue.enter());
  EXPECT_FALSE(queue.enter());
  queue.leave();
  EXPECT_TRUE(queue.enter());
}

// ---- changes of lines ----

struct changed_lines {
  const char* text;
  std::uint32_t first;
  std::uint32_t last;
  const char* replacement;
  const char* then;  // null: there are no such lines
};

TEST(line_change, keeps_to_the_lines_and_the_line_ends_of_the_text) {
  const changed_lines table[] = {
    {"a\nb\n", 2, 2, "B", "a\nB\n"},
    {"a\nb\n", 1, 1, "A\nA", "A\nA\nb\n"},
    {"a\nb\n", 2, 1, "x", "a\nx\nb\n"},
    {"a\nb\n", 3, 2, "c", "a\nb\nc\n"},
    {"a\nb\n", 2, 2, "", "a\n"},
    {"a\nb\n", 4, 3, "c", nullptr},
    // The last line has no line feed.
    {"a\nb", 2, 2, "B", "a\nB"},
    {"a\nb", 2, 2, "B\nC", "a\nB\nC"},
    {"a\nb", 1, 1, "A", "A\nb"},
    {"a\nb", 1, 2, "A\nB", "A\nB"},
    {"a\nb", 2, 9, "B", "a\nB"},
    {"a\nb", 2, 1, "x", "a\nx\nb"},
    {"a\nb", 3, 2, "c", "a\nb\nc"},
    {"a\nb", 3, 3, "c", "a\nb\nc"},
    {"a\nb", 2, 2, "", "a\n"},
    {"a\nb", 4, 3, "c", nullptr},
    {"a", 1, 1, "é", "é"},
    {"", 1, 1, "a", "a\n"},
    {"", 2, 1, "a", nullptr},
    // CR LF
    {"a\r\nb\r\n", 2, 2, "B\nC", "a\r\nB\r\nC\r\n"},
    {"a\r\nb\r\n", 2, 1, "x", "a\r\nx\r\nb\r\n"},
    {"a\r\nb\r\n", 1, 1, "x\r\ny", "x\r\ny\r\nb\r\n"},
    {"a\r\nb", 2, 2, "B\nC", "a\r\nB\r\nC"},
    {"a\r\nb", 3, 2, "c", "a\r\nb\r\nc"},
  };
  for (const changed_lines& row : table) {
    const ot::rope text{row.text};
    const auto change = ai::line_change_of({"f", row.first, row.last, row.replacement}, text);
    SCOPED_TRACE(std::string{row.text} + " lines " + std::to_string(row.first) + "-"
                 + std::to_string(row.last) + " " + row.replacement);
    ASSERT_EQ(change.has_value(), row.then != nullptr);
    if (!change)
      continue;
    const std::string replaced =
      text.substring(change->range.from, change->range.to - change->range.from);
    EXPECT_EQ(applied(row.text, ai::difference(replaced, change->replacement,
                                               static_cast<std::uint32_t>(change->range.from))),
              row.then);
  }
}

// ---- the operation between two texts ----

TEST(text_difference, keeps_what_two_texts_share) {
  struct row {
    const char* before;
    const char* after;
    ot::text_op op;
  };
  const row table[] = {
    {"", "", make_op({})},
    {"a\n", "a\n", make_op({})},
    {"", "a\nb\n", make_op({"a\nb\n"})},
    {"a\nb\n", "", make_op({del(4)})},
    {"a\nb\nc\n", "a\nc\n", make_op({2, del(2)})},
    {"a\nc\n", "a\nb\nc\n", make_op({2, "b\n"})},
    {"one two\n", "one six\n", make_op({4, "six", del(3)})},
    {"x = é1\n", "x = é2\n", make_op({5, "2", del(1)})},
    {"😀a", "😃a", make_op({"😃", del(1)})},
    {"a\nb\nc\nd\n", "a\nB\nc\nD\n", make_op({2, "B", del(1), 3, "D", del(1)})},
  };
  for (const row& one : table) {
    EXPECT_EQ(ai::difference(one.before, one.after), one.op) << one.before << " -> " << one.after;
    EXPECT_EQ(applied(one.before, one.op), one.after);
  }
  EXPECT_EQ(ai::difference("b\n", "c\n", 5), make_op({5, "c", del(1)}));
}

TEST(text_difference, makes_one_text_of_any_other) {
  random_source random{11};
  for (int round = 0; round < 2'000; ++round) {
    const std::string before = to_utf8(random_text(random, 60));
    const std::string after = round % 2 == 0
                                ? to_utf8(random_text(random, 60))
                                : applied(before, build(random_plan(random, ot::count_chars(before))));
    const ot::text_op op = ai::difference(before, after);
    op.check();
    ASSERT_EQ(applied(before, op), after);
  }
}

TEST(text_difference, of_huge_texts_is_that_of_their_ends) {
  std::string before;
  for (int i = 0; i < 5'000; ++i)
    before += std::to_string(i) + "\n";
  std::string after = before;
  after.replace(after.find("\n2500\n"), 6, "\nchanged\n");
  const ot::text_op op = ai::difference(before, after);
  EXPECT_EQ(applied(before, op), after);
  EXPECT_LT(op.inserted_chars(), 20U);
}

}  // namespace
}  // namespace tandem::test
