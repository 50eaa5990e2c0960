// LINKS, RELAY and DELEGATE of two nodes, message by message. With a network between
// them, and much more going on: tests/drills/cluster.mjs.
#include "tests/actors/linked_nodes.hpp"

#include <gtest/gtest.h>

namespace tandem::test {
namespace {

using namespace std::chrono_literals;
using lines = std::vector<std::string>;

// ---- versions ----

class versions : public testing::TestWithParam<std::pair<spoken_versions, spoken_versions>> {};

TEST_P(versions, a_room_is_entered_through_the_other_node_in_both_directions) {
  linked_nodes nodes{GetParam().first, GetParam().second};
  for (const auto& [from, to] : {std::pair{&nodes.a, &nodes.b}, std::pair{&nodes.b, &nodes.a}}) {
    nodes.knock(*from, nodes.relay_to(*from, *to));
    ASSERT_EQ(to->told->wishes.size(), 1U) << from->id;
    EXPECT_EQ(to->told->wishes[0].room_id, "room");
    nodes.let_in(*to, 7);
    EXPECT_EQ(from->told->lines, lines{"entered 7"});
  }
}

INSTANTIATE_TEST_SUITE_P(
  node_actors, versions,
  testing::Values(std::pair{spoken_versions{}, spoken_versions{}},
                  std::pair{spoken_versions{1, 2}, spoken_versions{1, 1}},
                  std::pair{spoken_versions{1, 1}, spoken_versions{1, 2}},
                  std::pair{spoken_versions{1, 3}, spoken_versions{2, 2}}));

TEST(node_actors, without_a_common_version_nothing_is_said) {
  linked_nodes nodes{{1, 1}, {2, 2}};
  nodes.knock(nodes.a, nodes.relay_to(nodes.a, nodes.b));
  nodes.pass(2s);
  EXPECT_TRUE(nodes.b.told->wishes.empty());
  EXPECT_EQ(nodes.a.told->lines, lines{"moved "}) << "and it looks elsewhere";
}

// ---- links ----

TEST(node_actors, a_greeting_that_is_repeated_before_it_is_answered_ends_no_route) {
  linked_nodes nodes;
  nodes.hold(nodes.b.links);
  nodes.relay_to(nodes.a, nodes.b);                          // a dials b, and greets
  const auto way = nodes.relay_to(nodes.b, nodes.a);         // b is to speak with a, too
  nodes.pass(300ms);                                         // a greets once more
  nodes.release();
  nodes.knock(nodes.b, way);
  nodes.let_in(nodes.a, 7);
  EXPECT_EQ(nodes.b.told->lines, lines{"entered 7"});
  EXPECT_TRUE(nodes.b.told->moved.empty());
}

TEST(node_actors, who_was_dialled_while_it_dialled_in_vain_keeps_that_link) {
  linked_nodes nodes;
  nodes.a.cannot_dial = true;
  nodes.hold(nodes.a.links);
  const auto way = nodes.relay_to(nodes.a, nodes.b);
  nodes.relay_to(nodes.b, nodes.a);
  nodes.release();
  nodes.knock(nodes.a, way);
  EXPECT_EQ(nodes.a.lost, lines{});
  EXPECT_EQ(nodes.b.told->wishes.size(), 1U);
}

TEST(node_actors, who_has_lost_a_link_and_greets_anew_ends_the_others_routes) {
  linked_nodes nodes;
  nodes.relay_to(nodes.a, nodes.b);
  nodes.relay_to(nodes.b, nodes.a);
  ASSERT_TRUE(nodes.b.told->moved.empty());
  nodes.lose_link(nodes.a, nodes.b);  // which b does not notice
  EXPECT_EQ(nodes.a.lost, lines{"B"});
  EXPECT_EQ(nodes.a.told->moved.size(), 1U);
  EXPECT_TRUE(nodes.b.told->moved.empty());
  nodes.relay_to(nodes.a, nodes.b);
  ASSERT_EQ(nodes.b.told->moved.size(), 1U);
  EXPECT_TRUE(nodes.b.told->moved[0].is_link_lost);
}

TEST(node_actors, who_dials_another_and_reaches_itself_makes_no_link) {
  linked_nodes nodes;
  nodes.a.dials_itself = true;
  nodes.knock(nodes.a, nodes.relay_to(nodes.a, nodes.b));
  nodes.pass(2s);
  EXPECT_EQ(nodes.a.counters->links, 0U);
  EXPECT_EQ(nodes.a.told->lines, lines{"moved "});
}

// ---- routes ----

class routes : public testing::Test {
 protected:
  // Through a's relay somebody is in b's room.
  routes() {
    way = nodes.relay_to(nodes.a, nodes.b);
    before_entering = nodes.actors();
    nodes.knock(nodes.a, way);
    delegate = nodes.b.told->wishes.at(0).session;
    nodes.let_in(nodes.b, 7);
  }

  linked_nodes nodes;
  relay_actor way;
  session_actor delegate;
  std::size_t before_entering = 0;
};

TEST_F(routes, what_is_still_said_on_a_route_that_has_ended_makes_no_delegate) {
  nodes.hold(nodes.a.links);  // who does not hear yet that the room is gone
  nodes.tell(delegate, no_room{no_room::reason::moved, 0, {}});
  EXPECT_EQ(nodes.actors(), before_entering);
  nodes.tell(way, member_says{member_left{7}});
  nodes.tell(way, member_says{move_cursor{8, {}, 0, {}}});
  EXPECT_EQ(nodes.actors(), before_entering);
  nodes.release();
  EXPECT_EQ(nodes.a.told->moved.size(), 1U);
  EXPECT_EQ(nodes.actors(), before_entering - 1) << "the relay is gone";
}

TEST_F(routes, a_relay_that_ends_by_itself_takes_its_delegate_with_it) {
  nodes.knock(nodes.a, way, 2);
  const enter_room second = std::move(nodes.b.told->wishes.at(0));
  nodes.tell(second.session, no_room{no_room::reason::moved, second.token, "C"});
  EXPECT_EQ(nodes.a.told->lines, (lines{"entered 7", "moved C", "moved C"}));
  EXPECT_EQ(nodes.actors(), before_entering - 1) << "neither relay nor delegate";
  ASSERT_EQ(nodes.b.told->said.size(), 1U);
  EXPECT_EQ(std::get<member_left>(nodes.b.told->said[0].what).site, 7U);
}

TEST_F(routes, who_has_left_does_not_leave_again_when_the_delegate_ends) {
  nodes.tell(way, member_says{member_left{7}});
  nodes.tell(way, retire{});
  EXPECT_EQ(nodes.b.told->said.size(), 1U);
  EXPECT_EQ(nodes.actors(), before_entering - 1);
}

TEST_F(routes, a_long_message_crosses_in_parts_and_a_short_one_after_it) {
  const std::string text(700'000, 'x');
  nodes.tell(way, member_says{post_chat{7, {1, text}}});
  nodes.tell(way, member_says{post_chat{7, {2, "short"}}});
  ASSERT_EQ(nodes.b.told->said.size(), 2U);
  EXPECT_EQ(std::get<post_chat>(nodes.b.told->said[0].what).chat.text, text);
  EXPECT_EQ(std::get<post_chat>(nodes.b.told->said[1].what).chat.text, "short");
}

// ---- what is not read ----

class unread : public routes {
 protected:
  void say(std::size_t bytes) {
    constexpr std::size_t at_once = 100'000;
    for (std::size_t said = 0; said < bytes; said += at_once)
      nodes.tell(way, member_says{post_chat{7, {1, std::string(at_once, 'x')}}});
  }
};

TEST_F(unread, a_node_that_reads_is_told_as_much_as_there_is) {
  say(5 * linked_nodes::unread_bytes_max);
  nodes.pass(1s);
  EXPECT_EQ(nodes.a.lost, lines{});
  EXPECT_EQ(nodes.b.told->said.size(), 50U);
}

TEST_F(unread, a_link_whose_other_end_does_not_read_is_given_up_and_made_anew_when_it_does) {
  nodes.hold(nodes.b.links);
  say(2 * linked_nodes::unread_bytes_max);
  nodes.pass(300ms);
  EXPECT_EQ(nodes.a.lost, lines{"B"});
  EXPECT_EQ(nodes.a.told->lines.back(), "moved ");
  nodes.release();
  ASSERT_FALSE(nodes.b.told->said.empty());
  EXPECT_TRUE(std::holds_alternative<member_left>(nodes.b.told->said.back().what))
    << "its delegate is gone, too";
  nodes.knock(nodes.a, nodes.relay_to(nodes.a, nodes.b));
  EXPECT_EQ(nodes.b.told->wishes.size(), 1U);
}

TEST_F(unread, somewhat_less_is_waited_for) {
  nodes.hold(nodes.b.links);
  say(linked_nodes::unread_bytes_max / 2);
  nodes.pass(1s);
  EXPECT_EQ(nodes.a.lost, lines{});
}

TEST(node_actors, a_node_that_gives_no_receipts_is_not_taken_for_one_that_does_not_read) {
  linked_nodes nodes{{1, 2}, {1, 1}};
  const auto way = nodes.relay_to(nodes.a, nodes.b);
  nodes.knock(nodes.a, way);
  nodes.let_in(nodes.b, 7);
  for (int i = 0; i < 5; ++i)
    nodes.tell(way, member_says{post_chat{
                      7, {1, std::string(linked_nodes::unread_bytes_max, 'x')}}});
  nodes.pass(1s);
  EXPECT_EQ(nodes.a.lost, lines{});
}

// ---- faults ----

TEST(node_actors, a_fault_in_links_costs_no_link) {
  linked_nodes nodes;
  nodes.relay_to(nodes.a, nodes.b);
  nodes.a.fails_once = true;
  nodes.lose_link(nodes.a, nodes.b);
  nodes.knock(nodes.a, nodes.relay_to(nodes.a, nodes.b));
  EXPECT_EQ(nodes.b.told->wishes.size(), 1U) << "it is linked anew";
}

TEST(node_actors, bytes_that_are_no_message_end_their_route_and_are_answered) {
  linked_nodes nodes;
  const auto way = nodes.relay_to(nodes.a, nodes.b);
  nodes.knock(nodes.a, way);
  nodes.let_in(nodes.b, 7);
  nodes.tell(nodes.b.links, node_bytes{11, 1, node_bytes::to_owner, "nonsense"});
  EXPECT_EQ(nodes.a.told->lines, (lines{"entered 7", "moved "}));
  ASSERT_EQ(nodes.b.told->said.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<member_left>(nodes.b.told->said[0].what));
}

// The RELAY's sessions look for the room anew, and nobody stays behind for them.
TEST_F(routes, a_relay_that_cannot_read_its_owner_ends_and_takes_its_delegate_with_it) {
  nodes.tell(nodes.a.links, node_bytes{22, 1, 0, "nonsense"});
  EXPECT_EQ(nodes.a.told->lines, (lines{"entered 7", "moved "}));
  ASSERT_EQ(nodes.a.told->moved.size(), 1U);
  EXPECT_TRUE(nodes.a.told->moved[0].is_link_lost);
  ASSERT_EQ(nodes.b.told->said.size(), 1U);
  EXPECT_EQ(std::get<member_left>(nodes.b.told->said[0].what).site, 7U);
  EXPECT_EQ(nodes.actors(), before_entering - 1) << "neither relay nor delegate";
  nodes.knock(nodes.a, nodes.relay_to(nodes.a, nodes.b));
  EXPECT_EQ(nodes.b.told->wishes.size(), 1U) << "the link holds";
}

}  // namespace
}  // namespace tandem::test
