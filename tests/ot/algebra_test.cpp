// The laws of the algebra, each on a million random cases a run. What must come
// out is read off plans (tests/support/random_op.hpp), never computed by what is
// under test; every result must be in normal form.
#include "ot/composer.hpp"
#include "ot/rope.hpp"
#include "ot/text_op.hpp"
#include "ot/transform.hpp"
#include "tests/support/cases.hpp"
#include "tests/support/ops.hpp"
#include "tests/support/random_op.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace tandem::ot {
namespace {

using test::for_cases;
using test::plan;
using test::random_plan;
using test::random_source;
using test::to_json;
using test::to_utf8;

constexpr std::uint64_t million = 1'000'000;

side random_side(random_source& random) {
  return random.one_in(2) ? side::left : side::right;
}

side other(side one) {
  return one == side::left ? side::right : side::left;
}

std::string shown(std::string_view text) {
  return test::json_string(text);
}

// Empty if the operation is in normal form and leads from one text to another.
std::string fault_of(const text_op& op, const std::string& from, const std::string& to) {
  if (const std::string_view fault = test::normal_form_fault(op); !fault.empty())
    return std::string{fault} + " in " + to_json(op);
  const std::string reached = ot::apply(op, from);
  if (reached == to)
    return {};
  return to_json(op) + " leads from " + shown(from) + " to " + shown(reached) + ", not to "
         + shown(to);
}

std::string difference(const text_op& actual, const text_op& expected) {
  return actual == expected ? "" : to_json(actual) + " should be " + to_json(expected);
}

std::string given(const std::u32string& text, const text_op& a, const text_op& b) {
  return "\ntext " + shown(to_utf8(text)) + ", a " + to_json(a) + ", b " + to_json(b);
}

// A text and operations on it. `a` and `b` are concurrent; `next` follows `a`.
struct scene {
  explicit scene(random_source& random)
      : text{test::random_text(random)},
        a_plan{random_plan(random, text.size())},
        b_plan{random_plan(random, text.size(), &a_plan)},
        a{test::build(a_plan)},
        b{test::build(b_plan)},
        after_a{test::text_after(a_plan, text)},
        next_plan{random_plan(random, after_a.size())},
        next{test::build(next_plan)} {}

  std::string start() const { return to_utf8(text); }

  // What is wrong, with the scene behind it; empty stays empty.
  std::string told(const std::string& fault) const {
    return fault.empty() ? fault : fault + given(text, a, b) + ", next " + to_json(next);
  }

  std::u32string text;
  plan a_plan, b_plan;
  text_op a, b;
  std::u32string after_a;
  plan next_plan;
  text_op next;
};

TEST(algebra, apply_does_what_the_plan_says) {
  for_cases(million, [](random_source& random) {
    const scene s{random};
    return s.told(fault_of(s.a, s.start(), to_utf8(s.after_a)));
  });
}

TEST(algebra, a_rope_applies_like_a_string) {
  for_cases(million, [](random_source& random) {
    const scene s{random};
    rope text{s.start()};
    text.apply(s.a);
    text.apply(s.next);
    return s.told(text.to_string() == to_utf8(test::text_after(s.next_plan, s.after_a))
                    ? "" : "the rope holds " + shown(text.to_string()));
  });
}

// The transformed operation to the letter, on both sides.
TEST(algebra, transform_does_what_the_plans_say) {
  for_cases(million, [](random_source& random) {
    const scene s{random};
    const side mine = random_side(random);
    return s.told(difference(transform(s.a, s.b, mine),
                             test::build(test::transformed(s.a_plan, s.b_plan, mine))));
  });
}

// TP1, with the text that both ways must reach: the left one's insertion stands
// before the right one's.
TEST(algebra, both_orders_of_two_edits_lead_to_one_text) {
  for_cases(million, [](random_source& random) {
    const scene s{random};
    const std::string merged = to_utf8(test::text_merged(s.b_plan, s.a_plan, s.text));
    const std::string after_b = to_utf8(test::text_after(s.b_plan, s.text));
    std::string fault = fault_of(transform(s.b, s.a, side::left), to_utf8(s.after_a), merged);
    if (fault.empty())
      fault = fault_of(transform(s.a, s.b, side::right), after_b, merged);
    return s.told(fault);
  });
}

TEST(algebra, a_composition_does_what_its_parts_do) {
  for_cases(million, [](random_source& random) {
    const scene s{random};
    return s.told(fault_of(compose(s.a, s.next), s.start(),
                           to_utf8(test::text_after(s.next_plan, s.after_a))));
  });
}

// To the letter: history may keep spans of any grouping.
TEST(algebra, composing_is_associative) {
  for_cases(million, [](random_source& random) {
    const scene s{random};
    const auto length = test::text_after(s.next_plan, s.after_a).size();
    const text_op last = test::build(random_plan(random, length));
    return s.told(difference(compose(compose(s.a, s.next), last),
                             compose(s.a, compose(s.next, last))));
  });
}

TEST(algebra, a_run_is_composed_as_one_by_one) {
  for_cases(20'000, [](random_source& random) -> std::string {
    std::u32string text = test::random_chars(random, random.below(20));
    composer together;
    text_op one_by_one;
    for (std::uint32_t steps = random.below(20); steps > 0; --steps) {
      const test::plan made = random_plan(random, text.size());
      text = test::text_after(made, text);
      one_by_one = compose(one_by_one, test::build(made));
      together.add(test::build(made));
    }
    return together.composed() == one_by_one ? "" : "another operation";
  });
}

TEST(algebra, an_inverse_takes_its_operation_back) {
  for_cases(million, [](random_source& random) {
    const scene s{random};
    const std::string after = to_utf8(s.after_a);
    const text_op inverse = invert(s.a, rope{s.start()});
    std::string fault = fault_of(inverse, after, s.start());
    if (fault.empty())
      fault = fault_of(invert(inverse, rope{after}), s.start(), after);
    if (fault.empty())
      fault = fault_of(compose(s.a, inverse), s.start(), s.start());
    return s.told(fault);
  });
}

// A composition is an operation like any other: TP1 holds for it as a whole.
// (That is what catching up with a composed operation rests on.)
TEST(algebra, both_orders_of_a_composition_and_an_edit_lead_to_one_text) {
  for_cases(million, [](random_source& random) {
    const scene s{random};
    const text_op whole = compose(s.a, s.next);
    const side mine = random_side(random);
    const std::string after_whole = to_utf8(test::text_after(s.next_plan, s.after_a));
    const std::string after_b = to_utf8(test::text_after(s.b_plan, s.text));
    return s.told(fault_of(transform(s.b, whole, mine), after_whole,
                           ot::apply(transform(whole, s.b, other(mine)), after_b)));
  });
}

// The half of "transform against a composition = transform one by one" that
// holds. A composition puts what its second part inserts as far left as it may,
// before all that its first part removed there. As `right` the other operation's
// insertions stay behind that in both ways. As `left` they do not: the smallest
// witness is in transform_test.cpp.
TEST(algebra, as_right_an_edit_goes_over_a_composition_as_over_its_parts) {
  for_cases(million, [](random_source& random) {
    const scene s{random};
    const text_op one_by_one = transform(transform(s.b, s.a, side::right), s.next, side::right);
    return s.told(difference(transform(s.b, compose(s.a, s.next), side::right), one_by_one));
  });
}

// The same seen from the composition: its parts are carried as `left`. The texts
// are one; the letters differ where an insertion may stand on either side of
// removed text.
TEST(algebra, as_left_a_composition_goes_over_an_edit_as_its_parts_do) {
  for_cases(million, [](random_source& random) {
    const scene s{random};
    const std::string after_b = to_utf8(test::text_after(s.b_plan, s.text));
    const text_op b_after_a = transform(s.b, s.a, side::right);
    const std::string after_parts = ot::apply(transform(s.next, b_after_a, side::left),
                                              ot::apply(transform(s.a, s.b, side::left), after_b));
    return s.told(fault_of(transform(compose(s.a, s.next), s.b, side::left), after_b,
                           after_parts));
  });
}

TEST(algebra, the_identity_is_neutral) {
  for_cases(million, [](random_source& random) {
    const scene s{random};
    const side mine = random_side(random);
    const text_op nothing;
    for (const text_op& same : {compose(s.a, nothing), compose(nothing, s.a),
                                transform(s.a, nothing, mine)})
      if (std::string fault = difference(same, s.a); !fault.empty())
        return s.told(fault);
    return s.told(difference(transform(nothing, s.a, mine), nothing));
  });
}

TEST(algebra, a_position_goes_where_a_mark_in_the_text_goes) {
  for_cases(million, [](random_source& random) {
    const scene s{random};
    const std::uint64_t position = random.below(s.text.size() + 1);
    const std::uint64_t expected = test::mark_after(s.a_plan, position);
    const std::uint64_t actual = transform_position(position, s.a);
    return s.told(actual == expected ? ""
                  : "position " + std::to_string(position) + " goes to " + std::to_string(actual)
                      + ", not to " + std::to_string(expected));
  });
}

TEST(algebra, positions_keep_their_order) {
  for_cases(million, [](random_source& random) {
    const scene s{random};
    std::uint64_t last = 0;
    for (std::uint64_t position = 0; position <= s.text.size(); ++position) {
      const std::uint64_t moved = transform_position(position, s.a);
      if (moved < last || moved > s.after_a.size())
        return s.told("position " + std::to_string(position) + " goes to " + std::to_string(moved));
      last = moved;
    }
    return std::string{};
  });
}

}  // namespace
}  // namespace tandem::ot
