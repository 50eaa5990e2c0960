// Who is in a room, and what a member is shown of it.
#include "storage/store.hpp"
#include "tests/actors/room_harness.hpp"

#include <zlib.h>

namespace tandem::test {
namespace {

class room_members : public room_test {};

TEST_F(room_members, a_newcomer_is_welcomed_and_the_others_are_told) {
  const auto ada = join(1, "Ada");
  EXPECT_EQ(told(ada), lines{"welcome 1 room files a@3 b@0 peers chat"});
  EXPECT_EQ(told_all(ada), lines{});
  const auto bob = join(2, "Bob");
  EXPECT_EQ(told(bob), lines{"welcome 2 room files a@3 b@0 peers 1:Ada chat"});
  EXPECT_EQ(told_all(ada), lines{"join 2:Bob"});
  EXPECT_EQ(told(ada), lines{});
}

TEST_F(room_members, nobody_is_told_of_their_own_coming) {
  const auto ada = join(1, "Ada");
  EXPECT_EQ(told_all(ada), lines{});
  join(2);
  EXPECT_EQ(told_all(2), lines{});
}

TEST_F(room_members, who_is_unseen_is_told_of_and_heard_by_nobody) {
  const auto ada = join(1, "Ada");
  told_all();
  join_request unseen{client(9), "Eve", {}};
  unseen.is_unseen = true;
  const auto eve = core->next_site();
  EXPECT_TRUE(core->join(unseen, now()));
  const auto bob = join(2, "Bob");
  EXPECT_EQ(told(bob), lines{"welcome 3 room files a@3 b@0 peers 1:Ada chat"});
  core->leave(eve, now());
  EXPECT_EQ(told_all(ada), lines{"join 3:Bob"});
}

TEST_F(room_members, who_has_no_name_is_a_guest) {
  join(1);
  EXPECT_EQ(told_all(), lines{"join 1:Guest 1"});
}

TEST_F(room_members, who_leaves_is_gone_for_the_others) {
  const auto ada = join(1, "Ada");
  const auto bob = join(2, "Bob");
  told_all();
  core->leave(bob, now());
  EXPECT_EQ(told_all(ada), lines{"leave 2"});
  EXPECT_EQ(core->member_count(), 1U);
  core->leave(bob, now());
  EXPECT_EQ(told_all(ada), lines{});
}

TEST_F(room_members, what_a_former_member_says_is_dropped) {
  const auto ada = join(1, "Ada");
  core->leave(ada, now());
  forget_what_was_told();
  submit(ada, 1, 3, make_op({"x"}));
  core->open({ada, {"a", {}, {}}});
  core->move({ada, 10, 3, {{0, 0}}}, now());
  core->catch_up_reader({ada, 10, 0, 3, true});
  core->post({ada, {1, "hi"}}, now());
  change(ada, client::file_action::create, "new");
  core->note_divergence({ada, {}});
  EXPECT_TRUE(effects.told.empty());
  EXPECT_TRUE(effects.batches.empty());
  EXPECT_TRUE(effects.writes.empty());
  EXPECT_EQ(core->divergences(), 0U);
}

TEST_F(room_members, a_clients_new_connection_ends_the_earlier_one) {
  const auto old = join(1, "Ada");
  const auto again = join(1, "Ada");
  EXPECT_EQ(told(old).back(), "expelled 4409");
  EXPECT_EQ(told(again), lines{"welcome 2 room files a@3 b@0 peers chat"});
  EXPECT_EQ(core->member_count(), 1U);
  submit(old, 1, 3, make_op({"x"}));
  EXPECT_TRUE(effects.writes.empty());
  EXPECT_EQ(told_all(), (lines{"join 1:Ada", "leave 1", "join 2:Ada"}));
}

// The lines of a client that came back may be of different lengths.
TEST_F(room_members, an_earlier_connection_whose_hello_arrives_last_does_not_end_the_later) {
  start();
  core->join({client(1), "Ada", {}, 2}, now());
  const auto late = core->next_site();
  core->join({client(1), "Ada", {}, 1}, now());
  EXPECT_EQ(told(late), lines{"expelled 4409"});
  EXPECT_EQ(core->member_count(), 1U);
  const auto again = core->next_site();
  core->join({client(1), "Ada", {}, 2}, now());
  EXPECT_EQ(told(1).back(), "expelled 4409") << "of two that are alike the last one stays";
  EXPECT_EQ(told(again).front().substr(0, 9), "welcome 3");
}

TEST_F(room_members, a_full_room_takes_nobody_more) {
  bounds.members_per_room = 1;
  join(1);
  told_all();
  EXPECT_FALSE(core->join({client(2), "", {}}, now()));
  EXPECT_EQ(core->member_count(), 1U);
  EXPECT_EQ(told_all(), lines{});
  EXPECT_TRUE(core->join({client(1), "", {}}, now())) << "who is in it comes again";
}

TEST_F(room_members, a_removed_room_shows_everybody_out) {
  const auto ada = join(1);
  const auto bob = join(2);
  core->close();
  EXPECT_EQ(told(ada).back(), "expelled 4404");
  EXPECT_EQ(told(bob).back(), "expelled 4404");
  EXPECT_EQ(core->member_count(), 0U);
}

TEST_F(room_members, a_log_that_does_not_fit_its_text_is_corrupt) {
  storage::loaded_file bad = letters_file(10, "a", 3);
  bad.tail[1].op = make_op({5, "x"});
  EXPECT_THROW((room_core{bounds, encoder, effects, loaded_room_with({bad})}),
               storage::store_error);
}

// ---- opening ----

TEST_F(room_members, opens_a_file_by_its_text) {
  const auto ada = join(1, "Ada", {{"a", {}, {}}, {"b", {}, {}}});
  EXPECT_EQ(told(ada), (lines{"welcome 1 room files a@3 b@0 peers chat",
                              "opened a 3 text [abc]", "opened b 0 text []"}));
}

TEST_F(room_members, opens_a_file_from_a_revision_that_is_in_memory) {
  const auto ada = join(1);
  told(ada);
  for (const ot::revision rev : {0, 1, 2, 3}) {
    core->open({ada, {"a", rev, {}}});
    EXPECT_EQ(told(ada), lines{"opened a 3 from " + std::to_string(rev)});
  }
}

TEST_F(room_members, a_revision_that_is_not_there_is_stale) {
  const auto ada = join(1);
  told(ada);
  core->open({ada, {"a", 4, 9}});
  EXPECT_EQ(told(ada), lines{"error stale a seq 9"});
}

TEST_F(room_members, a_file_that_is_not_there_is_unknown) {
  const auto ada = join(1, "", {{"nowhere", {}, 5}});
  EXPECT_EQ(told(ada).back(), "error unknown_file nowhere seq 5");
}

TEST_F(room_members, who_is_very_far_behind_gets_the_text_unless_an_edit_is_pending) {
  bounds.catch_up_ops = 3;
  core.emplace(bounds, encoder, effects, loaded_room_with({letters_file(10, "a", 6, 4)}));
  const auto ada = join(1);
  told(ada);
  core->open({ada, {"a", 3, {}}});
  EXPECT_EQ(told(ada), lines{"opened a 6 from 3"}) << "also from before what is in memory";
  core->open({ada, {"a", 2, {}}});
  EXPECT_EQ(told(ada), lines{"opened a 6 text [abcdef]"});
  core->open({ada, {"a", 2, 1}});
  EXPECT_EQ(told(ada), lines{"opened a 6 from 2"});
}

TEST_F(room_members, opening_tells_what_became_of_the_pending_edit) {
  const auto ada = join(1);
  submit(ada, 7, 3, make_op({"x"}));
  told(ada);
  core->open({ada, {"a", 3, 7}});
  EXPECT_EQ(told(ada), (lines{"opened a 3 from 3", "committed 7 as 4"})) << "not durable yet";
  written();
  core->open({ada, {"a", 3, 7}});
  EXPECT_EQ(told(ada), (lines{"opened a 4 from 3", "committed 7 as 4"}));
  core->open({ada, {"a", 3, 8}});
  EXPECT_EQ(told(ada), lines{"opened a 4 from 3"});
  const auto bob = join(2);
  told(bob);
  core->open({bob, {"a", 3, 7}});
  EXPECT_EQ(told(bob), lines{"opened a 4 from 3"}) << "somebody else's 7";
}

// ---- catching up ----

TEST_F(room_members, catches_up_by_one_composed_operation_or_by_single_ones) {
  const auto ada = join(1);
  told(ada);
  core->catch_up_reader({ada, 10, 0, 3, true});
  EXPECT_EQ(told(ada), (lines{"slice 0-3 composed", "op a 3 from 0 [\"abc\"]"}));
  core->catch_up_reader({ada, 10, 0, 3, false});
  EXPECT_EQ(told(ada), (lines{"slice 0-3", "op a 1 [\"a\"]", "op a 2 [1,\"b\"]",
                              "op a 3 [2,\"c\"]"}));
  core->catch_up_reader({ada, 10, 2, 3, true});
  EXPECT_EQ(told(ada), (lines{"slice 2-3", "op a 3 [2,\"c\"]"})) << "one is not composed";
  core->catch_up_reader({ada, 10, 3, 3, true});
  EXPECT_EQ(told(ada), lines{"slice 3-3"});
}

TEST_F(room_members, a_slice_of_single_operations_is_bounded) {
  bounds.slice_ops = 2;
  const auto ada = join(1);
  told(ada);
  core->catch_up_reader({ada, 10, 0, 3, false});
  EXPECT_EQ(told(ada).front(), "slice 0-2");
  core->catch_up_reader({ada, 10, 2, 3, false});
  EXPECT_EQ(told(ada).front(), "slice 2-3");
}

TEST_F(room_members, a_slice_ends_at_what_is_durable) {
  const auto ada = join(1);
  submit(ada, 1, 3, make_op({"x"}));
  told(ada);
  core->catch_up_reader({ada, 10, 2, 9, false});
  EXPECT_EQ(told(ada), (lines{"slice 2-3", "op a 3 [2,\"c\"]"}));
}

TEST_F(room_members, history_older_than_memory_is_read_from_the_store) {
  bounds.slice_ops = 50;
  core.emplace(bounds, encoder, effects, loaded_room_with({letters_file(10, "a", 6, 4)}));
  const auto ada = join(1);
  told(ada);
  core->catch_up_reader({ada, 10, 1, 6, false});
  EXPECT_EQ(told(ada), lines{});
  ASSERT_EQ(effects.history_reads.size(), 1U);
  const auto [wanted, most] = effects.history_reads[0];
  EXPECT_EQ(wanted.from, 1U);
  EXPECT_EQ(wanted.to, 4U) << "the rest is in memory";
  EXPECT_EQ(most, 50U);
  core->on_history(wanted, letter_run(10, 2, 3).ops);
  EXPECT_EQ(told(ada), (lines{"slice 1-4", "op a 2 [1,\"b\"]", "op a 3 [2,\"c\"]",
                              "op a 4 [3,\"d\"]"}));
  core->on_composed_history(wanted, make_op({1, "bcd"}));
  EXPECT_EQ(told(ada), (lines{"slice 1-4 composed", "op a 4 from 1 [1,\"bcd\"]"}));
}

TEST_F(room_members, who_asks_for_nothing_from_before_memory_gets_something_all_the_same) {
  core.emplace(bounds, encoder, effects, loaded_room_with({letters_file(10, "a", 6, 4)}));
  core->catch_up_reader({join(1), 10, 2, 2, true});
  ASSERT_EQ(effects.history_reads.size(), 1U);
  EXPECT_EQ(effects.history_reads[0].first.from, 2U);
  EXPECT_EQ(effects.history_reads[0].first.to, 3U);
}

TEST_F(room_members, who_cannot_be_caught_up_has_to_connect_again) {
  core.emplace(bounds, encoder, effects, loaded_room_with({letters_file(10, "a", 6, 4)}));
  const auto ada = join(1);
  core->catch_up_reader({ada, 10, 1, 6, false});
  core->on_history(effects.history_reads.at(0).first, {});
  EXPECT_EQ(told(ada).back(), "expelled 1013");
  EXPECT_EQ(core->member_count(), 0U);
  core->on_history(effects.history_reads.at(0).first, {});
  EXPECT_EQ(told(ada), lines{}) << "it is gone";
}

TEST_F(room_members, a_slice_to_the_head_brings_the_cursors) {
  const auto ada = join(1);
  core->move({ada, 10, 2, {{1, 2}}}, now());
  const auto bob = join(2);
  told(bob);
  core->catch_up_reader({bob, 10, 3, 3, true});
  EXPECT_EQ(told(bob), (lines{"slice 3-3", "cursor 1 a 3 1-2"}));
}

// ---- cursors ----

TEST_F(room_members, a_cursor_is_told_at_the_durable_revision) {
  const auto ada = join(1);
  submit(ada, 1, 3, make_op({"__"}));
  told_all();
  core->move({ada, 10, 2, {{0, 2}, {1, 1}}}, now());
  EXPECT_EQ(told_all(), lines{}) << "with the write under way";
  written();
  EXPECT_EQ(told_all(), (lines{"op a 4 [\"__\"] by 1", "cursor 1 a 4 0-4 3-3"}));
}

TEST_F(room_members, the_latest_of_several_cursors_is_told) {
  const auto ada = join(1);
  submit(ada, 1, 3, make_op({"x"}));
  told_all();
  core->move({ada, 10, 3, {{0, 0}}}, now());
  core->move({ada, 10, 3, {{2, 3}}}, now());
  written();
  EXPECT_EQ(told_all().back(), "cursor 1 a 4 3-4");
}

TEST_F(room_members, who_comes_is_told_of_hidden_cursors_and_not_of_those_whose_owner_left) {
  const auto ada = join(1);
  const auto bob = join(2);
  core->move({ada, 10, 3, {{1, 1}}}, now());
  core->move({ada, 10, 3, {}}, now());
  EXPECT_EQ(told_all().back(), "cursor 1 a 3");
  core->move({bob, 10, 3, {{1, 1}}}, now());
  core->leave(bob, now());
  told(ada);
  core->catch_up_reader({ada, 10, 3, 3, true});
  EXPECT_EQ(told(ada), (lines{"slice 3-3", "cursor 1 a 3"}))
    << "a slow reader may have missed that it was hidden";
}

// Everybody is told of it soon, behind the join of its owner.
TEST_F(room_members, a_cursor_that_was_not_told_yet_is_in_no_slice) {
  const auto ada = join(1);
  submit(ada, 1, 3, make_op({"x"}));  // a write is under way: nothing is told
  const auto bob = join(2, "Bob");
  core->move({bob, 10, 3, {{1, 1}}}, now());
  told(ada);
  core->catch_up_reader({ada, 10, 3, 3, true});
  EXPECT_EQ(told(ada), lines{"slice 3-3"});
  forget_what_was_told();
  written();
  EXPECT_EQ(told_all(ada), (lines{"join 2:Bob", "op a 4 [\"x\"] by 1", "cursor 2 a 4 2-2"}));
}

TEST_F(room_members, a_cursor_outlives_the_history_that_it_stands_on) {
  bounds.history_ops = 2;
  start();
  const auto ada = join(1);
  const auto bob = join(2);
  core->move({bob, 10, 3, {{1, 1}}}, now());
  for (std::uint64_t seq = 1; seq <= 10; ++seq) {
    submit(ada, seq, 2 + seq, make_op({"x"}));
    written();
  }
  told(ada);
  core->catch_up_reader({ada, 10, 13, 13, true});
  EXPECT_EQ(told(ada), (lines{"slice 13-13", "cursor 2 a 13 11-11"}));
}

// ---- files by their id ----

TEST_F(room_members, a_file_is_opened_by_its_id_whatever_it_is_called_now) {
  const auto ada = join(1);
  told(ada);
  core->open({ada, {"old.py", 3, std::nullopt, 10}});
  EXPECT_EQ(told(ada).front(), "opened a 3 from 3");
}

TEST_F(room_members, another_file_of_the_same_name_is_not_the_one_that_was_meant) {
  const auto ada = join(1);
  told(ada);
  core->open({ada, {"a", 3, std::nullopt, 77}});
  EXPECT_EQ(told(ada), lines{"error unknown_file a"});
}

TEST_F(room_members, a_cursor_at_a_revision_that_is_not_durable_is_dropped) {
  const auto ada = join(1);
  told_all();
  core->move({ada, 10, 4, {{1, 1}}}, now());
  core->move({ada, 99, 0, {{1, 1}}}, now());
  EXPECT_EQ(told_all(), lines{});
}

// ---- now and then ----

TEST_F(room_members, a_check_is_due_after_so_many_operations_and_so_much_time) {
  bounds.check_ops = 2;
  bounds.check_interval_ms = 1'000;
  const auto ada = join(1);
  const auto type = [&](std::uint64_t seq) {
    submit(ada, seq, 2 + seq, make_op({"x"}));
    forget_what_was_told();
    written();
    const lines all = told_all();
    return all.size() == 2 ? all.back() : "";
  };
  const auto check_of = [](const std::string& text) {
    const auto crc = crc32(0, reinterpret_cast<const Bytef*>(text.data()),
                           static_cast<uInt>(text.size()));
    return std::to_string(text.size()) + " " + std::to_string(crc);
  };
  EXPECT_EQ(type(1), "");
  EXPECT_EQ(type(2), "check a 5 " + check_of("xxabc"));
  EXPECT_EQ(type(3), "");
  EXPECT_EQ(type(4), "") << "too soon";
  at_us += 1'000'000;
  EXPECT_EQ(type(5), "check a 8 " + check_of("xxxxxabc"));
}

TEST_F(room_members, divergences_are_counted) {
  const auto ada = join(1);
  core->note_divergence({ada, {"a", 3, 2, 1}});
  EXPECT_EQ(core->divergences(), 1U);
}

}  // namespace
}  // namespace tandem::test
