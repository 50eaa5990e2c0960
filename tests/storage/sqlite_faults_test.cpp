// A disk that takes no more, at every write in turn: what the store says must
// be true, in the process that goes on and for one that starts after a crash.
#include "tests/storage/faulty_disk.hpp"
#include "tests/storage/store_test.hpp"

#include <filesystem>

namespace tandem::test {
namespace {

using storage::default_tenant;
using cause = storage::store_error::cause;

class sqlite_faults : public testing::Test {
 protected:
  sqlite_faults() : store{open(folder)} {
    const auto room = store->create_room({default_tenant, "r", "Room", 7, {file_with("a", 3)}});
    key = room->files[0].key;
    ot::text_op large;
    large.insert(std::string(30'000, 'x'));  // several pages
    group = {{room->key, {letter_run(key, 4, 1)}, {file_with("b", 1)}, {}, {}},
             {room->key, {{key, 5, {entry(large)}}}, {}, {}, {}}};
  }

  static std::unique_ptr<storage::store> open(const temp_folder& where) {
    auto opened = open_sqlite(where);
    opened->migrate();
    return opened;
  }

  ot::revision head() { return head_in(*store); }
  // The group brings a file and two operations: all of it, or nothing.
  static ot::revision head_in(storage::store& in) {
    const auto files = in.find_room(default_tenant, "r").value().files;
    EXPECT_EQ(files.size(), files[0].rev < 5 ? 1U : 2U) << "half a group";
    return files[0].rev;
  }

  // What a program finds that starts on the disk as it is now.
  ot::revision head_after_a_crash() {
    const temp_folder copy;
    std::filesystem::copy(folder / "data", copy / "data");
    std::filesystem::remove(copy / "data/tandem.db-shm");
    return head_in(*open(copy));
  }

  faulty_disk disk;  // before the store: its files are on it
  temp_folder folder;
  std::unique_ptr<storage::store> store;
  storage::file_key key = 0;
  std::vector<storage::room_write> group;
};

// Fails at the first write, at the second, … until the group gets through.
TEST_F(sqlite_faults, a_full_disk_writes_nothing_and_afterwards_all_goes_on) {
  int writes = 0;
  for (;; ++writes) {
    ASSERT_LT(writes, 1'000);
    disk.fail_writes_after(writes, SQLITE_FULL);
    const auto problem = cause_of([&] { store->write(group); });
    if (!problem)
      break;
    SCOPED_TRACE("failed at write " + std::to_string(writes));
    EXPECT_EQ(problem, cause::unavailable);
    EXPECT_EQ(head(), 3U);
    disk.heal();
    EXPECT_EQ(head_after_a_crash(), 3U);
    EXPECT_EQ(text_at(*store, key, 3), "abc");
  }
  EXPECT_GT(writes, 8);
  EXPECT_EQ(head(), 5U);
  disk.heal();
  EXPECT_EQ(head_after_a_crash(), 5U);
}

// Of an error that says less than "full" it is enough not to claim too much.
TEST_F(sqlite_faults, after_an_io_error_the_store_tells_the_truth) {
  for (int writes = 0;; ++writes) {
    ASSERT_LT(writes, 1'000);
    disk.fail_writes_after(writes, SQLITE_IOERR_WRITE);
    const auto problem = cause_of([&] { store->write(group); });
    if (!problem)
      break;
    EXPECT_NE(problem, cause::corrupt);
    disk.heal();
    if (problem == cause::unavailable) {
      EXPECT_EQ(head_after_a_crash(), 3U);
    }
    ASSERT_EQ(head(), 3U) << "write " << writes;
  }
  EXPECT_EQ(head(), 5U);
}

TEST_F(sqlite_faults, a_failed_sync_leaves_the_outcome_unknown) {
  disk.fail_syncs();
  EXPECT_EQ(cause_of([&] { store->write(group); }), cause::unknown);
  disk.heal();
  const ot::revision found = head();
  EXPECT_TRUE(found == 3 || found == 5) << found;
  store = open(folder);
  EXPECT_EQ(head(), found) << "what was read after the error must hold";
  std::vector<storage::room_write> next{
    {group[0].room, {letter_run(key, found + 1, 1)}, {}, {}, {}}};
  EXPECT_EQ(store->write(next)[0].result, written::written);
}

// Keys that were given out by a transaction that failed are given out again.
TEST_F(sqlite_faults, a_room_that_could_not_be_created_leaves_no_trace) {
  storage::new_room wish{default_tenant, "new", "New", 1, {file_with("first", 3)}};
  disk.fail_writes_after(0, SQLITE_FULL);
  EXPECT_EQ(cause_of([&] { store->create_room(wish); }), cause::unavailable);
  disk.heal();
  EXPECT_FALSE(store->find_room(default_tenant, "new"));
  wish.files = {file_with("first")};
  const auto made = store->create_room(wish).value();
  std::vector<storage::room_write> next{
    {made.key, {letter_run(made.files[0].key, 1, 1)}, {}, {}, {}}};
  EXPECT_EQ(store->write(next)[0].result, written::written);
}

TEST_F(sqlite_faults, a_checkpoint_that_fails_loses_nothing_and_hides_nothing) {
  ASSERT_EQ(store->write(group).size(), 2U);
  for (int i = 0; i < 200; ++i) {
    ot::text_op large;
    large.insert(std::string(30'000, 'x'));
    std::vector<storage::room_write> one{
      {group[0].room, {{key, head() + 1, {entry(large)}}}, {}, {}, {}}};
    ASSERT_EQ(store->write(one)[0].result, written::written);
  }
  disk.fail_writes_after(3, SQLITE_FULL);
  EXPECT_NO_THROW(store->maintain(false));
  EXPECT_TRUE(faulty_disk::has_failed_write());
  disk.heal();
  EXPECT_EQ(head_after_a_crash(), 205U);
}

}  // namespace
}  // namespace tandem::test
