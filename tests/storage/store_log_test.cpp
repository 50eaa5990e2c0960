// The log of operations, snapshots and whole groups, in every backend.
#include "tests/storage/store_test.hpp"

#include <algorithm>
#include <atomic>
#include <limits>
#include <thread>

namespace tandem::test {
namespace {

using storage::default_tenant;
using storage::op_run;
using storage::room_write;

// A room "r" with the empty files "a" and "b".
class store_log : public store_test {
 protected:
  store_log() : room{add_room("r", {file_with("a"), file_with("b")})} {}

  storage::file_key a() const { return room.files[0].key; }
  storage::file_key b() const { return room.files[1].key; }
  room_write runs(std::vector<op_run> all) const { return {room.key, std::move(all), {}, {}, {}}; }
  ot::revision head(const std::string& id, std::size_t file) {
    return find_room(id).files.at(file).rev;
  }

  storage::room_record room;
};

INSTANTIATE_TEST_SUITE_P(each, store_log, every_backend(), backend_name);

TEST_P(store_log, keeps_operations_with_everything_that_is_known_of_them) {
  const std::vector ops{
    entry(make_op({"é😀"}), 1, 1, "Ada", -3),
    entry(make_op({1, del(1), "\n"}), 2, 77, "", 1'790'000'000'000),
    entry(make_op({}), 1, std::numeric_limits<std::uint64_t>::max(), "Ádám", 0)};
  EXPECT_EQ(write_one(runs({{a(), 1, ops}})), written::written);
  EXPECT_EQ(load_room("r").files[0].tail, ops);
  EXPECT_EQ(head("r", 0), 3U);
}

TEST_P(store_log, writes_runs_of_several_files_and_rooms_in_one_group) {
  const auto other = add_room("other", {file_with("x")});
  const auto results = write({runs({letter_run(a(), 1, 3), letter_run(b(), 1, 1)}),
                              {other.key, {letter_run(other.files[0].key, 1, 2)}, {}, {}, {}}});
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0].result, written::written);
  EXPECT_EQ(results[1].result, written::written);
  EXPECT_EQ(head("r", 0), 3U);
  EXPECT_EQ(head("r", 1), 1U);
  EXPECT_EQ(head("other", 0), 2U);
}

TEST_P(store_log, a_group_may_hold_two_writes_of_one_room) {
  const auto results = write({runs({letter_run(a(), 1, 2)}), runs({letter_run(a(), 3, 1)})});
  EXPECT_EQ(results[0].result, written::written);
  EXPECT_EQ(results[1].result, written::written);
  EXPECT_EQ(text_at(*store, a(), 3), "abc");
}

TEST_P(store_log, refuses_a_run_that_does_not_follow_the_head) {
  EXPECT_EQ(write_one(runs({letter_run(a(), 1, 3)})), written::written);
  for (const ot::revision first : {0, 1, 2, 3, 5, 100})
    EXPECT_EQ(write_one(runs({letter_run(a(), first == 0 ? 1 : first, 1)})), written::conflict)
      << first;
  EXPECT_EQ(write_one(runs({op_run{a(), 4, {}}})), written::conflict) << "an empty run";
  EXPECT_EQ(head("r", 0), 3U);
  EXPECT_EQ(write_one(runs({letter_run(a(), 4, 1)})), written::written);
}

TEST_P(store_log, keeps_nothing_of_a_refused_rooms_write_and_all_of_the_others) {
  const auto other = add_room("other", {file_with("x")});
  room_write bad = runs({letter_run(a(), 1, 2), letter_run(b(), 2, 1)});
  bad.changes = {file_with("new", 1)};
  bad.chat = {{1, "Ada", client(1), 1, "hi", 1}};
  bad.snapshots = {{a(), 1, "a", {}}};
  const auto results = write({{other.key, {letter_run(other.files[0].key, 1, 2)}, {}, {}, {}},
                              bad,
                              {other.key, {letter_run(other.files[0].key, 3, 1)}, {}, {}, {}}});
  EXPECT_EQ(results[0].result, written::written);
  EXPECT_EQ(results[1].result, written::conflict);
  EXPECT_EQ(results[2].result, written::written);
  EXPECT_TRUE(results[1].created.empty());
  const auto loaded = load_room("r");
  EXPECT_EQ(loaded.files.size(), 2U);
  EXPECT_EQ(loaded.files[0].record.rev, 0U);
  EXPECT_TRUE(loaded.chat.empty());
  EXPECT_EQ(store->snapshot_before(a(), 10).rev, 0U);
  EXPECT_EQ(head("other", 0), 3U);
}

TEST_P(store_log, refuses_what_belongs_to_no_room_or_no_file) {
  EXPECT_EQ(write_one({room.key + 100, {}, {}, {{1, "Ada", client(1), 1, "hi", 1}}, {}}),
            written::conflict);
  EXPECT_EQ(write_one(runs({letter_run(b() + 100, 1, 1)})), written::conflict);
  EXPECT_TRUE(visited(*store, b() + 100, 0, 1).empty());
}

TEST_P(store_log, an_empty_group_and_an_empty_write_do_nothing) {
  EXPECT_TRUE(write({}).empty());
  EXPECT_EQ(write_one(runs({})), written::written);
}

// ---- reading ----

TEST_P(store_log, reads_any_range_across_runs) {
  for (const std::size_t count : {3, 1, 4, 2})
    write_one(runs({letter_run(a(), head("r", 0) + 1, count)}));
  write_one(runs({letter_run(b(), 1, 5)}));
  for (ot::revision from = 0; from <= 12; ++from) {
    for (ot::revision to = 0; to <= 12; ++to) {
      std::vector<ot::revision> expected;
      for (ot::revision rev = from + 1; rev <= std::min<ot::revision>(to, 10); ++rev)
        expected.push_back(rev);
      EXPECT_EQ(visited(*store, a(), from, to), expected) << from << " to " << to;
    }
  }
}

TEST_P(store_log, revisions_beyond_all_numbers_are_beyond_the_head) {
  constexpr auto most = std::numeric_limits<ot::revision>::max();
  write_one(runs({letter_run(a(), 1, 2), letter_run(b(), 1, 3)}));
  room_write taken = runs({});
  taken.snapshots = {{b(), 2, "ab", {}}};
  write_one(taken);
  const std::vector<ot::revision> all{1, 2};
  for (const ot::revision far : {ot::revision{1} << 32U, (ot::revision{1} << 32U) + 2,
                                 ot::revision{1} << 33U, most - 1, most}) {
    EXPECT_EQ(visited(*store, a(), 0, far), all) << far;
    EXPECT_TRUE(visited(*store, a(), far, most).empty()) << far;
    EXPECT_TRUE(visited(*store, a(), far, 0).empty()) << far;
    EXPECT_EQ(store->snapshot_before(a(), far).rev, 0U) << far;
    EXPECT_FALSE(text_at(*store, a(), far)) << far;
  }
}

TEST_P(store_log, a_visitor_stops_the_reading_and_the_store_goes_on) {
  write_one(runs({letter_run(a(), 1, 3)}));
  write_one(runs({letter_run(a(), 4, 3)}));
  std::vector<ot::revision> revs;
  store->read_ops(a(), 1, 6, [&](ot::revision rev, storage::stored_op&&) {
    revs.push_back(rev);
    return rev < 4;
  });
  EXPECT_EQ(revs, (std::vector<ot::revision>{2, 3, 4}));
  EXPECT_EQ(write_one(runs({letter_run(a(), 7, 1)})), written::written);
  EXPECT_EQ(visited(*store, a(), 5, 7), (std::vector<ot::revision>{6, 7}));
}

TEST_P(store_log, a_visitor_that_throws_leaves_the_store_usable) {
  write_one(runs({letter_run(a(), 1, 3)}));
  EXPECT_THROW(store->read_ops(a(), 0, 3,
                               [](ot::revision, storage::stored_op&&) -> bool {
                                 throw std::logic_error{"no"};
                               }),
               std::logic_error);
  EXPECT_EQ(write_one(runs({letter_run(a(), 4, 1)})), written::written);
  EXPECT_EQ(visited(*store, a(), 0, 4).size(), 4U);
}

TEST_P(store_log, gives_the_text_at_any_revision) {
  write_one(runs({letter_run(a(), 1, 5), letter_run(b(), 1, 2)}));
  write_one(runs({letter_run(a(), 6, 35)}));
  room_write taken = runs({});
  taken.snapshots = {{a(), 4, letters(4), {}}, {a(), 30, letters(30), {}}};
  write_one(taken);
  for (ot::revision rev = 0; rev <= 40; ++rev)
    EXPECT_EQ(text_at(*store, a(), rev), letters(rev)) << rev;
  EXPECT_FALSE(text_at(*store, a(), 41));
  EXPECT_FALSE(text_at(*store, b() + 100, 1));
}

// ---- snapshots ----

TEST_P(store_log, finds_the_latest_snapshot_at_or_before_a_revision) {
  write_one(runs({letter_run(a(), 1, 10), letter_run(b(), 1, 10)}));
  room_write taken = runs({});
  taken.snapshots = {{a(), 4, letters(4), {}}, {a(), 8, letters(8), {}}, {b(), 6, letters(6), {}}};
  write_one(taken);
  for (const auto& [asked, found] : {std::pair<ot::revision, ot::revision>{0, 0}, {3, 0}, {4, 4},
                                     {7, 4}, {8, 8}, {10, 8}, {1'000, 8}}) {
    const storage::snapshot base = store->snapshot_before(a(), asked);
    EXPECT_EQ(base.file, a());
    EXPECT_EQ(base.rev, found) << asked;
    EXPECT_EQ(base.text, letters(found)) << asked;
  }
}

TEST_P(store_log, loads_from_the_latest_snapshot_with_every_clients_last_edit) {
  const auto take = [&](ot::revision rev, ot::last_edits last) {
    room_write taken = runs({});
    taken.snapshots = {{a(), rev, letters(rev), std::move(last)}};
    EXPECT_EQ(write_one(taken), written::written);
  };
  write_one(runs({letter_run(a(), 1, 6)}));
  take(4, {{client(1), {40, 4}}, {client(2), {9, 2}}});
  take(6, {{client(1), {60, 6}}});
  write_one(runs({letter_run(a(), 7, 2)}));
  const auto file = load_room("r").files[0];
  EXPECT_EQ(file.base.rev, 6U);
  EXPECT_EQ(file.base.text, letters(6));
  EXPECT_EQ(file.tail, letter_run(a(), 7, 2).ops);
  ASSERT_EQ(file.base.last.size(), 2U);
  EXPECT_EQ(file.base.last.at(client(1)).seq, 60U);
  EXPECT_EQ(file.base.last.at(client(1)).rev, 6U);
  EXPECT_EQ(file.base.last.at(client(2)).seq, 9U);
  EXPECT_EQ(file.base.last.at(client(2)).rev, 2U);
}

TEST_P(store_log, a_snapshot_of_an_empty_text_is_a_snapshot) {
  write_one(runs({{a(), 1, {entry(make_op({"x"})), entry(make_op({del(1)}))}}}));
  room_write taken = runs({});
  taken.snapshots = {{a(), 2, "", {}}};
  EXPECT_EQ(write_one(taken), written::written);
  EXPECT_EQ(store->snapshot_before(a(), 2).rev, 2U);
  EXPECT_EQ(text_at(*store, a(), 2), "");
}

TEST_P(store_log, a_snapshot_may_come_with_the_run_that_leads_to_it) {
  room_write both = runs({letter_run(a(), 1, 3)});
  both.snapshots = {{a(), 3, "abc", {}}};
  EXPECT_EQ(write_one(both), written::written);
  EXPECT_EQ(load_room("r").files[0].base.rev, 3U);
  EXPECT_TRUE(load_room("r").files[0].tail.empty());
}

// ---- readers ----

TEST_P(store_log, a_reader_sees_what_was_written_before_and_after_it_was_opened) {
  write_one(runs({letter_run(a(), 1, 2)}));
  const auto reader = store->open_reader();
  EXPECT_NO_THROW(reader->ping());
  EXPECT_EQ(text_at(*reader, a(), 2), "ab");
  write_one(runs({letter_run(a(), 3, 1)}));
  EXPECT_EQ(reader->find_room(default_tenant, "r").value().files[0].rev, 3U);
  EXPECT_EQ(text_at(*reader, a(), 3), "abc");
}

// Each group brings both files one operation: nobody may see one without the
// other.
TEST_P(store_log, a_reader_on_another_thread_sees_whole_groups_only) {
  constexpr ot::revision groups = 300;
  std::atomic<bool> done{false};
  std::atomic<std::uint64_t> looks{0};
  std::string torn;
  std::thread looking{[&, reader = std::shared_ptr{store->open_reader()}] {
    ot::revision before = 0;
    while (torn.empty() && (!done || looks == 0)) {
      const bool load = ++looks % 2 == 0;
      const auto found = load ? reader->load_room(default_tenant, "r", 0).value().room
                              : reader->find_room(default_tenant, "r").value();
      const ot::revision one = found.files[0].rev;
      const ot::revision two = found.files[1].rev;
      if (one != two || one < before)
        torn = (load ? "load_room: " : "find_room: ") + std::to_string(before) + " then "
               + std::to_string(one) + " and " + std::to_string(two);
      before = one;
    }
  }};
  for (ot::revision rev = 1; rev <= groups; ++rev)
    EXPECT_EQ(write_one(runs({letter_run(a(), rev, 1), letter_run(b(), rev, 1)})),
              written::written);
  done = true;
  looking.join();
  EXPECT_EQ(torn, "");
  RecordProperty("looks", std::to_string(looks));
}

}  // namespace
}  // namespace tandem::test
