// Committed operations and their composed spans.
#include "ot/history.hpp"

#include "tests/support/ops.hpp"
#include "tests/support/random_op.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tandem::ot {
namespace {

using test::make_op;
using test::random_source;

// A history beside the text at each of its revisions.
struct recorded {
  explicit recorded(revision first, std::uint64_t seed)
      : random{seed}, ops{first, 10}, texts{test::random_chars(random, 10)} {}

  void append(int count) {
    for (; count > 0; --count) {
      const test::plan plan = test::random_plan(random, texts.back().size());
      ops.append({test::build(plan), {}, 0, 0, 0});
      texts.push_back(test::text_after(plan, texts.back()));
    }
  }

  const std::u32string& text(revision rev) const { return texts[rev - start]; }

  // Whether the composed operation leads from one text to the other.
  bool leads(revision from, revision to) {
    const text_op op = ops.composed(from, to);
    op.check();
    return ot::apply(op, test::to_utf8(text(from))) == test::to_utf8(text(to));
  }

  random_source random;
  history ops;
  std::vector<std::u32string> texts;
  revision start = ops.first();
};

TEST(history, starts_where_it_is_told) {
  const history ops{7, 12};
  EXPECT_EQ(ops.first(), 7U);
  EXPECT_EQ(ops.head(), 7U);
  EXPECT_EQ(ops.length_at(7), 12U);
  ops.check();
}

TEST(history, knows_each_operation_and_length_by_revision) {
  history ops{7, 5};
  ops.append({make_op({"ab"}), {}, 3, 9, 0});
  ops.append({make_op({1, test::del(4)}), {}, 4, 0, 0});
  EXPECT_EQ(ops.head(), 9U);
  EXPECT_EQ(ops.at(8).op, make_op({"ab"}));
  EXPECT_EQ(ops.at(8).seq, 3U);
  EXPECT_EQ(ops.at(8).site, 9U);
  EXPECT_EQ(ops.at(9).op, make_op({1, test::del(4)}));
  EXPECT_EQ(ops.length_at(7), 5U);
  EXPECT_EQ(ops.length_at(8), 7U);
  EXPECT_EQ(ops.length_at(9), 3U);
  ops.check();
}

TEST(history, composes_every_run) {
  for (const revision first : {0U, 1U, 6U, 13U}) {
    recorded past{first, first};
    past.append(70);
    for (revision from = first; from <= past.ops.head(); ++from)
      for (revision to = from; to <= past.ops.head(); ++to)
        ASSERT_TRUE(past.leads(from, to)) << from << " to " << to;
    past.ops.check();
  }
}

TEST(history, an_empty_run_is_the_identity) {
  recorded past{3, 1};
  past.append(5);
  for (revision rev = 3; rev <= 8; ++rev)
    EXPECT_TRUE(past.ops.composed(rev, rev).is_identity());
}

TEST(history, goes_on_composing_when_it_grows) {
  recorded past{0, 2};
  for (int i = 0; i < 60; ++i) {
    past.append(1 + i % 3);
    ASSERT_TRUE(past.leads(0, past.ops.head()));
    ASSERT_TRUE(past.leads(past.ops.head() / 2, past.ops.head()));
  }
  past.ops.check();
}

TEST(history, forgets_what_is_before_and_keeps_the_rest) {
  for (revision forgotten = 5; forgotten <= 45; ++forgotten) {
    recorded past{5, forgotten};
    past.append(40);
    ASSERT_TRUE(past.leads(5, 45));  // makes the spans
    past.ops.forget_before(forgotten);
    past.ops.check();
    ASSERT_EQ(past.ops.first(), forgotten);
    ASSERT_EQ(past.ops.head(), 45U);
    ASSERT_EQ(past.ops.length_at(forgotten), past.text(forgotten).size());
    ASSERT_TRUE(past.leads(forgotten, 45));
    past.append(20);
    ASSERT_TRUE(past.leads(forgotten, 65));
    past.ops.check();
  }
}

TEST(history, truncates_and_is_written_anew) {
  for (revision kept = 5; kept <= 45; ++kept) {
    recorded past{5, kept};
    past.append(40);
    ASSERT_TRUE(past.leads(5, 45));
    past.ops.truncate_to(kept);
    past.texts.resize(kept - 5 + 1);
    past.ops.check();
    ASSERT_EQ(past.ops.head(), kept);
    ASSERT_EQ(past.ops.length_at(kept), past.text(kept).size());
    past.append(40);  // other operations at the same revisions: no old span may serve
    ASSERT_TRUE(past.leads(5, past.ops.head())) << kept;
    past.ops.check();
  }
}

}  // namespace
}  // namespace tandem::ot
