// Operations: normal form, application, composition, inversion.
#include "ot/text_op.hpp"

#include "ot/rope.hpp"
#include "tests/support/ops.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace tandem::ot {
namespace {

using test::del;
using test::make_op;
using test::to_json;

TEST(text_op, is_built_in_normal_form) {
  const struct {
    text_op op;
    const char* json;
  } cases[] = {
    {make_op({}), "[]"},
    {make_op({0, "a", "b", 0, del(1), del(2), 4}), "[\"ab\",{\"d\":3}]"},
    {make_op({5}), "[]"},
    {make_op({5, 2, "x"}), "[7,\"x\"]"},
    {make_op({5, "", "x", del(0)}), "[5,\"x\"]"},
    {make_op({del(1), "x", del(1)}), "[{\"d\":1},\"x\",{\"d\":1}]"},
    {make_op({"x", 0, "y"}), "[\"xy\"]"},
    {make_op({del(1), 0, "", del(1)}), "[{\"d\":2}]"},
    {make_op({1, del(1), 3, ""}), "[1,{\"d\":1}]"},
    {make_op({"a", 1, "b", 1, "c", 1, "d", 1, "e", 1}), "[\"a\",1,\"b\",1,\"c\",1,\"d\",1,\"e\"]"},
  };
  for (const auto& [op, json] : cases) {
    op.check();
    EXPECT_EQ(to_json(op), json);
  }
}

TEST(text_op, counts_characters_not_bytes) {
  const text_op op = make_op({2, "aé€😀", del(3), 1, "x"});
  EXPECT_EQ(op.reach_chars(), 6U);
  EXPECT_EQ(op.inserted_chars(), 5U);
  EXPECT_EQ(op.removed_chars(), 3U);
  EXPECT_EQ(op.length_after(10), 12U);
  EXPECT_EQ(op.inserted_text(), "aé€😀x");
  EXPECT_FALSE(op.is_identity());
  op.check();
}

TEST(text_op, a_keep_at_the_end_is_not_reach) {
  EXPECT_EQ(make_op({1, "x", 9}).reach_chars(), 1U);
  EXPECT_TRUE(make_op({9}).is_identity());
  EXPECT_EQ(make_op({9}), make_op({}));
}

TEST(text_op, a_keep_at_the_end_still_tells_what_its_maker_took_the_text_for) {
  EXPECT_EQ(make_op({1, "x", 9}).spanned_chars(), 10U);
  EXPECT_EQ(make_op({1, "x", del(2)}).spanned_chars(), 3U);
  EXPECT_EQ(make_op({1, 9, "x"}).spanned_chars(), 10U);
  EXPECT_EQ(make_op({}).spanned_chars(), 0U);
}

TEST(text_op, equality_sees_kinds_lengths_and_text) {
  EXPECT_EQ(make_op({1, "x"}), make_op({1, "x", 5}));
  EXPECT_NE(make_op({1, "x"}), make_op({2, "x"}));
  EXPECT_NE(make_op({1, "x"}), make_op({1, "y"}));
  EXPECT_NE(make_op({"x", del(1)}), make_op({del(1), "x"}));
  EXPECT_NE(make_op({"ab", 1, "c"}), make_op({"a", 1, "bc"}));
  EXPECT_NE(make_op({"x"}), make_op({}));
}

TEST(text_op, copies_are_independent) {
  const text_op original = make_op({1, "x", 2, del(1), 1, "y"});
  text_op copy = original;
  copy.keep(1).insert("z");
  EXPECT_EQ(to_json(original), "[1,\"x\",2,{\"d\":1},1,\"y\"]");
  EXPECT_EQ(to_json(copy), "[1,\"x\",2,{\"d\":1},1,\"y\",1,\"z\"]");
}

TEST(text_op, applies) {
  const struct {
    const char* text;
    text_op op;
    const char* after;
  } cases[] = {
    {"", make_op({}), ""},
    {"", make_op({"x"}), "x"},
    {"abc", make_op({}), "abc"},
    {"abc", make_op({3, "x"}), "abcx"},
    {"abc", make_op({del(3)}), ""},
    {"abc", make_op({1, del(1)}), "ac"},
    {"abc", make_op({"x", del(3), "y"}), "xy"},
    {"a😀b", make_op({1, del(1), "€"}), "a€b"},
    {"é€😀", make_op({1, "a", 1, "b", 1, "c"}), "éa€b😀c"},
    {"hello world", make_op({5, "abc", del(2)}), "helloabcorld"},
  };
  for (const auto& [text, op, after] : cases) {
    EXPECT_EQ(ot::apply(op, text), after) << to_json(op);
    rope big{text};
    big.apply(op);
    EXPECT_EQ(big.to_string(), after) << to_json(op);
    big.check();
  }
}

TEST(text_op, composes) {
  const struct {
    text_op first, second, composed;
  } cases[] = {
    {make_op({}), make_op({}), make_op({})},
    {make_op({"x"}), make_op({}), make_op({"x"})},
    {make_op({}), make_op({"x"}), make_op({"x"})},
    {make_op({"abc"}), make_op({1, del(1)}), make_op({"ac"})},
    {make_op({del(1)}), make_op({"x"}), make_op({"x", del(1)})},
    {make_op({"x"}), make_op({1, del(1)}), make_op({"x", del(1)})},
    {make_op({"x"}), make_op({del(1)}), make_op({})},
    {make_op({"x"}), make_op({del(3)}), make_op({del(2)})},
    {make_op({2, "x"}), make_op({5, "y"}), make_op({2, "x", 2, "y"})},
    {make_op({2, del(2)}), make_op({1, del(2)}), make_op({1, del(4)})},
    {make_op({"ad"}), make_op({1, "bc"}), make_op({"abcd"})},
    {make_op({"a😀d"}), make_op({1, del(1), "€"}), make_op({"a€d"})},
    {make_op({1, del(1), "x"}), make_op({2, "y"}), make_op({1, del(1), "xy"})},
    {make_op({1, del(3)}), make_op({1, "x"}), make_op({1, "x", del(3)})},
    {make_op({1, del(3)}), make_op({2, "x"}), make_op({1, del(3), 1, "x"})},
  };
  for (const auto& [first, second, composed] : cases) {
    const text_op result = compose(first, second);
    result.check();
    EXPECT_EQ(result, composed) << to_json(first) << " then " << to_json(second);
  }
}

TEST(text_op, inverts) {
  const struct {
    const char* text;
    text_op op, inverse;
  } cases[] = {
    {"abc", make_op({}), make_op({})},
    {"abc", make_op({1, "é😀"}), make_op({1, del(2)})},
    {"a😀c", make_op({1, del(2)}), make_op({1, "😀c"})},
    {"abc", make_op({"x", del(2), 1, "y"}), make_op({del(1), "ab", 1, del(1)})},
    {"abc", make_op({del(1), 1, del(1)}), make_op({"a", 1, "c"})},
  };
  for (const auto& [text, op, inverse] : cases) {
    const text_op result = invert(op, rope{text});
    result.check();
    EXPECT_EQ(result, inverse) << to_json(op);
    EXPECT_EQ(ot::apply(result, ot::apply(op, text)), text);
  }
}

TEST(text_op, is_equal_only_to_one_with_the_same_components_and_texts) {
  const ot::text_op op = make_op({1, "e", del(1)});
  EXPECT_EQ(op, make_op({1, "e", del(1)}));
  for (const ot::text_op& other :
       {make_op({1, "e"}), make_op({2, "e", del(1)}), make_op({1, "x", del(1)}),
        make_op({1, "é", del(1)}), make_op({"e", del(1)}), make_op({1, del(1), "e"})})
    EXPECT_FALSE(op == other);
}

}  // namespace
}  // namespace tandem::ot
