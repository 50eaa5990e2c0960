// The rope beside the plain text that it must hold.
//
// Input: a program: an initial text, then edits, reads and snapshots, a few
// bytes each. The rope is compiled with tiny nodes (ot/rope_nodes.hpp).
// Must hold
//  1. After every edit the rope is sound and holds the model's text.
//  2. Parts, and positions in every unit, are those of the model.
//  3. A snapshot holds its text whatever becomes of the original, and can be
//     edited on its own.
#include "tests/fuzz/support/fuzz.hpp"
#include "tests/support/model_rope.hpp"

#include <fuzzer/FuzzedDataProvider.h>

#include <array>
#include <utility>

namespace tandem::fuzz {
namespace {

using test::model_rope;

constexpr int steps_max = 300;             // bounds the time of one input
constexpr std::size_t length_max = 20'000;  // and its memory

std::u32string consume_text(FuzzedDataProvider& choices) {
  std::u32string text;
  for (const char byte : choices.ConsumeRandomLengthString(24))
    text += test::alphabet[static_cast<unsigned char>(byte) % test::alphabet.size()];
  const int doublings = choices.ConsumeIntegralInRange(0, 6);
  for (int i = 0; i < doublings; ++i)
    text += text;
  return text;
}

std::size_t consume_below(FuzzedDataProvider& choices, std::size_t most) {
  return choices.ConsumeIntegralInRange<std::size_t>(0, most);
}

// ---- edits ----

void insert(FuzzedDataProvider& choices, model_rope& at) {
  const std::size_t position = consume_below(choices, at.model.size());
  const std::u32string text = consume_text(choices);
  if (at.model.size() + text.size() <= length_max)
    at.insert(position, text);
}

void remove(FuzzedDataProvider& choices, model_rope& at) {
  const std::size_t position = consume_below(choices, at.model.size());
  at.remove(position, consume_below(choices, at.model.size() - position));
}

// An operation, and the model's text after it, made side by side.
void apply(FuzzedDataProvider& choices, model_rope& at) {
  ot::text_op op;
  std::u32string after;
  std::size_t met = 0;
  for (int left = choices.ConsumeIntegralInRange(1, 6); left > 0; --left) {
    const std::size_t chars = consume_below(choices, at.model.size() - met);
    const std::u32string text = consume_text(choices);
    op.keep(static_cast<std::uint32_t>(chars));
    after += at.model.substr(met, chars);
    met += chars;
    if (choices.ConsumeBool() && after.size() + at.model.size() + text.size() <= length_max) {
      op.insert(test::to_utf8(text));
      after += text;
    } else {
      const std::size_t removed = consume_below(choices, at.model.size() - met);
      op.remove(static_cast<std::uint32_t>(removed));
      met += removed;
    }
  }
  at.rope.apply(op);
  at.model = after + at.model.substr(met);
}

// ---- reads ----

void read_part(FuzzedDataProvider& choices, const model_rope& at) {
  const std::size_t position = consume_below(choices, at.model.size());
  const std::size_t chars = consume_below(choices, at.model.size() - position);
  must(at.rope.substring(position, chars) == test::to_utf8(at.model.substr(position, chars)),
       "a part is the model's");
}

std::uint32_t utf16_units(char32_t c) {
  return c > 0xFFFF ? 2 : 1;
}

ot::text_metrics measured(std::u32string_view text) {
  ot::text_metrics size;
  size.chars = static_cast<std::uint32_t>(text.size());
  size.bytes = static_cast<std::uint32_t>(test::to_utf8(text).size());
  for (const char32_t c : text) {
    size.utf16 += utf16_units(c);
    size.lines += c == U'\n' ? 1 : 0;
  }
  return size;
}

// Characters of the model before an offset in that unit: counted one by one.
std::size_t chars_before(std::u32string_view model, ot::text_unit unit, std::uint64_t offset) {
  if (unit == ot::text_unit::chars)
    return std::min<std::uint64_t>(offset, model.size());
  std::size_t behind_line_feed = 0;
  for (std::size_t i = 0; i < model.size(); ++i) {
    const bool is_lines = unit == ot::text_unit::lines;
    const std::uint32_t width = is_lines ? (model[i] == U'\n' ? 1 : 0) : utf16_units(model[i]);
    if (!is_lines && width > offset)
      return i;
    if (is_lines && offset == 0)
      return behind_line_feed;
    offset -= width;
    if (width > 0)
      behind_line_feed = i + 1;
  }
  return unit == ot::text_unit::lines ? behind_line_feed : model.size();
}

void read_position(FuzzedDataProvider& choices, const model_rope& at) {
  constexpr ot::text_unit units[] = {ot::text_unit::chars, ot::text_unit::utf16,
                                     ot::text_unit::lines};
  const ot::text_unit unit = choices.PickValueInArray(units);
  const std::uint64_t offset = choices.ConsumeIntegralInRange<std::uint64_t>(
    0, at.rope.size().utf16 + 3);
  const std::size_t chars = chars_before(at.model, unit, offset);
  must(at.rope.before(unit, offset) == measured(std::u32string_view{at.model}.substr(0, chars)),
       "a position in every unit is the model's");
}

// ---- the program ----

using ropes = std::array<model_rope, 3>;

void step(FuzzedDataProvider& choices, ropes& all) {
  model_rope& one = all[choices.ConsumeIntegralInRange<std::size_t>(0, all.size() - 1)];
  model_rope& other = all[choices.ConsumeIntegralInRange<std::size_t>(0, all.size() - 1)];
  switch (choices.ConsumeIntegralInRange(0, 8)) {
    case 0:
    case 1: insert(choices, one); break;
    case 2: remove(choices, one); break;
    case 3:
    case 4: apply(choices, one); break;
    case 5: read_part(choices, one); break;
    case 6: read_position(choices, one); break;
    case 7: other = model_rope{one}; break;  // a snapshot
    default: std::swap(one, other);
  }
  must(one.agrees() && other.agrees(), "a rope holds its model's text");
}

}  // namespace
}  // namespace tandem::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem::fuzz;
  FuzzedDataProvider choices{data, size};
  ropes all;
  all[0] = model_rope{consume_text(choices)};
  for (int left = steps_max; left > 0 && choices.remaining_bytes() > 0; --left)
    step(choices, all);
  for (const model_rope& one : all)
    must(one.agrees(), "a rope holds its model's text at the end");
  return 0;
}
