// small_vector against std::vector, on both sides of its inline room.
#include "ot/small_vector.hpp"

#include "tests/support/random_text.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace tandem::ot {
namespace {

using numbers = small_vector<int, 4>;

numbers filled(int count) {
  numbers made;
  for (int i = 0; i < count; ++i)
    made.push_back(i);
  return made;
}

void expect_filled(const numbers& actual, int count) {
  ASSERT_EQ(actual.size(), static_cast<std::size_t>(count));
  EXPECT_EQ(actual.empty(), count == 0);
  for (int i = 0; i < count; ++i)
    EXPECT_EQ(actual[static_cast<std::size_t>(i)], i);
}

// 0 and 3: inside; 4: just full; 5 and 40: on the heap.
constexpr int counts[] = {0, 3, 4, 5, 40};

TEST(small_vector, keeps_what_is_pushed) {
  for (const int count : counts)
    expect_filled(filled(count), count);
}

TEST(small_vector, copies_are_independent) {
  for (const int count : counts) {
    const numbers original = filled(count);
    numbers copy = original;
    copy.push_back(-1);
    expect_filled(original, count);
    EXPECT_EQ(copy.back(), -1);
    EXPECT_EQ(copy.size(), original.size() + 1);
  }
}

TEST(small_vector, assignment_replaces_any_size_by_any_size) {
  for (const int from : counts) {
    for (const int to : counts) {
      const numbers source = filled(from);
      numbers target = filled(to);
      target = source;
      expect_filled(target, from);
      numbers moved = filled(to);
      moved = filled(from);
      expect_filled(moved, from);
      moved.push_back(from);
      expect_filled(moved, from + 1);
    }
  }
}

TEST(small_vector, assigning_to_itself_changes_nothing) {
  for (const int count : counts) {
    numbers vector = filled(count);
    numbers& same = vector;
    vector = same;
    expect_filled(vector, count);
    vector = std::move(same);
    expect_filled(vector, count);
  }
}

TEST(small_vector, moved_from_is_empty_and_usable) {
  for (const int count : counts) {
    numbers source = filled(count);
    const numbers target = std::move(source);
    expect_filled(target, count);
    expect_filled(source, 0);
    source.push_back(0);
    expect_filled(source, 1);
    expect_filled(target, count);
  }
}

TEST(small_vector, clear_empties_and_what_follows_is_kept) {
  for (const int count : counts) {
    numbers vector = filled(count);
    vector.clear();
    expect_filled(vector, 0);
    vector.push_back(0);
    expect_filled(vector, 1);
  }
}

TEST(small_vector, behaves_like_a_vector_under_random_use) {
  test::random_source random{1};
  numbers vector;
  std::vector<int> model;
  for (int step = 0; step < 20'000; ++step) {
    const int value = static_cast<int>(random.below(1000));
    if (random.one_in(20)) {
      vector.clear();
      model.clear();
    } else if (random.one_in(10)) {
      numbers other = vector;
      vector = random.one_in(2) ? std::move(other) : other;
    } else if (!model.empty() && random.one_in(5)) {
      vector.back() = value;
      model.back() = value;
    } else {
      vector.push_back(value);
      model.push_back(value);
    }
    ASSERT_TRUE(std::equal(vector.begin(), vector.end(), model.begin(), model.end())) << step;
  }
}

}  // namespace
}  // namespace tandem::ot
