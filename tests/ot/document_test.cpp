// The state machine that orders edits, outcome by outcome.
#include "ot/document.hpp"

#include "tests/support/ops.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tandem::ot {

static void PrintTo(const submitted& s, std::ostream* out) {
  *out << "{result " << int(s.result) << ", rev " << s.rev << ", reason " << int(s.reason) << '}';
}

static bool operator==(const submitted& a, const submitted& b) {
  return a.result == b.result && a.rev == b.rev && a.reason == b.reason;
}

namespace {

using test::del;
using test::make_op;

client_id client(std::uint8_t number) {
  return {{number}};
}

const client_id ada = client(1);
const client_id bob = client(2);

submitted committed(revision rev) {
  return {outcome::committed, rev, reject_reason::none};
}

submitted duplicate(revision rev) {
  return {outcome::duplicate, rev, reject_reason::none};
}

submitted rejected(reject_reason reason) {
  return {outcome::rejected, 0, reason};
}

const submitted rebase{outcome::rebase, 0, reject_reason::none};

// A document of "hello" at revision 10.
struct document_test : testing::Test {
  submitted submit(const client_id& who, std::uint64_t seq, revision base, text_op op) {
    const submitted result = file.submit({who, seq, base, std::move(op), 0});
    file.check();
    return result;
  }

  void confirm(revision through) {
    file.confirm(through);
    file.check();
  }

  void roll_back() {
    file.roll_back();
    file.check();
  }

  std::string text() const { return file.text().to_string(); }

  // That nothing but `result` came of an edit, which is sent here.
  void expect_unchanged(const submitted& result, const client_id& who, std::uint64_t seq,
                        revision base, text_op op) {
    const revision head = file.head();
    const std::string before = text();
    EXPECT_EQ(submit(who, seq, base, std::move(op)), result);
    EXPECT_EQ(file.head(), head);
    EXPECT_EQ(text(), before);
  }

  document file{{.text_chars = 20, .history_ops = 4}, 10, rope{"hello"}};
};

TEST_F(document_test, commits_an_edit_and_shows_it_when_it_is_durable) {
  EXPECT_EQ(submit(ada, 1, 10, make_op({5, "!"})), committed(11));
  EXPECT_EQ(file.head(), 11U);
  EXPECT_EQ(file.durable_revision(), 10U);
  EXPECT_EQ(text(), "hello");
  confirm(11);
  EXPECT_EQ(file.durable_revision(), 11U);
  EXPECT_EQ(text(), "hello!");
}

TEST_F(document_test, records_who_made_what) {
  file.submit({ada, 7, 10, make_op({"x"}), 42});
  const committed_op& made = file.operations().at(11);
  EXPECT_EQ(made.op, make_op({"x"}));
  EXPECT_EQ(made.client, ada);
  EXPECT_EQ(made.seq, 7U);
  EXPECT_EQ(made.site, 42U);
  EXPECT_EQ(made.length_after, 6U);
}

TEST_F(document_test, the_later_of_two_insertions_at_one_place_stands_left) {
  EXPECT_EQ(submit(ada, 1, 10, make_op({5, " A"})), committed(11));
  EXPECT_EQ(submit(bob, 1, 10, make_op({5, " B"})), committed(12));
  EXPECT_EQ(file.operations().at(12).op, make_op({5, " B"}));
  confirm(12);
  EXPECT_EQ(text(), "hello B A");
}

TEST_F(document_test, carries_an_edit_over_each_operation_one_by_one) {
  EXPECT_EQ(submit(ada, 1, 10, make_op({del(1)})), committed(11));
  EXPECT_EQ(submit(ada, 2, 11, make_op({"y"})), committed(12));
  // Over the composition of the two it would be [1, "*"].
  EXPECT_EQ(submit(bob, 1, 10, make_op({1, "*"})), committed(13));
  EXPECT_EQ(file.operations().at(13).op, make_op({"*"}));
  confirm(13);
  EXPECT_EQ(text(), "*yello");
}

TEST_F(document_test, orders_edits_behind_tentative_ones) {
  EXPECT_EQ(submit(ada, 1, 10, make_op({del(5)})), committed(11));
  EXPECT_EQ(submit(bob, 1, 11, make_op({"bye"})), committed(12));
  confirm(11);
  EXPECT_EQ(text(), "");
  confirm(12);
  EXPECT_EQ(text(), "bye");
}

TEST_F(document_test, confirms_in_parts_and_again) {
  for (std::uint64_t i = 1; i <= 3; ++i)
    submit(ada, i, 9 + i, make_op({"x"}));
  confirm(12);
  EXPECT_EQ(text(), "xxhello");
  confirm(12);
  EXPECT_EQ(text(), "xxhello");
  confirm(13);
  EXPECT_EQ(text(), "xxxhello");
}

TEST_F(document_test, knows_a_duplicate_while_it_is_tentative) {
  EXPECT_EQ(submit(ada, 1, 10, make_op({"x"})), committed(11));
  expect_unchanged(duplicate(11), ada, 1, 10, make_op({"x"}));
}

TEST_F(document_test, knows_a_duplicate_once_it_is_durable) {
  EXPECT_EQ(submit(ada, 1, 10, make_op({"x"})), committed(11));
  confirm(11);
  EXPECT_EQ(submit(bob, 1, 11, make_op({"y"})), committed(12));
  expect_unchanged(duplicate(11), ada, 1, 10, make_op({"x"}));
}

TEST_F(document_test, knows_a_duplicate_when_its_history_is_forgotten) {
  EXPECT_EQ(submit(ada, 1, 10, make_op({"x"})), committed(11));
  for (std::uint64_t i = 1; i <= 20; ++i)
    EXPECT_EQ(submit(bob, i, 10 + i, make_op({i % 2 == 1 ? del(1) : test::op_part{"y"}})),
              committed(11 + i));
  confirm(31);
  EXPECT_GT(file.operations().first(), 11U);
  expect_unchanged(duplicate(11), ada, 1, 10, make_op({"x"}));
}

TEST_F(document_test, a_duplicate_is_told_even_of_a_base_that_is_unknown) {
  EXPECT_EQ(submit(ada, 1, 10, make_op({"x"})), committed(11));
  expect_unchanged(duplicate(11), ada, 1, 99, make_op({50, "x"}));
}

TEST_F(document_test, refuses_a_seq_below_the_last) {
  EXPECT_EQ(submit(ada, 5, 10, make_op({"x"})), committed(11));
  expect_unchanged(rejected(reject_reason::old_seq), ada, 4, 11, make_op({"y"}));
  EXPECT_EQ(submit(ada, 6, 11, make_op({"y"})), committed(12));
  EXPECT_EQ(submit(bob, 4, 11, make_op({"y"})), committed(13)) << "each client has its own";
}

TEST_F(document_test, seqs_may_leave_gaps) {
  EXPECT_EQ(submit(ada, 3, 10, make_op({"x"})), committed(11));
  EXPECT_EQ(submit(ada, 900, 11, make_op({"x"})), committed(12));
}

TEST_F(document_test, refuses_a_revision_that_is_not_there_yet) {
  expect_unchanged(rejected(reject_reason::unknown_revision), ada, 1, 11, make_op({"x"}));
  EXPECT_EQ(submit(ada, 1, 10, make_op({"x"})), committed(11)) << "the seq is still free";
}

TEST_F(document_test, refuses_what_reaches_beyond_the_text) {
  expect_unchanged(rejected(reject_reason::beyond_text), ada, 1, 10, make_op({6, "x"}));
  expect_unchanged(rejected(reject_reason::beyond_text), ada, 1, 10, make_op({3, del(3)}));
  expect_unchanged(rejected(reject_reason::beyond_text), ada, 1, 10, make_op({"x", 6}));
  expect_unchanged(rejected(reject_reason::beyond_text), ada, 1, 10, make_op({6}));
  EXPECT_EQ(submit(ada, 1, 10, make_op({5, "x"})), committed(11));
  // What counts is the text at the base, not at the head.
  EXPECT_EQ(submit(bob, 1, 10, make_op({del(5)})), committed(12));
  expect_unchanged(rejected(reject_reason::beyond_text), ada, 2, 12, make_op({1, del(1)}));
  EXPECT_EQ(submit(ada, 2, 11, make_op({6, "y"})), committed(13));
}

TEST_F(document_test, refuses_to_grow_past_the_limit) {
  EXPECT_EQ(submit(ada, 1, 10, make_op({"123456789012345"})), committed(11));  // 20
  expect_unchanged(rejected(reject_reason::text_too_long), ada, 2, 11, make_op({"x"}));
  expect_unchanged(rejected(reject_reason::text_too_long), ada, 2, 11, make_op({"xx", del(1)}));
  EXPECT_EQ(submit(ada, 2, 11, make_op({"x", del(1)})), committed(12));
  EXPECT_EQ(submit(bob, 1, 11, make_op({del(1)})), committed(13)) << "removed by both";
  EXPECT_EQ(file.operations().at(13).op, make_op({}));
}

TEST_F(document_test, the_limit_counts_the_head_and_not_the_base) {
  EXPECT_EQ(submit(ada, 1, 10, make_op({"1234567890"})), committed(11));
  expect_unchanged(rejected(reject_reason::text_too_long), bob, 1, 10, make_op({"123456"}));
  EXPECT_EQ(submit(bob, 1, 10, make_op({"12345"})), committed(12));
}

TEST_F(document_test, a_text_beyond_the_limit_may_shrink) {
  document longer{{.text_chars = 3, .history_ops = 4}, 0, rope{"hello"}};
  EXPECT_EQ(longer.submit({ada, 1, 0, make_op({del(1)}), 0}), committed(1));
  EXPECT_EQ(longer.submit({ada, 2, 1, make_op({"x", del(1)}), 0}), committed(2));
  EXPECT_EQ(longer.submit({ada, 3, 2, make_op({"x"}), 0}),
            rejected(reject_reason::text_too_long));
}

TEST_F(document_test, commits_the_identity) {
  EXPECT_EQ(submit(ada, 1, 10, make_op({})), committed(11));
  confirm(11);
  EXPECT_EQ(text(), "hello");
}

TEST_F(document_test, asks_for_a_rebase_when_the_history_is_forgotten) {
  for (std::uint64_t i = 1; i <= 9; ++i) {
    submit(ada, i, 9 + i, make_op({"x"}));
    confirm(10 + i);
  }
  EXPECT_EQ(file.operations().first(), 15U) << "4 are kept behind the durable revision";
  expect_unchanged(rebase, bob, 1, 14, make_op({"y"}));
  EXPECT_EQ(submit(bob, 1, 15, make_op({"y"})), committed(20)) << "the seq is still free";
}

TEST_F(document_test, tentative_operations_are_never_forgotten) {
  for (std::uint64_t i = 1; i <= 12; ++i)
    EXPECT_EQ(submit(ada, i, 9 + i, make_op({"x"})), committed(10 + i));
  EXPECT_EQ(file.operations().first(), 10U);
  confirm(12);
  EXPECT_EQ(file.operations().first(), 10U);
  confirm(22);
  EXPECT_EQ(file.operations().first(), 18U);
}

TEST_F(document_test, roll_back_forgets_what_is_tentative) {
  submit(ada, 1, 10, make_op({"x"}));
  submit(bob, 1, 10, make_op({"y"}));
  submit(ada, 2, 11, make_op({"z"}));
  confirm(11);
  roll_back();
  EXPECT_EQ(file.head(), 11U);
  EXPECT_EQ(text(), "xhello");
  EXPECT_EQ(file.revision_of(ada, 1), 11U);
  EXPECT_EQ(file.revision_of(ada, 2), std::nullopt);
  EXPECT_EQ(file.revision_of(bob, 1), std::nullopt);
}

TEST_F(document_test, roll_back_lets_the_same_edits_come_again) {
  submit(ada, 1, 10, make_op({"x"}));
  confirm(11);
  submit(ada, 2, 11, make_op({"y"}));
  submit(ada, 3, 12, make_op({"z"}));
  submit(bob, 8, 11, make_op({"b"}));
  roll_back();
  expect_unchanged(duplicate(11), ada, 1, 10, make_op({"x"}));
  EXPECT_EQ(submit(bob, 8, 11, make_op({"b"})), committed(12));
  EXPECT_EQ(submit(ada, 2, 11, make_op({"y"})), committed(13));
  confirm(13);
  EXPECT_EQ(text(), "ybxhello");
}

TEST_F(document_test, roll_back_of_nothing_changes_nothing) {
  roll_back();
  submit(ada, 1, 10, make_op({"x"}));
  confirm(11);
  roll_back();
  EXPECT_EQ(text(), "xhello");
  EXPECT_EQ(file.revision_of(ada, 1), 11U);
}

TEST_F(document_test, replays_a_log) {
  EXPECT_TRUE(file.replay({make_op({5, "!"}), ada, 4, 0, 0}));
  EXPECT_TRUE(file.replay({make_op({"> "}), bob, 1, 0, 0}));
  file.check();
  EXPECT_EQ(text(), "> hello!");
  EXPECT_EQ(file.head(), 12U);
  EXPECT_EQ(file.durable_revision(), 12U);
  expect_unchanged(duplicate(11), ada, 4, 10, make_op({5, "!"}));
  EXPECT_EQ(submit(bob, 2, 10, make_op({del(1)})), committed(13));
  EXPECT_EQ(file.operations().at(13).op, make_op({2, del(1)}));
}

TEST_F(document_test, does_not_replay_what_does_not_fit) {
  EXPECT_FALSE(file.replay({make_op({6, "!"}), ada, 4, 0, 0}));
  file.check();
  EXPECT_EQ(file.head(), 10U);
  EXPECT_EQ(file.revision_of(ada, 4), std::nullopt);
  EXPECT_EQ(text(), "hello");
}

TEST_F(document_test, replay_bounds_the_history_it_keeps) {
  for (std::uint64_t i = 1; i <= 50; ++i)
    ASSERT_TRUE(file.replay({make_op({"x"}), ada, i, 0, 0}));
  file.check();
  EXPECT_LE(file.head() - file.operations().first(), 8U);
  EXPECT_GE(file.head() - file.operations().first(), 4U);
  EXPECT_EQ(text(), std::string(50, 'x') + "hello");
}

TEST_F(document_test, starts_with_the_edits_that_it_is_told_of) {
  document loaded{{}, 10, rope{"hello"}, {{ada, {4, 9}}}};
  EXPECT_EQ(loaded.submit({ada, 4, 9, make_op({"x"}), 0}), duplicate(9));
  EXPECT_EQ(loaded.submit({ada, 3, 9, make_op({"x"}), 0}), rejected(reject_reason::old_seq));
  EXPECT_EQ(loaded.submit({ada, 5, 9, make_op({"x"}), 0}), rebase);
  EXPECT_EQ(loaded.submit({ada, 5, 10, make_op({"x"}), 0}), committed(11));
  loaded.roll_back();
  EXPECT_EQ(loaded.submit({ada, 4, 9, make_op({"x"}), 0}), duplicate(9));
}

TEST_F(document_test, tells_the_revision_of_a_clients_last_edit) {
  EXPECT_EQ(file.revision_of(ada, 1), std::nullopt);
  submit(ada, 1, 10, make_op({"x"}));
  EXPECT_EQ(file.revision_of(ada, 1), 11U);
  EXPECT_EQ(file.revision_of(ada, 2), std::nullopt);
  EXPECT_EQ(file.revision_of(bob, 1), std::nullopt);
  confirm(11);
  EXPECT_EQ(file.revision_of(ada, 1), 11U);
  EXPECT_EQ(file.last_by_client().at(ada).seq, 1U);
  EXPECT_EQ(file.last_by_client().at(ada).rev, 11U);
}

TEST_F(document_test, composes_a_catch_up) {
  submit(ada, 1, 10, make_op({5, "!"}));
  submit(bob, 1, 10, make_op({del(1), "J"}));
  submit(ada, 2, 12, make_op({5, "?"}));
  confirm(13);
  EXPECT_EQ(ot::apply(file.composed(10, 13), "hello"), text());
  EXPECT_EQ(text(), "Jello?!");
  EXPECT_TRUE(file.composed(11, 11).is_identity());
}

}  // namespace
}  // namespace tandem::ot
