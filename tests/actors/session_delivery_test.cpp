// What a client is sent: each revision once, in order; a slow reader is caught
// up; and the grouping rule of docs/protocol.md.
#include "tests/actors/session_harness.hpp"

namespace tandem::test {
namespace {

class session_delivery : public session_test {
 protected:
  session_delivery() {
    bounds.outbound_pause_bytes = 100;
    bounds.outbound_bytes = 1'000;
    join();
    open_by_text(3);
  }

  // The connection takes nothing while others commit up to `to`, and then
  // drains: a slice is asked for.
  void fall_behind(ot::revision from, ot::revision to) {
    effects.unread = 100;
    for (ot::revision rev = from; rev < to; ++rev)
      others(rev, rev + 1);
    effects.unread = 0;
    core->on_drained();
  }

  void refused(std::uint64_t seq, error_code code) {
    room(edit_answer{10, seq, edit_answer::verdict::refused, 0, code, "", {}});
  }
};

TEST_F(session_delivery, a_batch_is_passed_on_in_one_piece) {
  others(3, 5);
  EXPECT_EQ(sent(), (lines{"op 4", "op 5"}));
  others(5, 6);
  EXPECT_EQ(sent(), lines{"op 6"});
  EXPECT_TRUE(effects.slices.empty());
}

TEST_F(session_delivery, the_own_edit_is_acknowledged_in_its_place) {
  edit(1, 3);
  auto made = ops(3, 6);
  made[1].client = ada;
  made[1].seq = 1;
  fan_out(batch_of(3, made));
  EXPECT_EQ(sent(), (lines{"op 4", "ack a seq 1 rev 5", "op 6"}));
}

TEST_F(session_delivery, somebody_elses_edit_of_that_number_is_an_operation) {
  edit(1, 3);
  fan_out(batch_of(3, ops(3, 4, client(9), 1)));
  EXPECT_EQ(sent(), lines{"op 4"});
}

TEST_F(session_delivery, files_that_are_not_followed_are_not_sent) {
  file_batch other = batch_of(0, ops(0, 1));
  other.file = 20;
  fan_out(std::move(other));
  say(client::close{"a"});
  others(3, 4);
  EXPECT_EQ(sent(), lines{});
}

TEST_F(session_delivery, a_batch_brings_the_others_cursors_and_a_check) {
  file_batch batch = batch_of(3, ops(3, 4));
  batch.cursors = {{1, std::make_shared<const std::string>("own cursor\n")},
                   {2, std::make_shared<const std::string>("cursor of 2\n")}};
  batch.check = std::make_shared<const std::string>("check\n");
  fan_out(std::move(batch));
  EXPECT_EQ(sent(), (lines{"op 4", "cursor of 2", "check"}));
}

TEST_F(session_delivery, a_note_has_another_form_for_its_sender) {
  const auto text = [](const char* line) { return std::make_shared<const std::string>(line); };
  fanout batch;
  batch.notes = {{text("to all\n"), 1, text("to me\n"), {}, 0, {}},
                 {text("to all\n"), 2, text("to 2\n"), {}, 0, {}},
                 {text("to all\n"), 1, text(""), {}, 0, {}},
                 {text("to all\n"), 1, nullptr, {}, 0, {}}};
  room(std::make_shared<const fanout>(batch));
  EXPECT_EQ(sent(), (lines{"to me", "to all", "to all"}));
}

TEST_F(session_delivery, a_renamed_file_is_followed_under_its_new_name) {
  room_note note{std::make_shared<const std::string>("rename\n"), 0, nullptr,
                 room_note::effect::renamed, 10, "b"};
  room(std::make_shared<const fanout>(fanout{{}, {}, {note}}));
  edit(1, 3, "a");
  EXPECT_EQ(sent(), (lines{"rename", "error stale a seq 1"}));
  edit(1, 3, "b");
  EXPECT_EQ(effects.edits.size(), 1U);
  own(3, 4, 1);
  EXPECT_EQ(sent(), lines{"ack b seq 1 rev 4"});
}

TEST_F(session_delivery, a_removed_file_is_followed_no_more) {
  room_note note{std::make_shared<const std::string>("delete\n"), 0, nullptr,
                 room_note::effect::removed, 10, ""};
  room(std::make_shared<const fanout>(fanout{{}, {}, {note}}));
  others(3, 4);
  EXPECT_EQ(sent(), lines{"delete"});
}

TEST_F(session_delivery, an_edit_that_was_on_its_way_when_its_file_was_removed_is_answered) {
  edit(1, 3, "a");
  room_note note{std::make_shared<const std::string>("delete\n"), 0, nullptr,
                 room_note::effect::removed, 10, ""};
  room(std::make_shared<const fanout>(fanout{{}, {}, {note}}));
  refused(1, error_code::unknown_file);
  EXPECT_EQ(sent(), (lines{"delete", "error unknown_file a seq 1"})) << "once";
}

// ---- opening ----

TEST_F(session_delivery, a_file_opened_from_a_revision_is_caught_up_in_slices) {
  room(file_opened{10, {"a", 9, "plaintext", std::nullopt, 5}, {}, 0});
  ASSERT_EQ(effects.slices.size(), 1U);
  EXPECT_EQ(effects.slices[0].from, 5U);
  EXPECT_EQ(effects.slices[0].to, 9U);
  EXPECT_TRUE(effects.slices[0].may_compose);
  others(9, 10);
  EXPECT_EQ(sent(), lines{"opened a 9 from 5"}) << "10 has to wait for 6 to 9";
  composed_slice(5, 9);
  EXPECT_EQ(sent(), lines{"composed 5-9"});
  ASSERT_EQ(effects.slices.size(), 2U);
  EXPECT_EQ(effects.slices[1].from, 9U);
  EXPECT_EQ(effects.slices[1].to, 10U);
  slice(9, 10);
  EXPECT_EQ(sent(), lines{"op 10"});
  others(10, 11);
  EXPECT_EQ(sent(), lines{"op 11"});
}

TEST_F(session_delivery, reopened_with_an_edit_that_is_in_it_gets_single_operations_and_its_ack) {
  room(file_opened{10, {"a", 6, "plaintext", std::nullopt, 4}, 9, 5});
  ASSERT_EQ(effects.slices.size(), 1U);
  EXPECT_FALSE(effects.slices[0].may_compose);
  auto made = ops(4, 6);
  made[0].client = ada;
  made[0].seq = 9;
  room(history_slice{10, 4, 6, false, made, {}});
  EXPECT_EQ(sent(), (lines{"opened a 6 from 4", "ack a seq 9 rev 5", "op 6"}));
}

TEST_F(session_delivery, reopened_with_an_edit_that_is_not_durable_yet_gets_its_ack_later) {
  room(file_opened{10, {"a", 4, "plaintext", std::nullopt, 4}, 9, 6});
  slice(4, 4);
  EXPECT_EQ(sent(), lines{"opened a 4 from 4"});
  edit(9, 4);
  EXPECT_TRUE(effects.edits.empty()) << "it is known already";
  own(4, 6, 9);
  EXPECT_EQ(sent(), (lines{"op 5", "ack a seq 9 rev 6"}));
}

TEST_F(session_delivery, reopened_by_a_text_that_holds_the_edit_gets_its_ack_at_once) {
  room(file_opened{10, {"a", 6, "plaintext", "text", 0}, 9, 5});
  EXPECT_EQ(sent(), (lines{"opened a 6 text [text]", "ack a seq 9 rev 5"}));
  EXPECT_TRUE(effects.slices.at(0).may_compose);
}

TEST_F(session_delivery, a_slice_to_the_head_brings_the_others_cursors) {
  room(file_opened{10, {"a", 3, "plaintext", "abc", 0}, {}, 0});
  sent();
  room(history_slice{10, 3, 3, false, {},
                     {{1, std::make_shared<const std::string>("own\n")},
                      {2, std::make_shared<const std::string>("cursor of 2\n")}}});
  EXPECT_EQ(sent(), lines{"cursor of 2"});
}

TEST_F(session_delivery, a_slice_that_was_not_asked_for_is_dropped) {
  slice(3, 4);
  EXPECT_EQ(sent(), lines{});
  fall_behind(3, 5);
  slice(2, 5);
  EXPECT_EQ(sent(), lines{}) << "of another place";
  slice(3, 5);
  EXPECT_EQ(sent(), (lines{"op 4", "op 5"}));
}

TEST_F(session_delivery, a_reload_makes_it_look_for_what_it_missed) {
  fan_out({10, 5, 5, {}, nullptr, {}, nullptr});
  ASSERT_EQ(effects.slices.size(), 1U);
  EXPECT_EQ(effects.slices[0].from, 3U);
  EXPECT_EQ(effects.slices[0].to, 5U);
  fan_out({10, 5, 5, {}, nullptr, {}, nullptr});
  EXPECT_EQ(effects.slices.size(), 1U) << "asked once";
}

// ---- slow readers ----

TEST_F(session_delivery, a_slow_reader_is_passed_over_and_caught_up_when_it_has_drained) {
  effects.unread = 100;
  others(3, 4);
  others(4, 8);
  EXPECT_EQ(sent(), lines{});
  EXPECT_TRUE(effects.slices.empty());
  effects.unread = 0;
  core->on_drained();
  ASSERT_EQ(effects.slices.size(), 1U);
  EXPECT_EQ(effects.slices[0].from, 3U);
  EXPECT_EQ(effects.slices[0].to, 8U);
  EXPECT_TRUE(effects.slices[0].may_compose);
  composed_slice(3, 8);
  others(8, 9);
  EXPECT_EQ(sent(), (lines{"composed 3-8", "op 9"}));
}

TEST_F(session_delivery, a_reader_that_stays_slow_gets_slice_after_slice_as_it_drains) {
  fall_behind(3, 8);
  effects.unread = 100;
  slice(3, 5);
  EXPECT_EQ(sent(), (lines{"op 4", "op 5"}));
  EXPECT_EQ(effects.slices.size(), 1U) << "too much is unread";
  effects.unread = 0;
  core->on_drained();
  ASSERT_EQ(effects.slices.size(), 2U);
  EXPECT_EQ(effects.slices[1].from, 5U);
}

TEST_F(session_delivery, one_that_reads_nothing_is_ended) {
  effects.unread = 1'001;
  others(3, 4);
  EXPECT_EQ(sent(), lines{"close 1013"});
  EXPECT_EQ(effects.leaves, 1);
}

// ---- the grouping rule ----

TEST_F(session_delivery, nothing_is_composed_while_an_edit_is_unanswered) {
  edit(1, 3);
  fall_behind(3, 6);
  EXPECT_FALSE(effects.slices.at(0).may_compose);
  auto made = ops(3, 6, ada, 1);
  room(history_slice{10, 3, 6, false, made, {}});
  EXPECT_EQ(sent(), (lines{"op 4", "op 5", "ack a seq 1 rev 6"}));
  fall_behind(6, 9);
  EXPECT_TRUE(effects.slices.at(1).may_compose);
}

TEST_F(session_delivery, an_edit_from_before_the_end_of_a_composed_operation_must_be_rebased) {
  fall_behind(3, 8);
  composed_slice(3, 8);
  sent();
  for (const ot::revision base : {0, 2, 3, 5, 7}) {
    edit(1, base);
    EXPECT_EQ(sent(), lines{"error rebase a seq 1"}) << base;
  }
  EXPECT_TRUE(effects.edits.empty());
  edit(1, 8);
  EXPECT_EQ(sent(), lines{});
  EXPECT_EQ(effects.edits.size(), 1U);
}

TEST_F(session_delivery, after_a_rebase_nothing_is_composed_until_the_edit_is_in) {
  fall_behind(3, 8);
  composed_slice(3, 8);
  edit(1, 5);
  sent();
  fall_behind(8, 10);
  EXPECT_FALSE(effects.slices.at(1).may_compose) << "the edit is yet to come";
  slice(8, 10);
  edit(1, 8);
  EXPECT_EQ(effects.edits.size(), 1U) << "single operations do not stand in its way";
  fall_behind(10, 12);
  EXPECT_FALSE(effects.slices.at(2).may_compose) << "the edit is unanswered";
  room(history_slice{10, 10, 12, false, ops(10, 12, ada, 1), {}});
  fall_behind(12, 14);
  EXPECT_TRUE(effects.slices.at(3).may_compose);
}

TEST_F(session_delivery, the_rooms_rebase_counts_as_well) {
  edit(1, 3);
  refused(1, error_code::rebase);
  EXPECT_EQ(sent(), lines{"error rebase a seq 1"});
  fall_behind(3, 5);
  EXPECT_FALSE(effects.slices.at(0).may_compose);
}

TEST_F(session_delivery, an_edit_is_held_while_a_composed_operation_is_on_its_way) {
  fall_behind(3, 8);
  edit(1, 3);
  edit(1, 3);
  EXPECT_TRUE(effects.edits.empty());
  EXPECT_EQ(sent(), lines{});
  composed_slice(3, 8);
  EXPECT_EQ(sent(), (lines{"composed 3-8", "error rebase a seq 1"}));
  edit(1, 8);
  EXPECT_EQ(effects.edits.size(), 1U);
}

TEST_F(session_delivery, a_held_edit_goes_on_if_the_slice_was_not_composed) {
  fall_behind(3, 4);
  edit(1, 3);
  slice(3, 4);
  EXPECT_EQ(sent(), lines{"op 4"});
  EXPECT_EQ(effects.edits.size(), 1U);
  edit(2, 4);
  EXPECT_EQ(sent(), lines{"error bad_message a seq 2"}) << "one at a time";
}

TEST_F(session_delivery, an_edit_is_not_held_for_single_operations) {
  edit(1, 3);
  fall_behind(3, 8);
  own(8, 9, 5);
  EXPECT_EQ(effects.edits.size(), 1U);
}

TEST_F(session_delivery, reopening_a_file_with_a_held_edit_asks_for_the_edit_again) {
  fall_behind(3, 8);
  edit(1, 3);
  say(client::open{"a", 3, 1});
  EXPECT_EQ(sent(), lines{"error rebase a seq 1"});
  EXPECT_EQ(effects.opens.at(0).seq, 1U);
}

TEST_F(session_delivery, reopening_names_the_unanswered_edit_to_the_room) {
  edit(6, 3);
  say(client::open{"a", {}, {}});
  EXPECT_EQ(effects.opens.at(0).seq, 6U);
  say(client::open{"b", {}, {}});
  EXPECT_FALSE(effects.opens.at(1).seq);
}

}  // namespace
}  // namespace tandem::test
