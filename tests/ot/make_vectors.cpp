// Prints vectors of the algebra, one JSON object a line, for implementations in
// other languages to agree with to the letter.
//
//   make_vectors COUNT SEED
//
// `left` and `right` are a transformed over b as either side; `next` follows a,
// and `composed` is a with it; `position_after` is `position` after a.
#include "ot/rope.hpp"
#include "ot/transform.hpp"
#include "tests/support/ops.hpp"
#include "tests/support/random_op.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace tandem {
namespace {

std::string vector_of(test::random_source& random) {
  const std::u32string chars = test::random_text(random, 24);
  const std::string text = test::to_utf8(chars);
  const test::plan a_plan = test::random_plan(random, chars.size());
  const ot::text_op a = test::build(a_plan);
  const ot::text_op b = test::build(test::random_plan(random, chars.size(), &a_plan));
  const std::string after_a = ot::apply(a, text);
  const ot::text_op next = test::build(test::random_plan(random, ot::count_chars(after_a)));
  const std::uint64_t position = random.below(chars.size() + 1);

  std::string line = "{";
  const auto field = [&](std::string_view name, const std::string& json) {
    line += (line.size() > 1 ? ",\"" : "\"") + std::string{name} + "\":" + json;
  };
  field("text", test::json_string(text));
  field("a", test::to_json(a));
  field("b", test::to_json(b));
  field("left", test::to_json(transform(a, b, ot::side::left)));
  field("right", test::to_json(transform(a, b, ot::side::right)));
  field("after_a", test::json_string(after_a));
  field("next", test::to_json(next));
  field("composed", test::to_json(compose(a, next)));
  field("inverse", test::to_json(invert(a, ot::rope{text})));
  field("position", std::to_string(position));
  field("position_after", std::to_string(transform_position(position, a)));
  return line + '}';
}

}  // namespace
}  // namespace tandem

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: make_vectors COUNT SEED\n", stderr);
    return 2;
  }
  tandem::test::random_source random{std::strtoull(argv[2], nullptr, 10)};
  for (std::uint64_t count = std::strtoull(argv[1], nullptr, 10); count > 0; --count)
    std::puts(tandem::vector_of(random).c_str());
  return std::fflush(stdout) == 0 ? 0 : 1;
}
