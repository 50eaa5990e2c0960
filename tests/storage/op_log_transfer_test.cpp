// A room out of a store as a log, and into another: the same texts, authors,
// numbers and times.
#include "storage/op_log_transfer.hpp"
#include "tests/storage/store_test.hpp"

namespace tandem::test {
namespace {

using namespace storage;

std::vector<log_line> log_of(reader& from, const std::string& id) {
  std::vector<log_line> lines;
  tell_log(from, from.find_room(default_tenant, id).value(), [&](const log_line& line) {
    lines.push_back(line);
    return true;
  });
  return lines;
}

room_record import(store& to, const std::string& id, const std::vector<log_line>& lines) {
  log_import importing{to, default_tenant, id};
  for (const log_line& line : lines)
    importing.take(line);
  return importing.finish();
}

class op_log_transfer : public store_test {};

INSTANTIATE_TEST_SUITE_P(every_backend, op_log_transfer,
                         testing::Values(backend{"memory", open_memory},
                                         backend{"sqlite", open_sqlite},
                                         backend{"postgres", open_postgres}),
                         backend_name);

TEST_P(op_log_transfer, a_log_begins_with_its_room_and_ends_with_its_texts) {
  add_room("r", {file_with("b", 3, "python"), file_with("a")});
  const auto lines = log_of(*store, "r");
  ASSERT_EQ(lines.size(), 7U);
  EXPECT_TRUE(lines[0] == (log_line{log_header{"r", "Room r"}}));
  EXPECT_TRUE(lines[1] == (log_line{log_file{"a", "plaintext"}}));
  EXPECT_TRUE(lines[2] == (log_line{log_file{"b", "python"}}));
  EXPECT_EQ(std::get<log_entry>(lines[5]).rev, 3U);
  EXPECT_EQ(std::get<log_end>(lines[6]).files.at(1).length, 3U);
}

TEST_P(op_log_transfer, a_log_can_be_told_line_by_line) {
  add_room("r", {file_with("b", 3, "python"), file_with("a"), file_with("c", 2)});
  log_teller teller{find_room("r")};
  std::vector<log_line> lines;
  while (!teller.is_told()) {
    const std::size_t before = lines.size();
    teller.tell(*store, [&](const log_line& line) {
      lines.push_back(line);
      return false;
    });
    ASSERT_LE(lines.size(), before + 1);
  }
  EXPECT_TRUE(lines == log_of(*store, "r"));
}

TEST_P(op_log_transfer, a_room_that_is_removed_while_its_log_is_told_is_an_error) {
  add_room("r", {file_with("a", 3)});
  log_teller teller{find_room("r")};
  teller.tell(*store, [](const log_line& line) { return !std::holds_alternative<log_file>(line); });
  store->remove_room(default_tenant, "r");
  EXPECT_EQ(cause_of([&] { teller.tell(*store, [](const log_line&) { return true; }); }),
            store_error::cause::unavailable);
}

TEST_P(op_log_transfer, a_room_survives_the_way_there_and_back) {
  add_room("r", {file_with("b", 30'000, "python"), file_with("a", 5'000), file_with("none")});
  const auto lines = log_of(*store, "r");
  const auto room = import(*store, "again", lines);
  EXPECT_EQ(room.name, "Room r");
  auto again = log_of(*store, "again");
  again[0] = lines[0];
  EXPECT_TRUE(again == lines);
  EXPECT_EQ(text_at(*store, room.files.at(1).key, 12'345), letters(12'345));
}

TEST_P(op_log_transfer, an_imported_room_opens_without_its_whole_history) {
  add_room("r", {file_with("a", 30'000)});
  import(*store, "again", log_of(*store, "r"));
  const auto loaded = load_room("again");
  EXPECT_TRUE(loaded.files.at(0).tail.empty());
  EXPECT_EQ(loaded.files.at(0).base.last.at(client(letter_writer)).seq, 30'000U)
    << "an edit that is sent again is known again";
}

TEST_P(op_log_transfer, what_is_cut_off_leaves_nothing) {
  add_room("r", {file_with("a", 9'000)});
  auto lines = log_of(*store, "r");
  lines.pop_back();
  EXPECT_THROW(import(*store, "again", lines), op_log_error);
  EXPECT_FALSE(store->find_room(default_tenant, "again"));
}

TEST_P(op_log_transfer, a_bad_line_leaves_nothing) {
  add_room("r", {file_with("a", 9'000)});
  auto lines = log_of(*store, "r");
  std::get<log_entry>(lines[8'000]).rev = 1;
  EXPECT_THROW(import(*store, "again", lines), op_log_error);
  EXPECT_FALSE(store->find_room(default_tenant, "again"));
}

TEST_P(op_log_transfer, a_room_that_is_there_is_left_alone) {
  add_room("r", {file_with("a", 3)});
  EXPECT_THROW(import(*store, "r", log_of(*store, "r")), op_log_error);
  EXPECT_EQ(find_room("r").files.at(0).rev, 3U);
}

}  // namespace
}  // namespace tandem::test
