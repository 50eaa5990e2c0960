// The store that ends its process: when, and what is written by then.
#include "storage/fault_store.hpp"
#include "tests/storage/store_test.hpp"
#include "tests/support/await.hpp"

#include <csignal>
#include <thread>

namespace tandem::test {
namespace {

using namespace storage;
using point = fault::point;

TEST(fault_store, is_planned_by_a_point_and_a_count) {
  EXPECT_EQ(parse_fault("before_write:1"), (fault{point::before_write, 1}));
  EXPECT_EQ(parse_fault("after_claim:40"), (fault{point::after_claim, 40}));
  for (const char* none : {"", "after_write", "after_write:", "after_write:0", "after_write:-1",
                           "after_write:1x", "later:1", ":1"})
    EXPECT_FALSE(parse_fault(none)) << none;
}

void write_twice(const temp_folder& folder, const room_record& room, fault planned) {
  const auto store = with_fault(open_sqlite(folder), planned);
  store->migrate();
  const auto epoch = store->claim_room(default_tenant, "r").value();
  for (ot::revision rev = 1; rev <= 2; ++rev) {
    const room_write one{room.key, {letter_run(room.files[0].key, rev, 1)}, {}, {}, {}, epoch};
    store->write({&one, 1});
  }
  std::this_thread::sleep_for(patience);  // it ends before
}

// What is kept of two writes by a process of their own, which the fault ends.
ot::revision kept_after(fault planned) {
  const temp_folder folder;
  const auto room = [&] {
    const auto store = open_sqlite(folder);
    store->migrate();
    return store->create_room({default_tenant, "r", "Room", 1, {file_with("a")}}).value();
  }();
  EXPECT_EXIT(write_twice(folder, room, planned), testing::KilledBySignal(SIGKILL), "");
  const auto store = open_sqlite(folder);
  store->migrate();
  return store->find_room(default_tenant, "r")->files[0].rev;
}

TEST(fault_store, ends_the_process_where_it_is_told_to) {
  EXPECT_EQ(kept_after({point::before_claim, 1}), 0U);
  EXPECT_EQ(kept_after({point::after_claim, 1}), 0U);
  EXPECT_EQ(kept_after({point::before_write, 2}), 1U);
  EXPECT_EQ(kept_after({point::after_write, 2}), 2U);
  const ot::revision kept = kept_after({point::in_write, 2});
  EXPECT_TRUE(kept == 1 || kept == 2) << kept;
}

}  // namespace
}  // namespace tandem::test
