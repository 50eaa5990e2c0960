// Transform, compose and invert, against plans that say what they must yield
// without calling them (tests/support/random_op.hpp).
//
// Input: choices for a short text, two concurrent operations and one that
// follows the first.
// Must hold
//  1. TP1: both ways around two concurrent operations lead to one text, which
//     is the merge of their plans; the transformed operations are the plans'.
//  2. A composition does what its two operations do; an inverse takes back.
//  3. A position goes where a mark in the text goes.
//  4. All results are canonical and fit their text.
#include "ot/rope.hpp"
#include "ot/transform.hpp"
#include "tests/fuzz/support/fuzz.hpp"

#include <fuzzer/FuzzedDataProvider.h>

#include <utility>

namespace tandem::fuzz {
namespace {

using test::plan;

constexpr std::size_t length_max = 24;  // ties and overlaps are frequent in short texts

std::u32string consume_text(FuzzedDataProvider& choices, std::size_t most) {
  std::u32string text;
  for (const char byte : choices.ConsumeRandomLengthString(most))
    text += test::alphabet[static_cast<unsigned char>(byte) % test::alphabet.size()];
  return text;
}

plan consume_plan(FuzzedDataProvider& choices, std::size_t length) {
  plan made{length};
  for (int edits = choices.ConsumeIntegralInRange(0, 8); edits > 0; --edits) {
    const auto at = choices.ConsumeIntegralInRange<std::size_t>(0, length);
    if (choices.ConsumeBool())
      made.inserts[at] += consume_text(choices, 4);
    else
      for (auto end = choices.ConsumeIntegralInRange(at, length); end > at; --end)
        made.removed[end - 1] = 1;
  }
  return made;
}

std::string applied(const ot::text_op& op, const std::string& text) {
  must_be_canonical(op);
  ot::rope rope{text};
  must(op.reach_chars() <= rope.chars(), "an operation fits its text");
  rope.apply(op);
  const std::string after = ot::apply(op, text);
  must(rope.to_string() == after, "a rope and a text come to the same");
  must(rope.chars() == op.length_after(ot::count_chars(text)), "a length is foretold");
  return after;
}

void check_concurrent(const plan& ours, const plan& theirs, const std::u32string& text) {
  const ot::text_op a = test::build(ours);
  const ot::text_op b = test::build(theirs);
  const ot::text_op a_after = ot::transform(a, b, ot::side::left);
  const ot::text_op b_after = ot::transform(b, a, ot::side::right);
  must(a_after == test::build(test::transformed(ours, theirs, ot::side::left)),
       "left is the plan's");
  must(b_after == test::build(test::transformed(theirs, ours, ot::side::right)),
       "right is the plan's");
  const std::string before = test::to_utf8(text);
  const std::string merged = test::to_utf8(test::text_merged(ours, theirs, text));
  must(applied(a_after, applied(b, before)) == merged, "theirs and then ours is the merge");
  must(applied(b_after, applied(a, before)) == merged, "ours and then theirs is the merge");
}

void check_sequence(const plan& one, const plan& next, const std::u32string& text) {
  const ot::text_op first = test::build(one);
  const ot::text_op second = test::build(next);
  const std::string before = test::to_utf8(text);
  const std::string between = applied(first, before);
  must(between == test::to_utf8(test::text_after(one, text)), "applying is the plan's");
  must(applied(ot::compose(first, second), before) == applied(second, between),
       "a composition does what both do");
  must(applied(ot::invert(first, ot::rope{before}), between) == before, "an inverse takes back");
}

void check_positions(const plan& done) {
  const ot::text_op op = test::build(done);
  for (std::size_t at = 0; at <= done.length(); ++at)
    must(ot::transform_position(at, op) == test::mark_after(done, at), "a mark goes with its text");
}

}  // namespace
}  // namespace tandem::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem::fuzz;
  FuzzedDataProvider choices{data, size};
  const std::u32string text = consume_text(choices, length_max);
  const plan ours = consume_plan(choices, text.size());
  const plan theirs = consume_plan(choices, text.size());
  check_concurrent(ours, theirs, text);
  check_sequence(ours, consume_plan(choices, tandem::test::text_after(ours, text).size()), text);
  check_positions(ours);
  return 0;
}
