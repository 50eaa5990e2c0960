// What a client may say, when, and how often.
#include "tests/actors/session_harness.hpp"

namespace tandem::test {
namespace {

class session_client : public session_test {};

TEST_F(session_client, a_hello_joins_the_room_under_a_digest_of_its_name) {
  say(client::hello{"ada", "Ada", {{"a", 3, 4}}});
  ASSERT_EQ(effects.joins.size(), 1U);
  EXPECT_EQ(effects.joins[0].client, ada);
  EXPECT_EQ(effects.joins[0].name, "Ada");
  EXPECT_EQ(effects.joins[0].opens.at(0).file, "a");
  EXPECT_NE(digest_of("ada"), digest_of("adb"));
  // The first 16 bytes of SHA-256: what is in logs must stay findable.
  const auto& bytes = digest_of("abc").bytes;
  EXPECT_EQ(bytes[0], 0xBA);
  EXPECT_EQ(bytes[1], 0x78);
  EXPECT_EQ(bytes[15], 0x23);
}

TEST_F(session_client, the_welcome_is_passed_on_with_the_limits) {
  bounds.frame_bytes = 11;
  bounds.op_chars = 12;
  bounds.ops_per_second = 13;
  say(client::hello{"ada", "Ada", {}});
  room(joined{{1, "editor", "room", "Room", {{"a", 3, "x"}}, {}, {}, 0, 0, 0}});
  EXPECT_EQ(sent(), lines{"welcome 1 room files a@3 peers chat limits 11 12 13"});
}

TEST_F(session_client, a_bad_client_name_ends_the_connection) {
  const std::string names[] = {"", std::string(65, 'a'), "a b", "a.b", "é", "a/b",
                               std::string{"a\0b", 3}};
  for (const std::string& name : names) {
    start();
    say(client::hello{name, "Ada", {}});
    EXPECT_EQ(sent(), lines{"close 4400"}) << name;
    EXPECT_TRUE(core->is_closed());
  }
  EXPECT_TRUE(effects.joins.empty());
  EXPECT_EQ(effects.leaves, 0);
}

TEST_F(session_client, client_names_of_1_to_64_safe_characters_are_good) {
  const std::string names[] = {"a", std::string(64, 'Z'), "_-09azAZ"};
  for (const std::string& name : names) {
    start();
    say(client::hello{name, "", {}});
    EXPECT_EQ(sent(), lines{}) << name;
  }
}

TEST_F(session_client, a_long_name_is_cut_between_characters) {
  bounds.name_chars = 3;
  say(client::hello{"ada", "éééé", {}});
  EXPECT_EQ(effects.joins.at(0).name, "ééé");
}

TEST_F(session_client, the_first_message_must_be_a_hello) {
  const client::message firsts[] = {client::open{"a", {}, {}}, client::chat{1, "hi"},
                                    client::edit{"a", 0, 1, {}},
                                    client::malformed{error_code::bad_message, "", "", {}}};
  for (const client::message& first : firsts) {
    start();
    say(first);
    EXPECT_EQ(sent(), lines{"close 4400"});
  }
}

TEST_F(session_client, no_hello_in_time_ends_the_connection) {
  start();
  core->on_hello_timeout();
  EXPECT_EQ(sent(), lines{"close 4408"});
  EXPECT_EQ(effects.leaves, 0);
  start();
  say(client::hello{"ada", "", {}});
  core->on_hello_timeout();
  EXPECT_EQ(sent(), lines{}) << "the room may take longer";
}

TEST_F(session_client, a_second_hello_is_a_bad_message) {
  join();
  say(client::hello{"ada", "Ada", {}});
  EXPECT_EQ(sent(), lines{"error bad_message"});
  EXPECT_EQ(effects.joins.size(), 1U);
  EXPECT_FALSE(core->is_closed());
}

TEST_F(session_client, too_many_bad_messages_end_the_connection) {
  join();
  const client::malformed bad{error_code::bad_op, "why", "a", 3};
  for (int i = 0; i < 19; ++i) {
    say(bad);
    EXPECT_EQ(sent(), lines{"error bad_op a seq 3"});
  }
  say(bad);
  EXPECT_EQ(sent(), (lines{"error bad_op a seq 3", "close 4400"}));
  EXPECT_EQ(effects.leaves, 1);
  say(bad);
  EXPECT_EQ(sent(), lines{});
}

// ---- edits ----

TEST_F(session_client, an_edit_goes_to_the_room_with_its_maker) {
  join();
  open_by_text(3);
  edit(7, 3);
  ASSERT_EQ(effects.edits.size(), 1U);
  EXPECT_EQ(effects.edits[0].file, 10);
  EXPECT_EQ(effects.edits[0].edit.client, ada);
  EXPECT_EQ(effects.edits[0].edit.seq, 7U);
  EXPECT_EQ(effects.edits[0].edit.base, 3U);
  EXPECT_EQ(effects.edits[0].edit.site, 1U);
}

TEST_F(session_client, an_edit_of_a_file_that_is_not_followed_is_stale) {
  join();
  edit(1, 0);
  EXPECT_EQ(sent(), lines{"error stale a seq 1"});
  open_by_text(3);
  say(client::close{"a"});
  edit(1, 3);
  EXPECT_EQ(sent(), lines{"error stale a seq 1"});
  EXPECT_TRUE(effects.edits.empty());
}

TEST_F(session_client, an_edit_on_a_revision_that_was_not_sent_is_stale) {
  join();
  open_by_text(3);
  edit(1, 4);
  EXPECT_EQ(sent(), lines{"error stale a seq 1"});
}

TEST_F(session_client, one_edit_a_file_waits_for_its_answer_and_a_repeat_is_dropped) {
  join();
  open_by_text(3);
  open_by_text(0, "b", 20);
  edit(1, 3);
  edit(1, 3);
  EXPECT_EQ(sent(), lines{});
  edit(2, 3);
  EXPECT_EQ(sent(), lines{"error bad_message a seq 2"});
  edit(2, 0, "b");
  EXPECT_EQ(sent(), lines{}) << "another file's may go on";
  EXPECT_EQ(effects.edits.size(), 2U);
  own(3, 4, 1);
  edit(3, 4);
  EXPECT_EQ(effects.edits.size(), 3U);
}

// The client has sent it twice, and goes on when the first is acknowledged.
TEST_F(session_client, an_edit_that_comes_again_after_its_ack_is_acknowledged_again) {
  join();
  open_by_text(3);
  edit(1, 3);
  own(3, 4, 1);
  sent();
  edit(1, 3);
  EXPECT_EQ(sent(), lines{"ack a seq 1 rev 4"});
  edit(2, 4);
  edit(1, 3);
  EXPECT_EQ(sent(), lines{"ack a seq 1 rev 4"});
  ASSERT_EQ(effects.edits.size(), 2U) << "the room is asked for each once";
  own(4, 5, 2);
  EXPECT_EQ(sent(), lines{"ack a seq 2 rev 5"});
}

TEST_F(session_client, too_many_edits_are_told_to_wait) {
  bounds.ops_per_second = 10;
  bounds.ops_burst = 2;
  join();
  open_by_text(0);
  for (std::uint64_t seq = 1; seq <= 2; ++seq) {
    edit(seq, seq - 1);
    own(seq - 1, seq, seq);
  }
  sent();
  edit(3, 2);
  EXPECT_EQ(sent(), lines{"error rate_limited a seq 3 retry 101"});
  at_us += 101'000;
  edit(3, 2);
  EXPECT_EQ(sent(), lines{});
  EXPECT_EQ(effects.edits.size(), 3U);
}

TEST_F(session_client, an_edit_that_inserts_too_much_is_too_large) {
  bounds.op_chars = 3;
  join();
  open_by_text(3);
  say(client::edit{"a", 3, 1, make_op({"ééé"})});
  EXPECT_EQ(effects.edits.size(), 1U);
  own(3, 4, 1);
  sent();
  say(client::edit{"a", 4, 2, make_op({"éééé"})});
  EXPECT_EQ(sent(), lines{"error too_large a seq 2"});
}

TEST_F(session_client, a_refused_edit_is_answered_and_may_be_sent_again) {
  join();
  open_by_text(3);
  edit(1, 3);
  room(edit_answer{10, 1, edit_answer::verdict::refused, 0, error_code::unavailable, "why", 500});
  EXPECT_EQ(sent(), lines{"error unavailable a seq 1 retry 500"});
  edit(1, 3);
  EXPECT_EQ(effects.edits.size(), 2U);
  room(edit_answer{10, 9, edit_answer::verdict::refused, 0, error_code::stale, "", {}});
  EXPECT_EQ(sent(), lines{}) << "an answer to nothing";
}

// An edit was sent anew, the file opened anew, and then the first form refused:
// the room answers the open before it sees the other form (found by the
// simulation, in two worlds of 200,000).
TEST_F(session_client, an_edit_that_goes_to_the_room_behind_an_open_is_acknowledged) {
  join();
  open_by_text(3);
  edit(1, 2);
  edit(1, 3);
  say(client::open{"a", 3, 1});
  room(edit_answer{10, 1, edit_answer::verdict::refused, 0, error_code::unavailable, "why", 500});
  ASSERT_EQ(effects.edits.size(), 2U);
  room(file_opened{10, {"a", 3, "plaintext", std::nullopt, 3}, {}, 0});
  slice(3, 3);
  sent();
  own(3, 4, 1);
  EXPECT_EQ(sent(), lines{"ack a seq 1 rev 4"});
}

TEST_F(session_client, a_duplicate_is_acknowledged_where_it_stands) {
  join();
  open_by_text(5);
  edit(1, 5);
  room(edit_answer{10, 1, edit_answer::verdict::duplicate, 4, error_code::internal, "", {}});
  EXPECT_EQ(sent(), lines{"ack a seq 1 rev 4"});
  edit(2, 5);
  room(edit_answer{10, 2, edit_answer::verdict::duplicate, 7, error_code::internal, "", {}});
  EXPECT_EQ(sent(), lines{}) << "its turn has not come";
  own(5, 7, 2);
  EXPECT_EQ(sent(), (lines{"op 6", "ack a seq 2 rev 7"}));
}

// ---- the rest ----

TEST_F(session_client, cursors_go_to_the_room_if_their_revision_was_sent) {
  join();
  open_by_text(3);
  say(client::cursor{"a", 3, {{1, 2}}});
  ASSERT_EQ(effects.cursors.size(), 1U);
  EXPECT_EQ(effects.cursors[0].file, 10);
  EXPECT_EQ(effects.cursors[0].site, 1U);
  say(client::cursor{"a", 4, {{1, 2}}});
  say(client::cursor{"b", 0, {{1, 2}}});
  EXPECT_EQ(sent(), (lines{"error stale a", "error stale b"}));
  EXPECT_EQ(effects.cursors.size(), 1U);
}

TEST_F(session_client, the_assistant_is_asked_once_when_its_mention_is_durable) {
  join();
  say(client::chat{1, "@assistant hi"});
  EXPECT_TRUE(effects.questions.empty()) << "the room has not kept it";
  own_chat(1, "@assistant hi", false);
  ASSERT_EQ(effects.questions.size(), 1U);
  EXPECT_NE(std::get<ai::mention>(effects.questions[0]).said->find("@assistant hi"),
            std::string::npos);
  own_chat(1, "@assistant hi", true);
  EXPECT_EQ(effects.questions.size(), 1U) << "sent again";
  own_chat(2, "hi", false);
  EXPECT_EQ(effects.questions.size(), 1U) << "nobody is mentioned";
}

TEST_F(session_client, chat_has_1_to_so_many_characters) {
  bounds.chat_chars = 2;
  join();
  say(client::chat{1, "éé"});
  EXPECT_EQ(effects.chats.size(), 1U);
  say(client::chat{2, "ééé"});
  say(client::chat{3, ""});
  EXPECT_EQ(sent(), (lines{"error too_large id 2", "error bad_message id 3"}));
  EXPECT_EQ(effects.chats.size(), 1U);
}

TEST_F(session_client, a_file_change_with_too_long_a_text_is_too_large) {
  bounds.text_chars = 2;
  join();
  say(client::change_file{client::file_action::create, "a", "", "éé", ""});
  say(client::change_file{client::file_action::create, "b", "", "ééé", ""});
  EXPECT_EQ(effects.changes.size(), 1U);
  EXPECT_EQ(sent(), lines{"error too_large b"});
}

TEST_F(session_client, a_diverged_client_is_counted_and_gets_the_text_anew) {
  join();
  open_by_text(3);
  edit(4, 3);
  say(client::diverged{"a", 3, 1, 2});
  EXPECT_EQ(effects.divergences.size(), 1U);
  ASSERT_EQ(effects.opens.size(), 1U);
  EXPECT_EQ(effects.opens[0].file, "a");
  EXPECT_FALSE(effects.opens[0].rev);
  EXPECT_EQ(effects.opens[0].seq, 4U) << "the pending edit is known again";
}

// ---- files by their id ----

// Two files have changed names while the edit was on its way.
TEST_F(session_client, an_edit_goes_to_the_file_of_its_id_whatever_that_is_called_now) {
  join();
  open_by_text(3, "a", 10);
  open_by_text(7, "b", 20);
  say(client::edit{"b", 3, 1, make_op({"x"}), 10});
  ASSERT_EQ(effects.edits.size(), 1U);
  EXPECT_EQ(effects.edits[0].file, 10);
  say(client::edit{"a", 3, 2, make_op({"x"}), 30});
  EXPECT_EQ(sent(), lines{"error stale a seq 2"});
  say(client::close{"a", 20});
  edit(3, 7, "b");
  EXPECT_EQ(sent(), lines{"error stale b seq 3"});
}

// It was sent on an older base, and again on a newer one, before the answer.
TEST_F(session_client, of_an_edit_sent_twice_the_latter_counts_if_the_first_is_refused) {
  join();
  open_by_text(3);
  edit(1, 2);
  edit(1, 3);
  EXPECT_EQ(effects.edits.size(), 1U);
  room(edit_answer{10, 1, edit_answer::verdict::refused, 0, error_code::rebase, "far behind", {}});
  EXPECT_EQ(sent(), lines{}) << "the client is past that";
  ASSERT_EQ(effects.edits.size(), 2U);
  EXPECT_EQ(effects.edits[1].edit.base, 3U);
  own(3, 4, 1);
  EXPECT_EQ(sent(), lines{"ack a seq 1 rev 4"});
}

// ---- the end ----

TEST_F(session_client, the_end_of_a_connection_is_a_leave_once) {
  join();
  core->on_disconnected();
  core->on_disconnected();
  EXPECT_EQ(effects.leaves, 1);
  EXPECT_EQ(sent(), lines{});
  EXPECT_TRUE(core->is_closed());
  others(0, 1);
  say(client::chat{1, "hi"});
  core->on_drained();
  core->on_shutdown();
  EXPECT_EQ(sent(), lines{});
  EXPECT_TRUE(effects.chats.empty());
}

TEST_F(session_client, a_disconnect_while_joining_leaves_as_well) {
  say(client::hello{"ada", "", {}});
  core->on_disconnected();
  EXPECT_EQ(effects.leaves, 1);
  room(joined{{1, "editor", "room", "Room", {}, {}, {}, 0, 0, 0}});
  EXPECT_EQ(sent(), lines{});
}

TEST_F(session_client, a_server_that_stops_says_goodbye) {
  join();
  core->on_shutdown();
  EXPECT_EQ(sent(), lines{"close 1001"});
  EXPECT_EQ(effects.leaves, 1);
}

TEST_F(session_client, an_absent_room_and_one_that_cannot_be_loaded_are_told_apart) {
  say(client::hello{"ada", "", {}});
  core->on_no_room(true);
  EXPECT_EQ(sent(), lines{"close 4404"});
  start();
  say(client::hello{"ada", "", {}});
  core->on_no_room(false);
  EXPECT_EQ(sent(), (lines{"error unavailable", "close 1013"}));
}

TEST_F(session_client, an_expelled_member_need_not_leave) {
  join();
  room(expelled{close_code::superseded, "elsewhere"});
  EXPECT_EQ(sent(), lines{"close 4409"});
  EXPECT_EQ(effects.leaves, 0);
  EXPECT_TRUE(core->is_closed());
}

}  // namespace
}  // namespace tandem::test
