// Copies of a rope: each goes its own way, whichever is edited, moved or gone.
#include "ot/rope.hpp"

#include "tests/support/model_rope.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace tandem::ot {
namespace {

using test::model_rope;
using test::random_chars;
using test::random_source;
using test::to_utf8;

TEST(rope_snapshot, keeps_its_text_when_the_original_is_edited_anywhere) {
  random_source random{1};
  const std::u32string text = random_chars(random, 60);
  for (std::size_t at = 0; at < text.size(); ++at) {
    model_rope original{text};
    original.insert(at, U"é");  // so that there is a cursor, which the copy makes stale
    const model_rope snapshot = original;
    original.insert(at + 1, U"😀x");
    ASSERT_TRUE(original.agrees() && snapshot.agrees()) << at;
    original.remove(at, 2);
    ASSERT_TRUE(original.agrees() && snapshot.agrees()) << at;
    original.remove(0, original.model.size());
    ASSERT_TRUE(original.agrees() && snapshot.agrees()) << at;
  }
}

TEST(rope_snapshot, may_itself_be_edited_anywhere) {
  random_source random{2};
  const std::u32string text = random_chars(random, 60);
  for (std::size_t at = 0; at < text.size(); ++at) {
    model_rope original{text};
    original.insert(at, U"é");
    model_rope snapshot = original;
    snapshot.insert(at + 1, U"😀x");
    ASSERT_TRUE(original.agrees() && snapshot.agrees()) << at;
    original.insert(at + 1, U"y");
    ASSERT_TRUE(original.agrees() && snapshot.agrees()) << at;
    snapshot.remove(at, snapshot.model.size() - at);
    ASSERT_TRUE(original.agrees() && snapshot.agrees()) << at;
  }
}

TEST(rope_snapshot, outlives_the_original_and_the_other_way_round) {
  random_source random{3};
  auto original = std::make_unique<model_rope>(random_chars(random, 100));
  auto snapshot = std::make_unique<model_rope>(*original);
  original->insert(50, U"x");
  const model_rope later = *original;
  original.reset();
  EXPECT_TRUE(snapshot->agrees() && later.agrees());
  snapshot.reset();
  EXPECT_TRUE(later.agrees());
}

TEST(rope_snapshot, edits_in_place_again_once_the_snapshot_is_gone) {
  random_source random{4};
  model_rope original{random_chars(random, 100)};
  for (int i = 0; i < 200; ++i) {
    {
      const model_rope snapshot = original;
      original.edit(random, false, 3);
      ASSERT_TRUE(snapshot.agrees());
    }
    original.edit(random, true, 3);
    ASSERT_TRUE(original.agrees()) << i;
  }
}

TEST(rope_snapshot, moves_and_assigns) {
  random_source random{5};
  model_rope a{random_chars(random, 50)};
  a.insert(20, U"x");
  model_rope b = std::move(a);
  EXPECT_TRUE(b.agrees());
  EXPECT_EQ(a.rope.to_string(), "");
  a.rope.insert(0, "y");
  EXPECT_EQ(a.rope.to_string(), "y");
  b.insert(21, U"z");
  EXPECT_TRUE(b.agrees());
  a = b;
  a.insert(22, U"w");
  b = std::move(a);
  b.insert(23, U"v");
  EXPECT_TRUE(b.agrees());
  model_rope& same = b;
  b = same;
  b.remove(20, 4);
  EXPECT_TRUE(b.agrees());
}

TEST(rope_snapshot, a_family_of_copies_stays_apart) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    random_source random{seed};
    std::vector<model_rope> family(1, model_rope{random_chars(random, 80)});
    for (int step = 0; step < 400; ++step) {
      const std::uint32_t which = random.below(family.size());
      if (random.one_in(6) && family.size() < 8)
        family.push_back(model_rope{family[which]});
      else if (random.one_in(8) && family.size() > 1)
        family.erase(family.begin() + which);
      else if (random.one_in(8))
        family[random.below(family.size())] = family[which];
      else
        family[which].edit(random, family[which].model.size() < 100, 6);
      for (const model_rope& member : family)
        ASSERT_TRUE(member.agrees()) << "seed " << seed << " step " << step;
    }
  }
}

TEST(rope_snapshot, may_be_read_on_a_thread_while_the_original_is_edited) {
  random_source random{6};
  model_rope original{random_chars(random, 2000)};
  for (int round = 0; round < 20; ++round) {
    std::atomic<bool> started{false};
    bool same = true;
    std::thread reader{[&, snapshot = original.rope, expected = to_utf8(original.model)] {
      started = true;
      for (int i = 0; i < 20; ++i)
        same = same && snapshot.to_string() == expected && rope{snapshot}.size() == snapshot.size();
    }};
    while (!started)
      std::this_thread::yield();
    for (int i = 0; i < 200; ++i)
      original.edit(random, original.model.size() < 2000, 8);
    reader.join();
    ASSERT_TRUE(same);
    ASSERT_TRUE(original.agrees());
  }
}

}  // namespace
}  // namespace tandem::ot
