// What packing must not change, and what it must bring.
#include "tests/storage/store_test.hpp"
#include "tests/support/random_op.hpp"

#include <sqlite3.h>

#include <filesystem>
#include <thread>

namespace tandem::test {
namespace {

using storage::default_tenant;
using storage::stored_op;

// A number that is only in the tables.
std::int64_t sqlite_number(const temp_folder& folder, const std::string& sql) {
  sqlite3* db = nullptr;
  sqlite3_open_v2((folder / "data/tandem.db").c_str(), &db, SQLITE_OPEN_READONLY, "unix-excl");
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr);
  sqlite3_step(statement);
  const std::int64_t value = sqlite3_column_int64(statement, 0);
  sqlite3_finalize(statement);
  sqlite3_close(db);
  return value;
}

std::int64_t postgres_number(const temp_folder& folder, const std::string& sql) {
  return std::stoll(private_postgres::running().sql(folder.read("database"), sql));
}

class store_packing : public testing::TestWithParam<backend> {
 protected:
  store_packing() { open(); }

  void open() {
    store.reset();
    store = GetParam().open(folder);
    store->migrate();
  }

  bool is_sqlite() const { return GetParam().name == std::string{"sqlite"}; }

  std::int64_t number(const std::string& sql) const {
    return is_sqlite() ? sqlite_number(folder, sql) : postgres_number(folder, sql);
  }

  void add_room() {
    room = store->create_room({default_tenant, "r", "Room", 1, {file_with("a")}}).value();
    file = room.files[0].key;
  }

  // `count` operations in rows of `row` each, and a snapshot every `spacing`.
  void type(std::size_t count, std::size_t row, std::size_t spacing) {
    std::vector<storage::room_write> group;
    while (made.size() < count) {
      storage::room_write& write = group.emplace_back();
      write = storage::room_write{room.key, {{file, made.size() + 1, {}}}, {}, {}, {}, 0};
      for (std::size_t i = 0; i < row; ++i) {
        const ot::revision rev = made.size() + 1;
        made.push_back(entry(letter_op(rev), static_cast<std::uint8_t>(rev % 3), rev, "Ada",
                             static_cast<std::int64_t>(rev * 100)));
        write.runs[0].ops.push_back(made.back());
      }
      if (made.size() % spacing < row)
        write.snapshots.push_back({file, made.size() - row, letters(made.size() - row), {}});
      if (group.size() == 100)
        write_out(group);
    }
    write_out(group);
  }

  void write_out(std::vector<storage::room_write>& group) {
    for (const storage::write_result& one : store->write(group))
      ASSERT_EQ(one.result, written::written);
    group.clear();
  }

  void maintain_until_quiet() {
    for (int i = 0; i < 200; ++i)
      store->maintain(false);
  }

  void expect_whole() {
    std::size_t at = 0;
    store->read_ops(file, 0, made.size(), [&](ot::revision rev, stored_op&& kept) {
      EXPECT_EQ(rev, at + 1);
      EXPECT_EQ(kept, made[at]);
      ++at;
      return kept == made[at - 1];
    });
    EXPECT_EQ(at, made.size());
    for (ot::revision rev = 0; rev <= made.size(); rev += 97)
      ASSERT_EQ(text_at(*store, file, rev), letters(rev)) << rev;
  }

  temp_folder folder;
  std::unique_ptr<storage::store> store;
  storage::room_record room;
  storage::file_key file = 0;
  std::vector<stored_op> made;
};

INSTANTIATE_TEST_SUITE_P(each, store_packing,
                         testing::Values(backend{"sqlite", open_sqlite},
                                         backend{"postgres", open_postgres}),
                         backend_name);

TEST_P(store_packing, keeps_every_operation_as_it_was) {
  add_room();
  type(7'000, 5, 1'000);
  maintain_until_quiet();
  EXPECT_LT(number("SELECT count(*) FROM op_run"), (7'000 - 2 * 2'048) / 5);
  expect_whole();
  type(9'000, 7, 1'000);
  maintain_until_quiet();
  expect_whole();
  open();
  expect_whole();
  EXPECT_EQ(store->load_room(default_tenant, "r", 1)->files[0].record.rev, made.size());
}

TEST_P(store_packing, leaves_the_latest_snapshot_and_what_is_behind_it) {
  add_room();
  type(5'000, 5, 1'000);
  maintain_until_quiet();
  const auto loaded = store->load_room(default_tenant, "r", 1);
  EXPECT_GE(loaded->files[0].base.rev + 1'100, made.size());
  EXPECT_EQ(loaded->files[0].base.rev + loaded->files[0].tail.size(), made.size());
}

TEST_P(store_packing, thins_out_old_snapshots) {
  add_room();
  type(50'000, 50, 1'000);
  maintain_until_quiet();
  EXPECT_LE(number("SELECT count(*) FROM snapshot"), 4);
  if (is_sqlite()) {
    EXPECT_GE(number("SELECT count(*) FROM snapshot WHERE deflated_from_bytes IS NOT NULL"), 2);
  }
  EXPECT_EQ(text_at(*store, file, 30'011), letters(30'011));
  EXPECT_EQ(text_at(*store, file, 20'000), letters(20'000));
}

TEST_P(store_packing, a_reader_sees_the_same_before_and_after) {
  add_room();
  type(5'000, 5, 1'000);
  const auto reader = store->open_reader();
  std::size_t seen = 0;
  reader->read_ops(file, 0, made.size(), [&](ot::revision, stored_op&& kept) {
    if (seen % 500 == 0)
      store->maintain(false);  // packs under the reader's feet
    EXPECT_EQ(kept, made[seen]);
    ++seen;
    return true;
  });
  EXPECT_EQ(seen, made.size());
}

TEST_P(store_packing, does_nothing_while_there_is_much_to_do) {
  add_room();
  type(5'000, 5, 1'000);
  for (int i = 0; i < 10; ++i)
    store->maintain(true);
  EXPECT_EQ(number("SELECT packed_rev FROM file"), 0);
}

class postgres_packing : public store_packing {};
INSTANTIATE_TEST_SUITE_P(each, postgres_packing,
                         testing::Values(backend{"postgres", open_postgres}), backend_name);

TEST_P(postgres_packing, of_two_programs_that_pack_one_file_one_has_done_it) {
  const auto other = GetParam().open(folder);
  other->migrate();
  add_room();
  type(5'000, 5, 1'000);
  const auto head = made.size();
  storage::room_write last{room.key, {}, {}, {}, {{file, head, letters(head), {}}}, 0};
  ASSERT_EQ(other->write({&last, 1})[0].result, written::written);
  std::thread one{[&] { maintain_until_quiet(); }};
  for (int i = 0; i < 200; ++i)
    other->maintain(false);
  one.join();
  expect_whole();
}

TEST(sqlite_packing, a_deflated_snapshot_that_is_damaged_is_corrupt) {
  const temp_folder folder;
  const auto file = [&] {
    const auto store = open_sqlite(folder);
    store->migrate();
    const auto room =
      store->create_room({default_tenant, "r", "Room", 1, {file_with("a", 41'000)}}).value();
    const storage::file_key key = room.files[0].key;
    for (const ot::revision rev : {20'000, 40'500, 41'000}) {
      const storage::room_write taken{room.key, {}, {}, {}, {{key, rev, letters(rev), {}}}, 0};
      store->write({&taken, 1});
    }
    for (int i = 0; i < 200; ++i)
      store->maintain(false);
    return key;
  }();
  sqlite3* db = nullptr;
  sqlite3_open((folder / "data/tandem.db").c_str(), &db);
  sqlite3_exec(db, "UPDATE snapshot SET text = x'00' WHERE deflated_from_bytes IS NOT NULL",
               nullptr, nullptr, nullptr);
  EXPECT_GT(sqlite3_changes(db), 0);
  sqlite3_close(db);
  const auto store = open_sqlite(folder);
  store->migrate();
  EXPECT_EQ(cause_of([&] { text_at(*store, file, 20'000); }), storage::store_error::cause::corrupt);
}

}  // namespace
}  // namespace tandem::test
