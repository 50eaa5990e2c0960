// Many operations made one. That any grouping gives the same is algebra_test's.
#include "ot/composer.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tandem::ot {
namespace {

TEST(composer, of_nothing_does_nothing) {
  EXPECT_TRUE(composer{}.composed().is_identity());
}

TEST(composer, does_what_all_of_them_do_however_many) {
  composer together;
  std::string text;
  for (std::uint32_t count = 1; count <= 40; ++count) {
    text_op op;
    op.keep(count / 2).insert(std::string(1, static_cast<char>('a' + count % 26)));
    text = ot::apply(op, text);
    together.add(op);
    ASSERT_EQ(ot::apply(together.composed(), ""), text) << count;
  }
}

}  // namespace
}  // namespace tandem::ot
