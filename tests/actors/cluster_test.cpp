// Which nodes there are and what is whose, without a database or a clock.
#include "actors/cluster_view.hpp"
#include "actors/membership.hpp"
#include "actors/node_messages.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tandem::test {
namespace {

constexpr std::int64_t lease_us = 3'000'000;

storage::node_record node(const std::string& id, std::int64_t beat) {
  return {id, "name of " + id, id + ":1", node_protocol_oldest, node_protocol_newest, beat, false,
          0};
}

cluster_view view_of(const std::vector<std::string>& ids) {
  cluster_view view{ids.front(), true, {}};
  for (const std::string& id : ids)
    view.nodes.push_back({id, id, "", false});
  return view;
}

// ---- whose a room is ----

TEST(cluster_view, a_rooms_home_is_the_same_for_all_whatever_the_order) {
  const cluster_view one = view_of({"a", "b", "c"});
  const cluster_view other = view_of({"c", "a", "b"});
  for (int i = 0; i < 200; ++i)
    EXPECT_EQ(one.home_of("room" + std::to_string(i)), other.home_of("room" + std::to_string(i)));
}

TEST(cluster_view, each_node_gets_its_share) {
  const cluster_view view = view_of({"a", "b", "c"});
  std::map<std::string, int> rooms;
  for (int i = 0; i < 3'000; ++i)
    ++rooms[view.home_of("room" + std::to_string(i))];
  for (const auto& [id, count] : rooms) {
    EXPECT_GT(count, 850) << id;
    EXPECT_LT(count, 1'150) << id;
  }
}

TEST(cluster_view, when_a_node_goes_only_its_rooms_move) {
  const cluster_view before = view_of({"a", "b", "c"});
  const cluster_view after = view_of({"a", "b"});
  for (int i = 0; i < 500; ++i) {
    const std::string room = "room" + std::to_string(i);
    if (before.home_of(room) != "c") {
      EXPECT_EQ(after.home_of(room), before.home_of(room));
    }
  }
}

TEST(cluster_view, a_node_that_drains_gets_no_room_and_the_last_one_all) {
  cluster_view view = view_of({"a", "b"});
  view.nodes[1].is_draining = true;
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(view.home_of("room" + std::to_string(i)), "a");
  view.nodes[0].is_draining = true;
  EXPECT_EQ(view.home_of("room"), "a") << "this node: nobody takes rooms";
}

// ---- who lives ----

TEST(membership, a_lease_is_trusted_for_less_than_others_wait_for_it) {
  membership mine{lease_us};
  EXPECT_FALSE(mine.is_in_touch(0)) << "it has not entered";
  mine.entered("a", 1'000);
  EXPECT_TRUE(mine.is_in_touch(1'000 + lease_us / 3));
  mine.beaten({node("a", 1)}, 5'000'000, 5'900'000);
  EXPECT_TRUE(mine.is_in_touch(5'000'000 + lease_us / 3 * 2 - 1));
  EXPECT_FALSE(mine.is_in_touch(5'000'000 + lease_us / 3 * 2)) << "counted from before it was sent";
}

TEST(membership, a_node_is_silent_when_its_beat_has_stood_still_for_a_lease) {
  membership mine{lease_us};
  mine.entered("a", 0);
  mine.beaten({node("a", 1), node("b", 7)}, 0, 10);
  EXPECT_TRUE(mine.silent(lease_us).empty());
  for (std::int64_t at_us = lease_us / 3; at_us <= lease_us + 20; at_us += lease_us / 3)
    mine.beaten({node("a", 2), node("b", 7)}, at_us, at_us);
  const auto silent = mine.silent(lease_us + 20);
  ASSERT_EQ(silent.size(), 1U);
  EXPECT_EQ(silent[0].id, "b");
  EXPECT_EQ(silent[0].beat, 7) << "it is buried only if it still is at that";
  mine.beaten({node("a", 3), node("b", 8)}, lease_us + 30, lease_us + 40);
  EXPECT_TRUE(mine.silent(lease_us + 50).empty()) << "it beats again";
}

TEST(membership, a_node_is_watched_for_a_lease_before_it_counts_as_silent) {
  membership mine{lease_us};
  mine.entered("a", 0);
  constexpr std::int64_t late = 100 * lease_us;
  mine.beaten({node("a", 9), node("b", 1)}, late, late);
  EXPECT_TRUE(mine.silent(late + lease_us).empty());
  EXPECT_EQ(mine.silent(late + lease_us + 1).size(), 1U);
}

TEST(membership, after_a_pause_of_its_own_it_watches_the_others_anew) {
  membership mine{lease_us};
  mine.entered("a", 0);
  mine.beaten({node("a", 1), node("b", 7)}, 0, 0);
  const std::int64_t back_us = 10 * lease_us;  // the database was away, for all
  mine.beaten({node("a", 2), node("b", 7)}, back_us, back_us);
  EXPECT_TRUE(mine.silent(back_us).empty());
  EXPECT_TRUE(mine.silent(back_us + lease_us).empty());
  EXPECT_EQ(mine.silent(back_us + lease_us + 1).size(), 1U);
}

TEST(membership, its_own_silence_is_not_its_affair) {
  membership mine{lease_us};
  mine.entered("a", 0);
  mine.beaten({node("a", 1)}, 0, 0);
  EXPECT_TRUE(mine.silent(10 * lease_us).empty());
}

TEST(membership, who_speaks_no_common_version_is_not_in_the_view) {
  membership mine{lease_us};
  mine.entered("a", 0);
  storage::node_record older = node("old", 1);
  older.speaks_from = older.speaks_to = std::int64_t{node_protocol_oldest} - 1;
  storage::node_record neighbour = node("next", 1);
  neighbour.speaks_to = std::int64_t{node_protocol_newest} + 1;
  mine.beaten({node("a", 1), older, neighbour}, 0, 0);
  const cluster_view view = mine.view(0);
  EXPECT_EQ(view.nodes.size(), 2U);
  EXPECT_EQ(view.find("old"), nullptr);
  EXPECT_NE(view.find("next"), nullptr);
}

}  // namespace
}  // namespace tandem::test
