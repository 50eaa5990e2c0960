// Transformation by tables: the nine pairs of kinds, ties, positions, and the
// pair of histories that shows why nothing is transformed against a composition.
#include "ot/transform.hpp"

#include "tests/support/ops.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>
#include <utility>

namespace tandem::ot {
namespace {

using test::del;
using test::make_op;
using test::to_json;

struct transform_case {
  text_op op, against;
  text_op left, right;  // what op becomes as either side
};

void expect_cases(std::initializer_list<transform_case> cases) {
  for (const auto& [op, against, left, right] : cases) {
    const text_op as_left = transform(op, against, side::left);
    const text_op as_right = transform(op, against, side::right);
    as_left.check();
    as_right.check();
    EXPECT_EQ(as_left, left) << to_json(op) << " against " << to_json(against);
    EXPECT_EQ(as_right, right) << to_json(op) << " against " << to_json(against);
  }
}

transform_case either(text_op op, text_op against, const text_op& result) {
  return {std::move(op), std::move(against), result, result};
}

TEST(transform, insert_against_insert) {
  expect_cases({
    {make_op({5, " B"}), make_op({5, " A"}), make_op({5, " B"}), make_op({7, " B"})},
    either(make_op({2, "x"}), make_op({3, "y"}), make_op({2, "x"})),
    either(make_op({3, "x"}), make_op({2, "y😀"}), make_op({5, "x"})),
    {make_op({"x"}), make_op({"y"}), make_op({"x"}), make_op({1, "x"})},
  });
}

TEST(transform, insert_against_remove) {
  expect_cases({
    either(make_op({4, "x"}), make_op({3, del(2)}), make_op({3, "x"})),
    either(make_op({5, "x"}), make_op({3, del(2)}), make_op({3, "x"})),
    either(make_op({3, "x"}), make_op({3, del(2)}), make_op({3, "x"})),
    either(make_op({6, "x"}), make_op({3, del(2)}), make_op({4, "x"})),
  });
}

TEST(transform, insert_against_keep_stands) {
  expect_cases({either(make_op({2, "x"}), make_op({9, "y"}), make_op({2, "x"}))});
}

TEST(transform, remove_against_insert) {
  expect_cases({
    either(make_op({3, del(2)}), make_op({3, "x"}), make_op({4, del(2)})),
    either(make_op({3, del(2)}), make_op({4, "x"}), make_op({3, del(1), 1, del(1)})),
    either(make_op({3, del(2)}), make_op({5, "x"}), make_op({3, del(2)})),
    either(make_op({1, del(3)}), make_op({2, "ZZ"}), make_op({1, del(1), 2, del(2)})),
  });
}

TEST(transform, remove_against_remove) {
  expect_cases({
    either(make_op({3, del(4)}), make_op({5, del(4)}), make_op({3, del(2)})),
    either(make_op({5, del(4)}), make_op({3, del(4)}), make_op({3, del(2)})),
    either(make_op({1, del(3)}), make_op({2, del(1)}), make_op({1, del(2)})),
    either(make_op({2, del(1)}), make_op({1, del(3)}), make_op({})),
    either(make_op({1, del(2)}), make_op({1, del(2)}), make_op({})),
    either(make_op({5, del(2)}), make_op({1, del(2)}), make_op({3, del(2)})),
  });
}

TEST(transform, remove_against_keep_stands) {
  expect_cases({either(make_op({2, del(1)}), make_op({9, "y"}), make_op({2, del(1)}))});
}

TEST(transform, keep_against_insert_keep_and_remove) {
  expect_cases({
    either(make_op({4, "x"}), make_op({1, "yy"}), make_op({6, "x"})),
    either(make_op({4, "x"}), make_op({8, del(1)}), make_op({4, "x"})),
    either(make_op({4, "x"}), make_op({1, del(2)}), make_op({2, "x"})),
  });
}

TEST(transform, the_identity_changes_nothing_and_stays_itself) {
  expect_cases({
    either(make_op({2, "x", del(1)}), make_op({}), make_op({2, "x", del(1)})),
    either(make_op({}), make_op({2, "x", del(1)}), make_op({})),
  });
}

TEST(transform, long_operations_are_carried_piece_by_piece) {
  expect_cases({
    {make_op({1, "a", 2, del(3), "b", 1, "c"}), make_op({"x", 1, "y", del(1), 3, "z", del(1)}),
     make_op({2, "a", 2, del(2), 1, "b", 1, "c"}), make_op({3, "a", 1, del(2), 1, "b", 1, "c"})},
  });
}

TEST(transform, a_composition_forgets_on_which_side_of_removed_text_an_insertion_stood) {
  const text_op history[] = {make_op({del(1)}), make_op({"y"})};
  const text_op concurrent = make_op({1, "*"});
  const text_op one_by_one = transform(transform(concurrent, history[0], side::left), history[1],
                                       side::left);
  const text_op at_once = transform(concurrent, compose(history[0], history[1]), side::left);
  EXPECT_EQ(one_by_one, make_op({"*"}));
  EXPECT_EQ(at_once, make_op({1, "*"}));
}

TEST(transform_position, follows_the_text_around_it) {
  const struct {
    std::uint64_t position;
    text_op op;
    std::uint64_t after;
  } cases[] = {
    {3, make_op({3, "ab"}), 3},  // an insertion exactly there does not move it
    {3, make_op({2, "ab"}), 5},
    {3, make_op({2, "😀"}), 4},
    {3, make_op({4, "ab"}), 3},
    {5, make_op({2, del(10)}), 2},
    {5, make_op({2, del(1)}), 4},
    {5, make_op({5, del(1)}), 5},
    {5, make_op({3, del(2), "x"}), 3},
    {5, make_op({3, del(1), "x", del(1)}), 4},
    {5, make_op({3, "x", del(2)}), 4},
    {0, make_op({"x"}), 0},
    {0, make_op({del(1)}), 0},
    {7, make_op({}), 7},
    {7, make_op({"ab", 2, del(1), 1, "c"}), 9},
  };
  for (const auto& [position, op, after] : cases)
    EXPECT_EQ(transform_position(position, op), after) << position << " over " << to_json(op);
}

}  // namespace
}  // namespace tandem::ot
