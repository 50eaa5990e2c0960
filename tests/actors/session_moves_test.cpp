// A room that moves to another node: what its sessions do, and that their clients
// notice nothing but what they have missed. In any order: tests/sim.
#include "tests/actors/session_harness.hpp"

namespace tandem::test {
namespace {

class session_moves : public session_test {
 protected:
  session_moves() {
    start();
    core->follow_moves();
  }

  server::welcome found(ot::site_id site = 1) const {
    return {site, "editor", "room", "Room", {{"a", 3, "plaintext", 10}}, {}, {}, 0, 0, 0};
  }

  // In the room, with "a" at revision 3 and Bob there as site 2.
  void be_in() {
    say(client::hello{"ada", "Ada", {}, 5});
    server::welcome welcome = found();
    welcome.peers = {{2, "Bob", "#000000", "editor"}};
    welcome.messages = {{4, "Bob", "before", 0, {}, {}}};
    room(joined{welcome});
    open_by_text(3);
    effects.joins.clear();
    effects.sent.clear();
  }

  const join_request& asked_again() {
    core->on_room_moved();
    return effects.joins.back();
  }

  // The new room knows the file at `head`, and the edit if it is at `committed`.
  void opened_again(ot::revision head, std::optional<ot::revision> committed_rev = {},
                    std::uint64_t seq = 1) {
    file_opened answer{10, {"a", head, "plaintext", {}, 3, 10}, {}, 0};
    if (committed_rev) {
      answer.committed_seq = seq;
      answer.committed_rev = *committed_rev;
    }
    room(answer);
  }
};

TEST_F(session_moves, it_asks_for_the_room_again_under_its_site_and_from_where_it_is) {
  be_in();
  edit(1, 3);
  const join_request& again = asked_again();
  EXPECT_EQ(again.site_before, 1U);
  EXPECT_EQ(again.attempt, 5U);
  ASSERT_EQ(again.opens.size(), 1U);
  EXPECT_EQ(again.opens[0].id, 10U);
  EXPECT_EQ(again.opens[0].rev, 3U);
  EXPECT_EQ(again.opens[0].seq, 1U);
  EXPECT_EQ(sent(), lines{}) << "its client is told nothing";
}

TEST_F(session_moves, what_was_missed_follows_and_no_second_welcome) {
  be_in();
  asked_again();
  room(joined{found()});
  opened_again(5);
  slice(3, 5);
  EXPECT_EQ(sent(), (lines{"op 4", "op 5"}));
}

TEST_F(session_moves, an_edit_that_the_room_has_is_acknowledged_in_its_place) {
  be_in();
  edit(1, 3);
  asked_again();
  room(joined{found()});
  opened_again(5, 5);
  room(history_slice{10, 3, 5, false, ops(3, 5, digest_of("ada"), 1), {}});
  EXPECT_EQ(sent(), (lines{"op 4", "ack a seq 1 rev 5"}));
}

TEST_F(session_moves, an_edit_that_it_does_not_have_is_to_be_sent_again) {
  be_in();
  edit(1, 3);
  asked_again();
  room(joined{found()});
  opened_again(3);
  EXPECT_EQ(sent(), lines{"error unavailable a seq 1 retry 0"});
  slice(3, 3);
  effects.edits.clear();
  edit(1, 3);
  EXPECT_EQ(effects.edits.size(), 1U) << "and is taken";
}

TEST_F(session_moves, what_the_client_says_meanwhile_waits) {
  be_in();
  asked_again();
  edit(1, 3);
  say(client::cursor{"a", 3, {{1, 1}}});
  EXPECT_TRUE(effects.edits.empty());
  room(joined{found()});
  EXPECT_TRUE(effects.edits.empty()) << "the file is not open yet";
  opened_again(3);
  slice(3, 3);
  EXPECT_EQ(effects.edits.size(), 1U);
  ASSERT_EQ(effects.cursors.size(), 1U);
  EXPECT_EQ(effects.cursors[0].ranges.at(0).head, 1U);
}

// The room may not have heard of it, nor have kept it.
TEST_F(session_moves, where_it_has_pointed_last_it_points_again) {
  be_in();
  say(client::cursor{"a", 3, {{1, 1}}});
  say(client::cursor{"a", 3, {{2, 2}}});
  effects.cursors.clear();
  asked_again();
  room(joined{found()});
  EXPECT_TRUE(effects.cursors.empty()) << "the file is not open yet";
  opened_again(4);
  ASSERT_EQ(effects.cursors.size(), 1U);
  EXPECT_EQ(effects.cursors[0].ranges.at(0).head, 2U);
  EXPECT_EQ(effects.cursors[0].rev, 3U);
}

TEST_F(session_moves, who_may_not_point_any_more_does_not_point_again) {
  be_in();
  say(client::cursor{"a", 3, {{1, 1}}});
  effects.cursors.clear();
  asked_again();
  core->on_role(room_role::viewer);
  room(joined{found()});
  opened_again(3);
  EXPECT_TRUE(effects.cursors.empty());
}

TEST_F(session_moves, files_and_chat_that_were_missed_are_told) {
  be_in();
  asked_again();
  server::welcome welcome = found();
  welcome.files = {{"b", 3, "plaintext", 10}, {"c", 0, "python", 11}};
  welcome.messages = {{4, "Bob", "before", 0, {}, {}}, {5, "Bob", "missed", 0, {}, {}}};
  welcome.peers = {{2, "Bob", "#000000", "editor"}, {9, "Eve", "#000000", "editor"}};
  room(joined{welcome});
  EXPECT_EQ(sent(), (lines{"rename a to b by 0", "create c by 0", "chat 5 Bob: missed",
                           "join 9:Eve"}));
}

TEST_F(session_moves, a_file_that_is_gone_is_followed_no_more) {
  be_in();
  asked_again();
  server::welcome welcome = found();
  welcome.files.clear();
  room(joined{welcome});
  EXPECT_EQ(sent(), lines{"delete a by 0"});
  edit(1, 3);
  room(room_error{{error_code::unknown_file, "", "a", {}, {}, {}}});
  EXPECT_TRUE(effects.edits.empty());
}

TEST_F(session_moves, chat_and_changes_without_an_answer_get_one) {
  be_in();
  say(client::chat{7, "lost"});
  say(client::chat{8, "kept"});
  say(client::change_file{client::file_action::create, "n", {}, {}, {}});
  asked_again();
  server::welcome welcome = found();
  welcome.messages = {{5, "Ada", "kept", 0, {}, 8}};
  room(joined{welcome});
  EXPECT_EQ(sent(), (lines{"chat 5 Ada: kept id 8", "error unavailable id 7 retry 0",
                           "error unavailable n retry 0"}));
}

// The room has message 8 already, and says so before 7 is kept.
TEST_F(session_moves, a_chat_message_that_is_answered_before_an_earlier_one_is_not_taken_for_it) {
  be_in();
  say(client::chat{7, "new"});
  say(client::chat{8, "kept before"});
  own_chat(4, "kept before", true, 8);
  EXPECT_EQ(sent(), lines{"chat 4 Ada: kept before id 8"});
  asked_again();
  room(joined{found()});
  EXPECT_EQ(sent(), lines{"error unavailable id 7 retry 0"});
}

TEST_F(session_moves, who_does_not_come_again_has_left) {
  be_in();
  asked_again();
  room(joined{found()});
  EXPECT_EQ(effects.settles, 1);
  sent();
  core->on_settled();
  EXPECT_EQ(sent(), lines{"leave 2"});
  core->on_settled();
  EXPECT_EQ(sent(), lines{}) << "once";
}

TEST_F(session_moves, who_comes_again_is_still_there) {
  be_in();
  asked_again();
  room(joined{found()});
  fanout news;
  news.people.push_back({std::make_shared<const std::string>("join 2\n"), 2, nullptr, {}, 0, {}, 2});
  room(std::make_shared<const fanout>(news));
  sent();
  core->on_settled();
  EXPECT_EQ(sent(), lines{});
}

TEST_F(session_moves, before_it_was_in_it_asks_as_it_did) {
  say(client::hello{"ada", "Ada", {{"a", {}, {}}}});
  core->on_role(room_role::commenter);
  core->on_room_moved();
  ASSERT_EQ(effects.joins.size(), 2U);
  EXPECT_EQ(effects.joins[1].site_before, 0U);
  EXPECT_EQ(effects.joins[1].opens.size(), 1U);
  EXPECT_EQ(effects.joins[1].role, room_role::commenter);
}

TEST_F(session_moves, under_another_site_it_cannot_go_on) {
  be_in();
  asked_again();
  room(joined{found(3)});
  EXPECT_EQ(sent(), lines{"close 1001"});
  EXPECT_TRUE(core->is_closed());
}

TEST_F(session_moves, a_role_that_changes_meanwhile_is_told_at_once_and_to_the_new_room) {
  be_in();
  asked_again();
  core->on_role(room_role::viewer);
  EXPECT_EQ(sent(), lines{"role viewer"});
  EXPECT_TRUE(effects.roles.empty()) << "there is no room to tell";
  room(joined{found()});
  EXPECT_EQ(effects.roles, std::vector{room_role::viewer});
  EXPECT_EQ(sent(), lines{}) << "its client knows";
  EXPECT_EQ(asked_again().role, room_role::viewer);
}

TEST_F(session_moves, a_role_that_changed_before_the_room_was_looked_for_again_is_in_the_request) {
  be_in();
  asked_again();
  core->on_role(room_role::viewer);
  EXPECT_EQ(asked_again().role, room_role::viewer);
  server::welcome welcome = found();
  welcome.role = "viewer";
  room(joined{welcome});
  EXPECT_TRUE(effects.roles.empty());
  EXPECT_EQ(sent(), lines{"role viewer"}) << "once";
}

TEST_F(session_moves, an_open_without_an_answer_is_asked_again) {
  be_in();
  say(client::open{"b", {}, {}});
  const join_request& again = asked_again();
  ASSERT_EQ(again.opens.size(), 2U);
  EXPECT_EQ(again.opens[1].file, "b");
  room(joined{found()});
  room(file_opened{11, {"b", 1, "plaintext", "x", 0, 11}, {}, 0});
  EXPECT_EQ(sent(), lines{"opened b 1 text [x]"}) << "the client has asked for this one";
  EXPECT_EQ(asked_again().opens.size(), 2U) << "both are followed now, and asked for once";
}

// From where the client is, which knows nothing of what it was sent since it asked.
TEST_F(session_moves, a_followed_file_that_is_being_opened_anew_is_opened_from_where_its_client_asked) {
  be_in();
  say(client::open{"a", 3, {}});
  others(3, 5);
  EXPECT_EQ(sent(), (lines{"op 4", "op 5"}));
  const join_request& again = asked_again();
  ASSERT_EQ(again.opens.size(), 2U);
  EXPECT_EQ(again.opens[0].rev, 5U) << "where the session is";
  EXPECT_EQ(again.opens[1].rev, 3U) << "where the client is";
  room(joined{found()});
  room(file_opened{10, {"a", 6, "plaintext", {}, 5, 10}, {}, 0});
  EXPECT_EQ(sent(), lines{}) << "for the session";
  room(file_opened{10, {"a", 6, "plaintext", {}, 3, 10}, {}, 0});
  EXPECT_EQ(sent(), lines{"opened a 6 from 3"});
  slice(5, 6);
  EXPECT_EQ(sent(), lines{}) << "of before";
  slice(3, 6);
  EXPECT_EQ(sent(), (lines{"op 4", "op 5", "op 6"}));
}

TEST_F(session_moves, an_open_is_asked_again_however_often_the_room_is_looked_for) {
  be_in();
  say(client::open{"b", {}, {}});
  asked_again();
  const join_request& again = asked_again();
  ASSERT_EQ(again.opens.size(), 2U);
  EXPECT_EQ(again.opens[1].file, "b");
}

TEST_F(session_moves, the_opens_of_a_hello_are_asked_again_until_they_are_answered) {
  say(client::hello{"ada", "Ada", {{"a", {}, {}}, {"b", {}, {}}}, 5});
  room(joined{found()});
  room(file_opened{10, {"a", 3, "plaintext", "text", 0, 10}, {}, 0});
  const join_request& again = asked_again();
  ASSERT_EQ(again.opens.size(), 2U);
  EXPECT_EQ(again.opens[0].id, 10U) << "from where it is";
  EXPECT_EQ(again.opens[1].file, "b") << "as the client has asked";
}

}  // namespace
}  // namespace tandem::test
