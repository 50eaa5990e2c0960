// The life of a write: gathered, committed, told; and what happens when the
// store does not do as asked.
#include "tests/actors/room_harness.hpp"

namespace tandem::test {
namespace {

class room_writes : public room_test {
 protected:
  storage::loaded_room reloaded(ot::revision rev) {
    return loaded_room_with({letters_file(10, "a", rev), letters_file(20, "b", 0)});
  }
};

TEST_F(room_writes, nothing_is_told_before_it_is_durable) {
  const auto ada = join(1, "Ada");
  forget_what_was_told();
  submit(ada, 1, 3, make_op({3, "d"}));
  ASSERT_EQ(effects.writes.size(), 1U);
  EXPECT_TRUE(effects.told.empty());
  EXPECT_TRUE(effects.batches.empty());
  EXPECT_EQ(text(), "abc");
  const storage::room_write& write = effects.writes[0];
  EXPECT_EQ(write.room, 1);
  ASSERT_EQ(write.runs.size(), 1U);
  EXPECT_EQ(write.runs[0].file, 10);
  EXPECT_EQ(write.runs[0].first, 4U);
  EXPECT_EQ(write.runs[0].ops,
            std::vector{entry(make_op({3, "d"}), 1, 1, "Ada", now().epoch_ms)});
  written();
  EXPECT_EQ(text(), "abcd");
  EXPECT_TRUE(effects.told.empty());
  EXPECT_EQ(told_all(), lines{"op a 4 [3,\"d\"] by 1"});
}

TEST_F(room_writes, what_comes_during_a_write_is_gathered_for_the_next) {
  const auto ada = join(1);
  const auto bob = join(2);
  submit(ada, 1, 3, make_op({"x"}));
  submit(bob, 1, 3, make_op({"y"}));
  submit(bob, 2, 0, make_op({"z"}), 20);
  ASSERT_EQ(effects.writes.size(), 1U);
  forget_what_was_told();
  written();
  ASSERT_EQ(effects.writes.size(), 2U);
  ASSERT_EQ(effects.writes[1].runs.size(), 2U);
  EXPECT_EQ(effects.writes[1].runs[0].first, 5U);
  EXPECT_EQ(effects.writes[1].runs[1].file, 20);
  EXPECT_EQ(told_all(), lines{"op a 4 [\"x\"] by 1"});
  written();
  EXPECT_EQ(told_all(), (lines{"op a 5 [\"y\"] by 2", "op b 1 [\"z\"] by 2"}));
  EXPECT_EQ(text(), "yxabc") << "the later stands left";
}

TEST_F(room_writes, one_message_brings_everybody_the_whole_batch) {
  const auto ada = join(1);
  submit(ada, 1, 3, make_op({"x"}));
  submit(ada, 2, 4, make_op({1, "y"}));
  submit(ada, 3, 5, make_op({2, "z"}));
  forget_what_was_told();
  written();
  written();
  ASSERT_EQ(effects.batches.size(), 2U);
  const file_batch& batch = effects.batches[1]->files.at(0);
  EXPECT_EQ(batch.from, 4U);
  EXPECT_EQ(batch.to, 6U);
  ASSERT_EQ(batch.ops.size(), 2U);
  EXPECT_EQ(batch.ops[0].seq, 2U);
  EXPECT_EQ(batch.ops[0].client, client(1));
  EXPECT_EQ(*batch.all, *batch.ops[0].bytes + *batch.ops[1].bytes);
}

TEST_F(room_writes, a_duplicate_is_known_durable_or_not) {
  const auto ada = join(1);
  submit(ada, 1, 3, make_op({"x"}));
  told(ada);
  submit(ada, 1, 3, make_op({"x"}));
  EXPECT_EQ(told(ada), lines{"duplicate 1 as 4"});
  written();
  submit(ada, 1, 3, make_op({"x"}));
  EXPECT_EQ(told(ada), lines{"duplicate 1 as 4"});
  EXPECT_EQ(effects.writes.size(), 1U);
  EXPECT_EQ(text(), "xabc");
}

TEST_F(room_writes, refuses_edits_with_a_reason) {
  bounds.text_chars = 5;
  const auto ada = join(1);
  submit(ada, 5, 3, make_op({"x"}));
  written();
  const auto refused = [&](std::uint64_t seq, ot::revision base, ot::text_op op,
                           storage::file_key file = 10) {
    told(ada);
    submit(ada, seq, base, std::move(op), file);
    return told(ada).at(0);
  };
  EXPECT_EQ(refused(6, 9, make_op({"x"})), "refused 6 stale");
  EXPECT_EQ(refused(6, 3, make_op({4, "x"})), "refused 6 bad_op");
  EXPECT_EQ(refused(6, 4, make_op({"xy"})), "refused 6 too_large");
  EXPECT_EQ(refused(4, 4, make_op({"x"})), "refused 4 bad_message");
  EXPECT_EQ(refused(6, 0, make_op({"x"}), 99), "refused 6 unknown_file");
  EXPECT_EQ(effects.writes.size(), 1U);
}

TEST_F(room_writes, a_base_older_than_memory_must_be_rebased) {
  core.emplace(bounds, encoder, effects, loaded_room_with({letters_file(10, "a", 6, 4)}));
  const auto ada = join(1);
  told(ada);
  submit(ada, 1, 3, make_op({"x"}));
  EXPECT_EQ(told(ada), lines{"refused 1 rebase"});
}

// ---- gathering ----

TEST_F(room_writes, a_busy_room_gathers_for_its_interval) {
  bounds.fanout_us_per_member = 1'000;
  bounds.fanout_interval_max_us = 10'000;
  const auto ada = join(1);
  join(2);
  at_us += 100'000;
  core->on_timer(now());  // that has told of the second
  at_us += 100'000;
  submit(ada, 1, 3, make_op({"x"}));
  ASSERT_EQ(effects.writes.size(), 1U) << "a quiet room writes at once";
  written();
  effects.wakes.clear();
  at_us += 500;
  submit(ada, 2, 4, make_op({"y"}));
  submit(ada, 3, 5, make_op({"z"}));
  EXPECT_EQ(effects.writes.size(), 1U);
  EXPECT_EQ(effects.wakes, std::vector<std::int64_t>{1'500}) << "armed once";
  at_us += 1'500;
  core->on_timer(now());
  ASSERT_EQ(effects.writes.size(), 2U);
  EXPECT_EQ(effects.writes[1].runs[0].ops.size(), 2U);
}

TEST_F(room_writes, the_interval_has_a_bound_and_a_wait_too_short_is_none) {
  bounds.fanout_us_per_member = 1'000'000;
  bounds.fanout_interval_max_us = 5'000;
  const auto ada = join(1);
  at_us += 100'000;
  submit(ada, 1, 3, make_op({"x"}));
  written();
  effects.wakes.clear();
  submit(ada, 2, 4, make_op({"y"}));
  EXPECT_EQ(effects.wakes, std::vector<std::int64_t>{5'000});
  at_us += 4'900;
  submit(ada, 3, 5, make_op({"z"}));
  EXPECT_EQ(effects.writes.size(), 2U) << "100 us are not worth waiting for";
}

// ---- failures ----

TEST_F(room_writes, a_failed_write_is_told_to_its_authors_and_forgotten) {
  const auto ada = join(1);
  const auto bob = join(2);
  submit(ada, 1, 3, make_op({"x"}));
  submit(bob, 1, 3, make_op({"y"}));
  forget_what_was_told();
  written(write_outcome::failed);
  EXPECT_EQ(told(ada), lines{"refused 1 unavailable"});
  EXPECT_EQ(told(bob), lines{"refused 1 unavailable"});
  EXPECT_EQ(told_all(), lines{"error unavailable retry 500"});
  EXPECT_EQ(text(), "abc");
  EXPECT_EQ(core->file(10)->document().head(), 3U);
  EXPECT_FALSE(core->has_unwritten());
}

TEST_F(room_writes, a_room_that_cannot_write_is_read_only_until_a_retry_gets_through) {
  const auto ada = join(1);
  submit(ada, 1, 3, make_op({"x"}));
  written(write_outcome::failed);
  forget_what_was_told();
  at_us += 499'000;
  submit(ada, 1, 3, make_op({"x"}));
  core->post({ada, {4, "hi"}}, now());
  change(ada, client::file_action::create, "new");
  EXPECT_EQ(told(ada), (lines{"refused 1 unavailable", "error unavailable id 4 retry 500",
                              "error unavailable new retry 500"}));
  EXPECT_EQ(effects.writes.size(), 1U);
  at_us += 1'000;
  submit(ada, 1, 3, make_op({"x"}));
  ASSERT_EQ(effects.writes.size(), 2U);
  written(write_outcome::failed);
  EXPECT_EQ(told_all(), lines{}) << "everybody knows already";
  at_us += 500'000;
  submit(ada, 1, 3, make_op({"x"}));
  written();
  EXPECT_EQ(told_all(), lines{"op a 4 [\"x\"] by 1"});
  submit(ada, 2, 4, make_op({"y"}));
  EXPECT_EQ(effects.writes.size(), 4U);
}

TEST_F(room_writes, who_joins_a_read_only_room_is_told_so_and_can_read) {
  const auto ada = join(1);
  submit(ada, 1, 3, make_op({"x"}));
  written(write_outcome::failed);
  const auto bob = join(2, "Bob", {{"a", {}, {}}});
  EXPECT_EQ(told(bob), (lines{"welcome 2 room files a@3 b@0 peers 1:Guest 1 chat",
                              "error unavailable", "opened a 3 text [abc]"}));
}

TEST_F(room_writes, presence_goes_on_while_the_store_is_down) {
  bounds.snapshot_ops = 1;
  const auto ada = join(1);
  submit(ada, 1, 3, make_op({"x"}));
  written();  // a snapshot is due
  ASSERT_EQ(effects.writes.size(), 2U);
  written(write_outcome::failed);
  forget_what_was_told();
  join(2, "Bob");
  core->move({ada, 10, 4, {{0, 1}}}, now());
  EXPECT_EQ(told_all(ada), (lines{"join 2:Bob", "cursor 1 a 4 0-1"}));
  EXPECT_EQ(effects.writes.size(), 2U) << "no attempt before its time";
}

TEST_F(room_writes, chat_and_changes_of_a_failed_write_are_refused) {
  const auto ada = join(1);
  submit(ada, 1, 3, make_op({"x"}));
  core->post({ada, {8, "hi"}}, now());
  change(ada, client::file_action::create, "new");
  forget_what_was_told();
  written(write_outcome::failed);
  EXPECT_EQ(told(ada), (lines{"error unavailable id 8", "error unavailable new",
                              "refused 1 unavailable"}));
  at_us += 500'000;
  submit(ada, 1, 3, make_op({"x"}));
  EXPECT_TRUE(effects.writes.back().chat.empty());
  EXPECT_TRUE(effects.writes.back().changes.empty());
}

// The client has a new connection by the time that its edit fails.
TEST_F(room_writes, an_author_who_has_reconnected_is_told_of_the_failure) {
  for (const write_outcome outcome : {write_outcome::failed, write_outcome::unknown}) {
    SCOPED_TRACE(static_cast<int>(outcome));
    start();
    const auto old = join(1);
    submit(old, 1, 3, make_op({"x"}));
    const auto again = join(1, "", {{"a", 3, 1}});
    EXPECT_EQ(told(again).back(), "committed 1 as 4");
    written(outcome);
    if (outcome == write_outcome::unknown)
      core->on_reloaded(reloaded(3), now());
    EXPECT_EQ(told(again), lines{"refused 1 unavailable"});
  }
}

TEST_F(room_writes, after_an_unknown_outcome_the_room_reads_before_it_goes_on) {
  const auto ada = join(1);
  submit(ada, 1, 3, make_op({"x"}));
  forget_what_was_told();
  written(write_outcome::unknown);
  EXPECT_EQ(effects.reloads, 1);
  EXPECT_EQ(told_all(), lines{"error unavailable retry 500"});
  submit(ada, 2, 3, make_op({"y"}));
  EXPECT_EQ(told(ada), lines{"refused 2 unavailable"});
  EXPECT_EQ(effects.writes.size(), 1U);
}

TEST_F(room_writes, an_edit_that_the_store_turns_out_to_have_is_not_refused) {
  const auto ada = join(1);
  submit(ada, 1, 3, make_op({"x"}));
  written(write_outcome::unknown);
  forget_what_was_told();
  storage::loaded_room found = reloaded(3);
  found.files[0].tail.push_back(entry(make_op({"x"}), 1, 1));
  found.files[0].record.rev = 4;
  core->on_reloaded(std::move(found), now());
  EXPECT_EQ(told(ada), lines{});
  EXPECT_EQ(text(), "xabc");
  ASSERT_EQ(effects.batches.size(), 1U);
  EXPECT_EQ(effects.batches[0]->files.at(0).from, 4U) << "every session sees what it has missed";
  EXPECT_EQ(effects.batches[0]->files.at(0).to, 4U);
  core->catch_up_reader({ada, 10, 3, 4, false});
  EXPECT_EQ(told(ada), (lines{"slice 3-4", "op a 4 [\"x\"]"}));
}

TEST_F(room_writes, an_edit_that_the_store_does_not_have_is_refused) {
  const auto ada = join(1);
  submit(ada, 1, 3, make_op({"x"}));
  core->post({ada, {8, "hi"}}, now());
  written(write_outcome::unknown);
  told(ada);
  core->on_reloaded(reloaded(3), now());
  EXPECT_EQ(told(ada), (lines{"error unavailable id 8", "refused 1 unavailable"}));
  submit(ada, 1, 3, make_op({"x"}));
  EXPECT_EQ(effects.writes.size(), 2U) << "it goes on";
}

TEST_F(room_writes, chat_and_changes_that_the_store_turns_out_to_have_are_told) {
  const auto ada = join(1, "Ada");
  submit(ada, 1, 3, make_op({"x"}));
  core->post({ada, {9, "ho"}}, now());
  core->change_file({ada, {client::file_action::rename, "b", "c.py", {}, {}}}, now());
  written();
  written(write_outcome::unknown);
  told(ada);
  forget_what_was_told();
  storage::loaded_room found = reloaded(3);
  found.chat = {{1, "Ada", client(1), 9, "ho", 1}};
  found.files[1].record.name = "c.py";
  core->on_reloaded(std::move(found), now());
  EXPECT_EQ(told(ada), lines{}) << "nothing is refused";
  EXPECT_EQ(told_all(ada), (lines{"chat 1 Ada: ho id 9", "rename b to c.py by 1"}));
}

TEST_F(room_writes, a_store_that_cannot_be_read_is_asked_again) {
  const auto ada = join(1);
  submit(ada, 1, 3, make_op({"x"}));
  written(write_outcome::unknown);
  effects.wakes.clear();
  core->on_reloaded(std::nullopt, now());
  EXPECT_EQ(effects.wakes, std::vector<std::int64_t>{500'000});
  EXPECT_EQ(effects.reloads, 1);
  at_us += 500'000;
  core->on_timer(now());
  EXPECT_EQ(effects.reloads, 2);
  core->on_reloaded(reloaded(3), now());
  EXPECT_EQ(told(ada).back(), "refused 1 unavailable");
  core->on_reloaded(reloaded(1), now());
  EXPECT_EQ(text(), "abc") << "an answer that nobody waits for";
}

TEST_F(room_writes, after_a_conflict_the_room_takes_what_the_store_has) {
  const auto ada = join(1);
  submit(ada, 1, 3, make_op({"x"}));
  written(write_outcome::conflict);
  EXPECT_EQ(effects.reloads, 1);
  core->on_reloaded(reloaded(5), now());
  EXPECT_EQ(told(ada).back(), "refused 1 unavailable");
  EXPECT_EQ(text(), "abcde");
  EXPECT_EQ(effects.batches.back()->files.at(0).to, 5U);
}

// ---- snapshots ----

TEST_F(room_writes, a_snapshot_is_due_after_so_many_operations) {
  bounds.snapshot_ops = 5;
  const auto ada = join(1);
  submit(ada, 1, 3, make_op({"x"}));
  written();
  EXPECT_EQ(effects.writes.size(), 1U);
  submit(ada, 2, 4, make_op({"y"}));
  written();
  ASSERT_EQ(effects.writes.size(), 3U) << "written when there is nothing else to do";
  const auto& taken = effects.writes[2].snapshots;
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0].file, 10);
  EXPECT_EQ(taken[0].rev, 5U);
  EXPECT_EQ(taken[0].text, "yxabc");
  EXPECT_EQ(taken[0].last.at(client(1)).seq, 2U);
  EXPECT_EQ(taken[0].last.at(client(1)).rev, 5U);
  written();
  EXPECT_FALSE(core->has_unwritten());
}

TEST_F(room_writes, a_snapshot_much_larger_than_its_operations_waits) {
  bounds.snapshot_ops = 1;
  bounds.snapshot_overdue_ops = 3;
  storage::loaded_file large = letters_file(10, "a", 0);
  large.base.text = std::string(10'000, 'x');
  core.emplace(bounds, encoder, effects, loaded_room_with({large}));
  const auto ada = join(1);
  for (std::uint64_t seq = 1; seq <= 3; ++seq) {
    submit(ada, seq, seq - 1, make_op({"y"}));
    written();
    EXPECT_EQ(effects.writes.back().snapshots.size(), seq == 3 ? 1U : 0U) << seq;
  }
}

TEST_F(room_writes, a_snapshot_that_was_not_written_is_tried_again) {
  bounds.snapshot_ops = 4;
  const auto ada = join(1);
  submit(ada, 1, 3, make_op({"x"}));
  written();
  ASSERT_EQ(effects.writes.back().snapshots.size(), 1U);
  written(write_outcome::failed);
  at_us += 500'000;
  submit(ada, 2, 4, make_op({"y"}));
  ASSERT_EQ(effects.writes.back().snapshots.size(), 1U);
  EXPECT_EQ(effects.writes.back().snapshots[0].text, "xabc");
  EXPECT_EQ(effects.writes.back().runs.size(), 1U);
  written();
  EXPECT_TRUE(effects.writes.back().snapshots.empty() || effects.writes.size() == 3U);
}

// A room whose store is down can end: a snapshot can be made again.
TEST_F(room_writes, a_snapshot_that_cannot_be_written_holds_nothing_up) {
  bounds.snapshot_ops = 4;
  const auto ada = join(1);
  submit(ada, 1, 3, make_op({"x"}));
  EXPECT_TRUE(core->has_unwritten());
  written();
  EXPECT_TRUE(core->has_unwritten());
  written(write_outcome::failed);
  EXPECT_FALSE(core->has_unwritten());
}

}  // namespace
}  // namespace tandem::test
