// Named versions, in every backend.
#include "tests/storage/store_test.hpp"

namespace tandem::test {
namespace {

using storage::default_tenant;
using storage::version_record;

class store_versions : public store_test {};

INSTANTIATE_TEST_SUITE_P(each, store_versions, every_backend(), backend_name);

TEST_P(store_versions, hold_the_revisions_of_the_moment) {
  const auto room = add_room("r", {file_with("b", 3), file_with("a")});
  const auto added = store->add_version(default_tenant, "r", {"first", "Ada", 7, {}});
  ASSERT_TRUE(added);
  ASSERT_EQ(added->files.size(), 2U);
  EXPECT_EQ(added->files[0].name, "a");
  EXPECT_EQ(added->files[1].rev, 3U);
  write_one({room.key, {letter_run(room.files[1].key, 4, 2)}, {}, {}, {}});
  store->add_version(default_tenant, "r", {"second", "Bob", 8, {}});

  const auto kept = store->open_reader()->versions(default_tenant, "r");
  ASSERT_EQ(kept.size(), 2U);
  EXPECT_EQ(kept[0].name, "first");
  EXPECT_EQ(kept[0].author, "Ada");
  EXPECT_EQ(kept[0].at_ms, 7);
  EXPECT_EQ(kept[0].files.at(1).rev, 3U);
  EXPECT_EQ(kept[1].files.at(1).rev, 5U);
  EXPECT_EQ(kept[1].files.at(1).key, room.files[1].key);
}

TEST_P(store_versions, a_name_is_taken_once_in_a_room) {
  add_room("r");
  add_room("s");
  EXPECT_TRUE(store->add_version(default_tenant, "r", {"first", "", 1, {}}));
  EXPECT_FALSE(store->add_version(default_tenant, "r", {"first", "", 2, {}}));
  EXPECT_TRUE(store->add_version(default_tenant, "s", {"first", "", 2, {}}));
  EXPECT_EQ(store->versions(default_tenant, "r").size(), 1U);
}

TEST_P(store_versions, an_absent_room_has_none_and_gets_none) {
  add_room("r");
  EXPECT_FALSE(store->add_version(default_tenant, "s", {"first", "", 1, {}}));
  EXPECT_FALSE(store->add_version(default_tenant + 1, "r", {"first", "", 1, {}}));
  EXPECT_TRUE(store->versions(default_tenant + 1, "r").empty());
}

TEST_P(store_versions, a_room_without_files_can_have_one) {
  add_room("r");
  store->add_version(default_tenant, "r", {"empty", "", 1, {}});
  EXPECT_EQ(store->versions(default_tenant, "r").size(), 1U);
  EXPECT_TRUE(store->versions(default_tenant, "r")[0].files.empty());
}

TEST_P(store_versions, go_with_their_room) {
  add_room("r");
  store->add_version(default_tenant, "r", {"first", "", 1, {}});
  store->remove_room(default_tenant, "r");
  add_room("r");
  EXPECT_TRUE(store->versions(default_tenant, "r").empty());
}

}  // namespace
}  // namespace tandem::test
