// Rooms, their files and their chat, in every backend.
#include "tests/storage/store_test.hpp"

#include <algorithm>

namespace tandem::test {
namespace {

using storage::chat_message;
using storage::default_tenant;
using storage::file_key;
using storage::file_record;
using storage::room_write;

class store_rooms : public store_test {};

INSTANTIATE_TEST_SUITE_P(each, store_rooms, every_backend(), backend_name);

chat_message said(std::uint64_t n) {
  return {n, "Ada", client(3), n * 10, "text " + std::to_string(n), static_cast<std::int64_t>(n)};
}

TEST_P(store_rooms, finds_a_room_with_its_files_by_name) {
  const auto made = add_room("r", {file_with("z.txt"), file_with("a.py", 3, "python")});
  const auto found = find_room("r");
  EXPECT_EQ(found.key, made.key);
  EXPECT_EQ(found.id, "r");
  EXPECT_EQ(found.name, "Room r");
  EXPECT_EQ(found.created_at_ms, 7);
  ASSERT_EQ(found.files.size(), 2U);
  EXPECT_EQ(found.files[0], (file_record{found.files[0].key, "a.py", "python", 3}));
  EXPECT_EQ(found.files[1], (file_record{found.files[1].key, "z.txt", "plaintext", 0}));
  EXPECT_EQ(made.files, found.files);
}

TEST_P(store_rooms, an_absent_room_is_nothing_and_no_error) {
  EXPECT_FALSE(store->find_room(default_tenant, "r"));
  EXPECT_FALSE(store->load_room(default_tenant, "r", 10));
  EXPECT_FALSE(store->remove_room(default_tenant, "r"));
}

TEST_P(store_rooms, a_room_is_its_tenants_alone) {
  add_room("r");
  EXPECT_FALSE(store->find_room(default_tenant + 1, "r"));
  EXPECT_FALSE(store->load_room(default_tenant + 1, "r", 10));
  EXPECT_FALSE(store->remove_room(default_tenant + 1, "r"));
  EXPECT_TRUE(store->find_room(default_tenant, "r"));
}

TEST_P(store_rooms, a_taken_id_makes_no_room_and_changes_nothing) {
  const auto first = add_room("r", {file_with("a")});
  EXPECT_FALSE(store->create_room({default_tenant, "r", "another", 8, {file_with("b")}}));
  EXPECT_EQ(find_room("r").name, "Room r");
  EXPECT_EQ(find_room("r").files, first.files);
}

TEST_P(store_rooms, a_claim_ends_every_earlier_one) {
  auto room = add_room("r", {file_with("a")});
  const file_key file = room.files[0].key;
  EXPECT_EQ(write_one({room.key, {letter_run(file, 1, 1)}, {}, {}, {}, room.epoch}), written::written);
  const auto claimed = store->claim_room(default_tenant, "r");
  ASSERT_TRUE(claimed);
  EXPECT_GT(*claimed, room.epoch);
  EXPECT_EQ(find_room("r").epoch, *claimed);
  EXPECT_EQ(write_one({room.key, {letter_run(file, 2, 1)}, {}, {}, {}, room.epoch}), written::conflict);
  EXPECT_EQ(find_room("r").files[0].rev, 1U);
  EXPECT_EQ(write_one({room.key, {letter_run(file, 2, 1)}, {}, {}, {}, *claimed}), written::written);
  const auto again = store->claim_room(default_tenant, "r");
  EXPECT_GT(again.value(), *claimed);
  EXPECT_EQ(write_one({room.key, {}, {}, {said(1)}, {}, *claimed}), written::conflict)
    << "chat as well";
}

TEST_P(store_rooms, a_room_that_is_not_there_cannot_be_claimed) {
  add_room("r");
  EXPECT_FALSE(store->claim_room(default_tenant, "s"));
  EXPECT_FALSE(store->claim_room(default_tenant + 1, "r"));
}

TEST_P(store_rooms, a_removed_room_takes_everything_with_it) {
  const auto room = add_room("r", {file_with("a", 3)});
  const auto other = add_room("other", {file_with("a", 2)});
  const auto key = room.files[0].key;
  write_one({room.key, {letter_run(key, 4, 2)}, {}, {said(1)}, {{key, 4, letters(4), {}}}});
  EXPECT_TRUE(store->remove_room(default_tenant, "r"));
  EXPECT_FALSE(store->find_room(default_tenant, "r"));
  EXPECT_FALSE(store->remove_room(default_tenant, "r"));
  EXPECT_TRUE(visited(*store, key, 0, 10).empty());
  EXPECT_EQ(store->snapshot_before(key, 10).rev, 0U);
  EXPECT_EQ(find_room("other").files, other.files);
  EXPECT_EQ(write_one({room.key, {}, {}, {said(2)}, {}}), written::conflict);
}

TEST_P(store_rooms, an_id_can_be_used_again_and_finds_nothing_of_the_old_room) {
  const auto room = add_room("r", {file_with("a", 3)});
  write_one({room.key, {}, {}, {said(1)}, {{room.files[0].key, 3, letters(3), {}}}});
  store->remove_room(default_tenant, "r");
  const auto again = add_room("r", {file_with("a")});
  const auto loaded = load_room("r");
  EXPECT_TRUE(loaded.chat.empty());
  ASSERT_EQ(loaded.files.size(), 1U);
  EXPECT_EQ(loaded.files[0].record.rev, 0U);
  EXPECT_TRUE(loaded.files[0].tail.empty());
  EXPECT_EQ(write_one({again.key, {letter_run(again.files[0].key, 1, 1)}, {}, {}, {}}),
            written::written);
}

// ---- files ----

TEST_P(store_rooms, a_created_file_has_its_first_operations) {
  const auto room = add_room("r");
  room_write one{room.key, {}, {file_with("a", 2), file_with("b")}, {}, {}};
  const auto results = write({one});
  ASSERT_EQ(results[0].created.size(), 2U);
  const auto loaded = load_room("r");
  ASSERT_EQ(loaded.files.size(), 2U);
  EXPECT_EQ(loaded.files[0].record, (file_record{results[0].created[0], "a", "plaintext", 2}));
  EXPECT_EQ(loaded.files[1].record, (file_record{results[0].created[1], "b", "plaintext", 0}));
  EXPECT_EQ(loaded.files[0].tail, letter_run(0, 1, 2).ops);
}

TEST_P(store_rooms, a_created_file_goes_on_behind_its_first_operations) {
  const auto room = add_room("r");
  const auto key = write({{room.key, {}, {file_with("a", 2)}, {}, {}}})[0].created.at(0);
  EXPECT_EQ(write_one({room.key, {letter_run(key, 1, 1)}, {}, {}, {}}), written::conflict);
  EXPECT_EQ(write_one({room.key, {letter_run(key, 3, 1)}, {}, {}, {}}), written::written);
  EXPECT_EQ(text_at(*store, key, 3), "abc");
}

TEST_P(store_rooms, a_renamed_file_keeps_its_history) {
  const auto room = add_room("r", {file_with("a", 2)});
  const auto key = room.files[0].key;
  write_one({room.key, {}, {storage::rename_file{key, "b.py", "python"}}, {}, {}});
  EXPECT_EQ(find_room("r").files, (std::vector{file_record{key, "b.py", "python", 2}}));
  EXPECT_EQ(text_at(*store, key, 2), "ab");
}

TEST_P(store_rooms, a_removed_file_leaves_the_room_and_its_log_stays) {
  const auto room = add_room("r", {file_with("a", 2)});
  const auto key = room.files[0].key;
  write_one({room.key, {}, {storage::remove_file{key, 9}}, {}, {}});
  EXPECT_TRUE(find_room("r").files.empty());
  EXPECT_TRUE(load_room("r").files.empty());
  EXPECT_EQ(visited(*store, key, 0, 5), (std::vector<ot::revision>{1, 2}));
}

TEST_P(store_rooms, a_removed_files_name_is_free_again) {
  const auto room = add_room("r", {file_with("a", 2)});
  const auto old = room.files[0].key;
  write_one({room.key, {}, {storage::remove_file{old, 9}, file_with("a", 1)}, {}, {}});
  const auto files = find_room("r").files;
  ASSERT_EQ(files.size(), 1U);
  EXPECT_NE(files[0].key, old);
  EXPECT_EQ(files[0].rev, 1U);
}

TEST_P(store_rooms, names_may_be_swapped_in_one_write) {
  const auto room = add_room("r", {file_with("a", 1), file_with("b", 2)});
  const auto a = room.files[0].key;
  const auto b = room.files[1].key;
  write_one({room.key, {},
             {storage::rename_file{a, "c", "x"}, storage::rename_file{b, "a", "x"},
              storage::rename_file{a, "b", "x"}},
             {}, {}});
  EXPECT_EQ(find_room("r").files,
            (std::vector{file_record{b, "a", "x", 2}, file_record{a, "b", "x", 1}}));
}

TEST_P(store_rooms, any_text_survives) {
  const std::string odd = "é あ 😀 ' \" \\ \n % _ ;--";
  const auto room = store->create_room({default_tenant, odd, odd, -1, {file_with(odd, 1, odd)}});
  ASSERT_TRUE(room);
  chat_message message{1, odd, client(255), ~std::uint64_t{0} >> 1U, odd, -5};
  write_one({room->key, {}, {}, {message}, {}});
  const auto loaded = load_room(odd);
  EXPECT_EQ(loaded.room.name, odd);
  EXPECT_EQ(loaded.room.files[0].name, odd);
  EXPECT_EQ(loaded.room.files[0].language, odd);
  EXPECT_EQ(loaded.chat, std::vector{message});
}

TEST_P(store_rooms, a_room_that_says_nothing_of_its_ai_has_the_operators_default) {
  add_room("r");
  EXPECT_EQ(store->room_ai_mode(default_tenant, "r"), "");
  EXPECT_EQ(store->open_reader()->room_ai_mode(default_tenant, "r"), "");
  EXPECT_FALSE(store->room_ai_mode(default_tenant, "none"));
  EXPECT_FALSE(store->room_ai_mode(2, "r")) << "another tenant's";
}

// ---- chat ----

TEST_P(store_rooms, loads_the_latest_chat_messages_oldest_first) {
  const auto room = add_room("r");
  const auto other = add_room("other");
  write_one({room.key, {}, {}, {said(1), said(2)}, {}});
  write_one({other.key, {}, {}, {said(1)}, {}});
  write_one({room.key, {}, {}, {said(3)}, {}});
  EXPECT_EQ(load_room("r", 100).chat, (std::vector{said(1), said(2), said(3)}));
  EXPECT_EQ(load_room("r", 3).chat, (std::vector{said(1), said(2), said(3)}));
  EXPECT_EQ(load_room("r", 2).chat, (std::vector{said(2), said(3)}));
  EXPECT_TRUE(load_room("r", 0).chat.empty());
}

}  // namespace
}  // namespace tandem::test
