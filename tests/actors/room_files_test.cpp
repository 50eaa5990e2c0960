// Chat, and creating, renaming and removing files in a room.
#include "tests/actors/room_harness.hpp"

namespace tandem::test {
namespace {

using client::file_action;

class room_files : public room_test {};

// ---- chat ----

TEST_F(room_files, chat_is_numbered_and_its_sender_knows_it_again) {
  const auto ada = join(1, "Ada");
  const auto bob = join(2, "Bob");
  forget_what_was_told();
  core->post({ada, {7, "hi"}}, now());
  core->post({bob, {7, "ho"}}, now());
  EXPECT_EQ(told_all(), lines{}) << "not before it is durable";
  ASSERT_EQ(effects.writes.size(), 1U);
  EXPECT_EQ(effects.writes[0].chat,
            (std::vector<storage::chat_message>{
              {1, "Ada", client(1), 7, "hi", now().epoch_ms}}));
  written();
  ASSERT_EQ(effects.writes.size(), 2U);
  EXPECT_EQ(effects.writes[1].chat.at(0).n, 2U);
  written();
  ASSERT_EQ(effects.batches.size(), 2U);
  const room_note& note = effects.batches[0]->notes.at(0);
  EXPECT_EQ(note.own_site, ada);
  EXPECT_EQ(*note.bytes, "chat 1 Ada: hi\n");
  EXPECT_EQ(*note.own_bytes, "chat 1 Ada: hi id 7\n");
  EXPECT_EQ(told_all(bob), (lines{"chat 1 Ada: hi", "chat 2 Bob: ho id 7"}));
}

TEST_F(room_files, who_joins_gets_the_latest_chat) {
  bounds.chat_kept = 2;
  const auto ada = join(1, "Ada");
  for (std::uint64_t id = 1; id <= 3; ++id) {
    core->post({ada, {id, "t" + std::to_string(id)}}, now());
    written();
  }
  EXPECT_EQ(told(join(2)), lines{"welcome 2 room files a@3 b@0 peers 1:Ada chat 2:t2 3:t3"});
}

TEST_F(room_files, chat_goes_on_behind_what_was_loaded) {
  auto loaded = loaded_room_with({});
  loaded.chat = {{41, "Old", client(9), 1, "old", 1}};
  core.emplace(bounds, encoder, effects, std::move(loaded));
  core->post({join(1), {1, "hi"}}, now());
  EXPECT_EQ(effects.writes.at(0).chat.at(0).n, 42U);
}

TEST_F(room_files, a_message_sent_again_is_answered_and_not_posted_again) {
  const auto ada = join(1, "Ada");
  core->post({ada, {7, "hi"}}, now());
  written();
  const auto again = join(1, "Ada");
  forget_what_was_told();
  core->post({again, {7, "hi"}}, now());
  EXPECT_EQ(effects.writes.size(), 1U);
  EXPECT_EQ(told_all(again), lines{"chat 1 Ada: hi id 7"});
  core->post({again, {7, "hi"}}, now());
  EXPECT_EQ(told_all(), lines{}) << "nobody else hears it twice";
}

TEST_F(room_files, a_message_sent_again_before_it_is_durable_is_posted_once) {
  const auto ada = join(1, "Ada");
  submit(ada, 1, 3, make_op({"x"}));
  core->post({ada, {7, "queued"}}, now());
  core->post({ada, {7, "queued"}}, now());
  written();
  ASSERT_EQ(effects.writes.back().chat.size(), 1U);
  const auto again = join(1, "Ada");
  core->post({again, {7, "queued"}}, now());
  forget_what_was_told();
  written();
  EXPECT_EQ(effects.writes.size(), 2U);
  EXPECT_EQ(told_all(again).back(), "chat 1 Ada: queued id 7");
}

// ---- files ----

TEST_F(room_files, creates_a_file_with_a_text_and_it_can_be_edited) {
  const auto ada = join(1, "Ada");
  forget_what_was_told();
  change(ada, file_action::create, "src/new.py", "", "hé");
  ASSERT_EQ(effects.writes.size(), 1U);
  const auto& created = std::get<storage::create_file>(effects.writes[0].changes.at(0));
  EXPECT_EQ(created.name, "src/new.py");
  EXPECT_EQ(created.language, "python");
  ASSERT_EQ(created.first_ops.size(), 1U);
  EXPECT_EQ(created.first_ops[0].op, make_op({"hé"}));
  EXPECT_EQ(created.first_ops[0].author, "Ada");
  EXPECT_EQ(core->file(30), nullptr);
  written(write_outcome::written, {30});
  EXPECT_EQ(told_all(), lines{"create src/new.py by 1"});
  EXPECT_EQ(text(30), "hé");
  core->open({ada, {"src/new.py", {}, {}}});
  EXPECT_EQ(told(ada), lines{"opened src/new.py 1 text [hé]"});
  submit(ada, 1, 1, make_op({2, "!"}), 30);
  EXPECT_EQ(effects.writes.back().runs.at(0).first, 2U);
}

TEST_F(room_files, an_empty_file_starts_at_revision_0) {
  const auto ada = join(1);
  change(ada, file_action::create, "new");
  EXPECT_TRUE(std::get<storage::create_file>(effects.writes[0].changes.at(0)).first_ops.empty());
  written(write_outcome::written, {30});
  EXPECT_EQ(core->file(30)->document().head(), 0U);
}

TEST_F(room_files, renames_a_file_and_its_stream_goes_on) {
  const auto ada = join(1);
  told(ada);
  change(ada, file_action::rename, "a", "z.rs");
  const auto& renamed = std::get<storage::rename_file>(effects.writes[0].changes.at(0));
  EXPECT_EQ(renamed.file, 10);
  EXPECT_EQ(renamed.language, "rust");
  submit(ada, 1, 3, make_op({"x"}));
  written();
  const room_note note = effects.batches.back()->notes.at(0);
  EXPECT_EQ(note.on_file, room_note::effect::renamed);
  EXPECT_EQ(note.file, 10);
  EXPECT_EQ(note.new_name, "z.rs");
  written();
  const lines all = told_all();
  EXPECT_EQ(all.back(), "op z.rs 4 [\"x\"] by 1");
  EXPECT_EQ(all[all.size() - 2], "rename a to z.rs by 1");
  core->open({ada, {"a", {}, {}}});
  EXPECT_EQ(told(ada), lines{"error unknown_file a"});
}

TEST_F(room_files, removes_a_file_and_refuses_what_waits_for_it) {
  const auto ada = join(1);
  submit(ada, 1, 0, make_op({"x"}), 20);
  change(ada, file_action::remove, "a");
  submit(ada, 2, 3, make_op({"y"}));
  told(ada);
  written();  // the edit of b; a's edit and removal go together
  submit(ada, 3, 4, make_op({"z"}));
  written();
  const room_note note = effects.batches.back()->notes.at(0);
  EXPECT_EQ(note.on_file, room_note::effect::removed);
  EXPECT_EQ(*note.bytes, "delete a by 1\n");
  EXPECT_EQ(core->file(10), nullptr);
  EXPECT_EQ(told(ada), lines{"refused 3 unknown_file"});
  submit(ada, 4, 4, make_op({"z"}));
  EXPECT_EQ(told(ada), lines{"refused 4 unknown_file"});
  EXPECT_FALSE(core->has_unwritten());
}

TEST_F(room_files, refuses_changes_that_cannot_be) {
  bounds.file_name_chars = 10;
  const auto ada = join(1);
  const auto refused = [&](file_action action, const std::string& file, const std::string& to) {
    told(ada);
    change(ada, action, file, to);
    const lines all = told(ada);
    return all.empty() ? "" : all[0];
  };
  EXPECT_EQ(refused(file_action::create, "a", ""), "error file_exists a");
  EXPECT_EQ(refused(file_action::create, "../x", ""), "error bad_message ../x");
  EXPECT_EQ(refused(file_action::create, "12345678901", ""), "error bad_message 12345678901");
  EXPECT_EQ(refused(file_action::rename, "a", "b"), "error file_exists a");
  EXPECT_EQ(refused(file_action::rename, "a", "a"), "error file_exists a");
  EXPECT_EQ(refused(file_action::rename, "a", ""), "error bad_message a");
  EXPECT_EQ(refused(file_action::rename, "nowhere", "c"), "error unknown_file nowhere");
  EXPECT_EQ(refused(file_action::remove, "nowhere", ""), "error unknown_file nowhere");
  EXPECT_TRUE(effects.writes.empty());
}

TEST_F(room_files, a_name_is_taken_and_freed_by_what_is_under_way) {
  const auto ada = join(1);
  change(ada, file_action::create, "c");
  change(ada, file_action::create, "c");
  EXPECT_EQ(told(ada).back(), "error file_exists c") << "created by the write under way";
  change(ada, file_action::rename, "a", "d");
  change(ada, file_action::create, "d");
  EXPECT_EQ(told(ada).back(), "error file_exists d") << "taken by what is queued";
  change(ada, file_action::create, "a");
  change(ada, file_action::remove, "a");
  EXPECT_EQ(told(ada).back(), "error unknown_file a") << "it is being renamed";
  change(ada, file_action::remove, "c");
  EXPECT_EQ(told(ada).back(), "error unknown_file c") << "it is not there yet";
  written(write_outcome::written, {30});
  ASSERT_EQ(effects.writes.size(), 2U);
  EXPECT_EQ(effects.writes[1].changes.size(), 2U);
  forget_what_was_told();
  written(write_outcome::written, {31});
  EXPECT_EQ(told_all(), (lines{"rename a to d by 1", "create a by 1"}));
  EXPECT_EQ(core->file(31)->name(), "a");
}

TEST_F(room_files, a_room_has_so_many_files_and_no_more) {
  bounds.files_per_room = 4;
  const auto ada = join(1);
  change(ada, file_action::create, "c");  // under way
  change(ada, file_action::create, "d");  // queued
  told(ada);
  change(ada, file_action::create, "e");
  EXPECT_EQ(told(ada), lines{"error too_large e"});
  written(write_outcome::written, {30});
  change(ada, file_action::create, "e");
  EXPECT_EQ(told(ada), lines{"error too_large e"});
}

// In one batch everything of the file bears the old name, until the rename is told.
TEST_F(room_files, carets_are_told_under_the_name_that_is_known) {
  const auto ada = join(1);
  core->change_file({ada, {file_action::rename, "a", "c", {}, {}}}, now());
  core->move({ada, 10, 3, {{1, 1}}}, now());
  forget_what_was_told();
  written();
  EXPECT_EQ(told_all(), (lines{"cursor 1 a 3 1-1", "rename a to c by 1"}));
}

}  // namespace
}  // namespace tandem::test
