// What the file on the disk adds to the contract: it survives, it is migrated,
// it may be damaged, and the disk may be full.
#include "storage/migrations.hpp"
#include "storage/op_codec.hpp"
#include "storage/sqlite_db.hpp"
#include "tests/storage/store_test.hpp"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <functional>

namespace tandem::test {
namespace {

using storage::default_tenant;
using storage::sqlite_db;
using storage::store_error;
using cause = store_error::cause;

class sqlite_store : public testing::Test {
 protected:
  std::string path() const { return folder / "data/tandem.db"; }

  std::unique_ptr<storage::store> open() {
    auto opened = storage::open_sqlite_store(path());
    opened->migrate();
    return opened;
  }

  // Changes the file behind the store's back.
  void execute(const std::string& sql) {
    sqlite_db{path(), sqlite_db::mode::read_write}.execute(sql);
  }

  // A room "r" with a file "a" of 40 letters, a snapshot at 20, and chat.
  storage::room_record make_room(storage::store& store) {
    const auto room =
      store.create_room({default_tenant, "r", "Room", 7, {file_with("a", 10)}}).value();
    const auto key = room.files[0].key;
    std::vector<storage::room_write> group{
      {room.key,
       {letter_run(key, 11, 30)},
       {},
       {{1, "Ada", client(1), 1, "hi", 3}},
       {{key, 20, letters(20), {{client(1), {20, 20}}}}}}};
    EXPECT_EQ(store.write(group)[0].result, written::written);
    return room;
  }

  void expect_whole(storage::store& store) {
    const auto room = store.load_room(default_tenant, "r", 10).value();
    ASSERT_EQ(room.files.size(), 1U);
    EXPECT_EQ(room.files[0].record.rev, 40U);
    EXPECT_EQ(room.files[0].base.rev, 20U);
    EXPECT_EQ(room.files[0].base.last.at(client(1)).seq, 20U);
    EXPECT_EQ(room.files[0].tail.size(), 20U);
    EXPECT_EQ(room.chat.size(), 1U);
    for (const ot::revision rev : {0, 9, 10, 25, 40})
      EXPECT_EQ(text_at(store, room.files[0].record.key, rev), letters(rev));
  }

  // Runs a piece of a test in a process of its own, whose limits are its own.
  // Its faults are what it returns.
  static void in_a_child(const std::function<std::string()>& body) {
    std::fflush(nullptr);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      std::string fault;
      try {
        fault = body();
      } catch (const std::exception& error) {
        fault = error.what();
      }
      std::fputs(fault.c_str(), stderr);
      std::fflush(nullptr);
      _exit(fault.empty() ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "status " << status;
  }

  temp_folder folder;
};

TEST_F(sqlite_store, what_was_written_survives_a_reopening) {
  const auto key = make_room(*open()).files[0].key;
  const auto store = open();
  expect_whole(*store);
  std::vector<storage::room_write> next{
    {store->find_room(default_tenant, "r")->key, {letter_run(key, 41, 1)}, {}, {}, {}}};
  EXPECT_EQ(store->write(next)[0].result, written::written);
  EXPECT_EQ(store->write(next)[0].result, written::conflict);
}

TEST_F(sqlite_store, what_was_written_survives_a_death_without_a_word) {
  in_a_child([this]() -> std::string {
    // Neither closed nor checkpointed: what is there is what was synced.
    make_room(*open().release());
    return {};
  });
  expect_whole(*open());
}

TEST_F(sqlite_store, housekeeping_loses_nothing) {
  auto store = open();
  const auto room = make_room(*store);
  const auto key = room.files[0].key;
  // Enough pages for a checkpoint to be due, and for an overdue one.
  for (ot::revision rev = 41; rev <= 46; ++rev) {
    ot::text_op large;
    large.insert(std::string(9U << 20U, 'x'));
    ot::text_op back;
    back.remove(9U << 20U);
    std::vector<storage::room_write> group{
      {room.key, {{key, rev * 2 - 41, {entry(large), entry(back)}}}, {}, {}, {}}};
    ASSERT_EQ(store->write(group)[0].result, written::written);
    store->maintain(rev % 2 == 0);
  }
  EXPECT_EQ(text_at(*store, key, 52), letters(40));
  store.reset();
  EXPECT_EQ(text_at(*open(), key, 52), letters(40));
}

// ---- migrations ----

TEST_F(sqlite_store, migrating_again_changes_nothing) {
  auto store = open();
  make_room(*store);
  store->migrate();
  expect_whole(*store);
  store.reset();
  store = open();
  store->migrate();
  expect_whole(*store);
}

TEST_F(sqlite_store, migrations_are_numbered_without_gaps_and_recorded) {
  std::int64_t number = 0;
  for (const storage::migration& one : storage::sqlite_migrations())
    EXPECT_EQ(one.number, ++number) << one.name;
  open();
  sqlite_db db{path(), sqlite_db::mode::read_only};
  auto count = db.prepare("SELECT count(*), max(number) FROM schema_migration");
  ASSERT_TRUE(count.step());
  EXPECT_EQ(count.integer(0), number);
  EXPECT_EQ(count.integer(1), number);
}

TEST_F(sqlite_store, refuses_a_schema_that_is_newer_than_the_program) {
  make_room(*open());
  execute("INSERT INTO schema_migration VALUES (9999, 'from the future', 'now')");
  auto store = storage::open_sqlite_store(path());
  EXPECT_EQ(cause_of([&] { store->migrate(); }), cause::unavailable);
  EXPECT_EQ(cause_of([&] { store->find_room(default_tenant, "r"); }), cause::unavailable);
  execute("DELETE FROM schema_migration WHERE number = 9999");
  expect_whole(*open());
}

// Each migration on data that the one before it left.
TEST_F(sqlite_store, a_database_of_the_first_schema_is_upgraded_with_its_data) {
  std::filesystem::create_directories(folder / "data");
  const auto migrations = storage::sqlite_migrations();
  execute("CREATE TABLE schema_migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL,"
          " applied_at TEXT NOT NULL);"
          + std::string{migrations[0].sql}
          + "INSERT INTO schema_migration VALUES (1, 'first', 'long ago');"
            "INSERT INTO room VALUES (7, 1, 'r', 'Room', 5, 0);"
            "INSERT INTO file VALUES (3, 1, 7, 'a', 'python', 'lf', 5, NULL);");
  const storage::op_run run = letter_run(3, 1, 3);
  std::string hex;
  for (const char byte : storage::encode_run(run.ops))
    hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  execute(fmt::format("INSERT INTO op_run VALUES (3 * 4294967296 + 1, 1, 3, x'{}');"
                      "INSERT INTO snapshot VALUES (3 * 4294967296 + 2, 1, x'6162');"
                      "INSERT INTO chat VALUES (7, 1, 1, 'Ada', zeroblob(16), 4, 'hi', 5);",
                      hex));
  auto store = open();
  const auto room = store->load_room(default_tenant, "r", 10).value();
  EXPECT_EQ(room.room.name, "Room");
  EXPECT_EQ(room.files.at(0).record, (storage::file_record{3, "a", "python", 3}));
  EXPECT_EQ(room.files.at(0).base.text, "ab");
  EXPECT_EQ(room.files.at(0).tail, (std::vector<storage::stored_op>{run.ops[2]}));
  EXPECT_EQ(room.chat.at(0).text, "hi");
  EXPECT_EQ(text_at(*store, 3, 1), "a");
  std::vector<storage::room_write> group{{7, {letter_run(3, 4, 1)}, {}, {}, {}}};
  EXPECT_EQ(store->write(group)[0].result, written::written);
  EXPECT_TRUE(store->add_version(default_tenant, "r", {"v", "", 1, {}}));
  EXPECT_EQ(store->room_ai_mode(default_tenant, "r"), "");
}

TEST_F(sqlite_store, does_nothing_before_it_was_migrated) {
  auto store = storage::open_sqlite_store(path());
  EXPECT_EQ(cause_of([&] { store->ping(); }), cause::unavailable);
  EXPECT_EQ(cause_of([&] { store->create_room({}); }), cause::unavailable);
}

TEST_F(sqlite_store, a_place_where_no_file_can_be_is_an_error) {
  folder.write("file", "");
  EXPECT_EQ(cause_of([&] { storage::open_sqlite_store(folder / "file/tandem.db"); }),
            cause::unavailable);
  EXPECT_EQ(cause_of([&] { storage::open_sqlite_store(folder.path()); }), cause::unavailable);
}

// ---- damage ----

TEST_F(sqlite_store, a_file_that_is_no_database_is_corrupt) {
  folder.write("data/tandem.db", std::string(5'000, 'x'));
  EXPECT_EQ(cause_of([&] { open(); }), cause::corrupt);
  EXPECT_EQ(folder.read("data/tandem.db"), std::string(5'000, 'x'));
}

// Never a shorter text, never an empty room: all of it, or an error.
TEST_F(sqlite_store, a_truncated_file_is_an_error_and_never_less_than_there_was) {
  make_room(*open());
  const std::string whole = folder.read("data/tandem.db");
  ASSERT_GT(whole.size(), 4'096U * 8);
  // At a page's edge and within one in turn, over the whole file.
  constexpr std::size_t page_bytes = 4'096;
  for (std::size_t page = 0; page * page_bytes < whole.size(); page += 3) {
    const std::size_t bytes = page * page_bytes + (page % 2 == 0 ? 100 : 0);
    folder.write("data/tandem.db", std::string_view{whole}.substr(0, bytes));
    for (const char* beside : {"data/tandem.db-wal", "data/tandem.db-shm"})
      std::filesystem::remove(folder / beside);
    std::optional<storage::loaded_room> room;
    const auto problem = cause_of([&] { room = open()->load_room(default_tenant, "r", 10); });
    EXPECT_TRUE(problem || (room && room->files.at(0).record.rev == 40))
      << bytes << " of " << whole.size();
  }
}

TEST_F(sqlite_store, a_damaged_row_is_corrupt) {
  const std::pair<const char*, const char*> damages[] = {
    {"the bytes of a run", "UPDATE op_run SET ops = x'0102' WHERE last_rev = 40"},
    {"no bytes", "UPDATE op_run SET ops = x'' WHERE last_rev = 40"},
    {"too few operations", "UPDATE op_run SET last_rev = 41 WHERE last_rev = 40"},
    {"one letter of a snapshot", "UPDATE snapshot SET text = CAST('x' || substr(text, 2) AS BLOB)"},
    {"a client's digest", "UPDATE client_edit SET client = x'00'"},
    {"a chat author's digest", "UPDATE chat SET client = x'00'"},
  };
  for (const auto& [what, sql] : damages) {
    SCOPED_TRACE(what);
    std::filesystem::remove_all(folder / "data");
    make_room(*open());
    execute(sql);
    EXPECT_EQ(cause_of([&] { open()->load_room(default_tenant, "r", 10); }), cause::corrupt);
  }
}

// SQLite would begin a new database, and the WAL with all that is in it be gone.
TEST_F(sqlite_store, what_is_too_short_for_a_database_is_corrupt_and_stays) {
  make_room(*open());
  for (const std::size_t bytes : {0U, 1U, 100U, 511U}) {
    SCOPED_TRACE(bytes);
    folder.write("data/tandem.db", std::string(bytes, 'x'));
    folder.write("data/tandem.db-wal", "all that there is");
    EXPECT_EQ(cause_of([&] { open(); }), cause::corrupt);
    EXPECT_EQ(folder.read("data/tandem.db").size(), bytes);
    EXPECT_EQ(folder.read("data/tandem.db-wal"), "all that there is");
  }
}

// A start that was cut off before it had written anything.
TEST_F(sqlite_store, an_empty_file_alone_is_a_new_database) {
  folder.write("data/tandem.db", "");
  make_room(*open());
  expect_whole(*open());
}

TEST_F(sqlite_store, a_lost_row_is_corrupt) {
  auto store = open();
  const auto room = make_room(*store);
  const auto key = room.files[0].key;
  for (ot::revision rev = 41; rev <= 43; ++rev) {
    std::vector<storage::room_write> group{{room.key, {letter_run(key, rev, 1)}, {}, {}, {}}};
    store->write(group);
  }
  execute("DELETE FROM op_run WHERE last_rev = 42");
  EXPECT_EQ(cause_of([&] { store->load_room(default_tenant, "r", 10); }), cause::corrupt);
  EXPECT_EQ(cause_of([&] { text_at(*store, key, 43); }), cause::corrupt);
  EXPECT_EQ(text_at(*store, key, 41), letters(41));
}

TEST_F(sqlite_store, one_bad_write_takes_its_group_with_it_and_nothing_more) {
  auto store = open();
  const auto room = make_room(*store);
  const auto key = room.files[0].key;
  // Two files of one name: SQLite refuses it in the middle of the group.
  std::vector<storage::room_write> group{
    {room.key, {letter_run(key, 41, 2)}, {}, {}, {}},
    {room.key, {}, {file_with("a")}, {}, {}}};
  EXPECT_EQ(cause_of([&] { store->write(group); }), cause::unavailable);
  expect_whole(*store);
  EXPECT_EQ(store->write(std::span{group.data(), 1})[0].result, written::written);
}

}  // namespace
}  // namespace tandem::test
