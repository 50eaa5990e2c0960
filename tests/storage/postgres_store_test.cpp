// What a server of its own adds to the contract: several programs write to it,
// its rows may be damaged, and its settings may be such that it cannot be
// trusted.
#include "tests/storage/postgres_test.hpp"

#include <algorithm>
#include <set>
#include <thread>

namespace tandem::test {
namespace {

using storage::default_tenant;
using storage::room_epoch;
using cause = storage::store_error::cause;

class postgres_store : public postgres_test {};

TEST_F(postgres_store, what_was_written_is_there_for_the_next_program) {
  make_room(*open());
  const auto store = open();
  expect_whole(*store);
  const auto room = store->find_room(default_tenant, "r").value();
  EXPECT_EQ(write_one(*store, run_of(room, 41)), written::written);
  EXPECT_EQ(write_one(*store, run_of(room, 41)), written::conflict);
}

TEST_F(postgres_store, a_room_and_a_file_can_be_used_by_their_keys_alone) {
  const auto room = make_room(*open());
  const auto store = open();  // has not seen the room by its name
  EXPECT_EQ(text_at(*store, room.files[0].key, 40), letters(40));
  EXPECT_EQ(write_one(*open(), run_of(room, 41)), written::written);
  EXPECT_EQ(text_at(*store->open_reader(), room.files[0].key, 41), letters(41));
}

TEST_F(postgres_store, does_nothing_before_it_was_migrated) {
  const auto store = storage::open_postgres_store(url());
  EXPECT_EQ(cause_of([&] { store->ping(); }), cause::unavailable);
  EXPECT_EQ(cause_of([&] { store->create_room({}); }), cause::unavailable);
}

TEST_F(postgres_store, a_long_log_is_read_page_by_page) {
  auto store = open();
  const auto room =
    store->create_room({default_tenant, "r", "Room", 7, {file_with("a")}}).value();
  const auto key = room.files[0].key;
  // Runs of 100 kB: two or three make a page.
  std::vector<storage::stored_op> made;
  for (ot::revision rev = 1; rev <= 20; rev += 2) {
    ot::text_op insert;
    insert.insert(std::string(100'000, static_cast<char>('a' + rev)));
    ot::text_op back;
    back.remove(100'000);
    const std::vector two{entry(insert, 1, rev), entry(back, 1, rev + 1)};
    made.insert(made.end(), two.begin(), two.end());
    ASSERT_EQ(write_one(*store, {room.key, {{key, rev, two}}, {}, {}, {}}), written::written);
  }
  EXPECT_EQ(store->load_room(default_tenant, "r", 0)->files[0].tail, made);
  for (ot::revision from = 0; from <= 20; from += 3) {
    ot::revision next = from + 1;
    store->read_ops(key, from, 20, [&](ot::revision rev, storage::stored_op&& kept) {
      EXPECT_EQ(rev, next);
      EXPECT_EQ(kept, made.at(rev - 1));
      next = rev + 1;
      return true;
    });
    EXPECT_EQ(next, 21U);
  }
}

TEST_F(postgres_store, names_and_messages_may_hold_any_character_but_one) {
  const auto store = open();
  const std::string odd = std::string{"a\0b\x1f\"\\", 6} + "\xF0\x9F\xA6\x8A";
  const std::string kept = "a\xEF\xBF\xBD" "b\x1f\"\\\xF0\x9F\xA6\x8A";
  store->create_room({default_tenant, "r", odd, 7, {file_with("a", 1)}});
  const auto room = store->find_room(default_tenant, "r").value();
  EXPECT_EQ(room.name, kept);
  storage::room_write said = run_of(room, 2);
  said.chat.push_back({1, odd, client(1), 1, odd, 3});
  EXPECT_EQ(write_one(*store, said), written::written);
  const auto loaded = store->load_room(default_tenant, "r", 10).value();
  EXPECT_EQ(loaded.chat.at(0).text, kept);
  EXPECT_EQ(loaded.chat.at(0).author, kept);
  EXPECT_TRUE(store->add_version(default_tenant, "r", {odd, odd, 1, {}}));
  EXPECT_EQ(store->versions(default_tenant, "r").at(0).name, kept);
}

// ---- who writes to a room ----

TEST_F(postgres_store, of_programs_that_claim_at_once_each_gets_an_epoch_of_its_own) {
  make_room(*open());
  constexpr std::size_t programs = 4;
  constexpr std::size_t claims = 15;
  std::vector<std::vector<room_epoch>> got(programs);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < programs; ++i)
    threads.emplace_back([&, i] {
      const auto store = open();
      for (std::size_t n = 0; n < claims; ++n)
        got[i].push_back(store->claim_room(default_tenant, "r").value());
    });
  for (std::thread& one : threads)
    one.join();
  std::set<room_epoch> all;
  for (const auto& epochs : got) {
    EXPECT_TRUE(std::ranges::is_sorted(epochs));
    all.insert(epochs.begin(), epochs.end());
  }
  EXPECT_EQ(all.size(), programs * claims);
  EXPECT_EQ(open()->find_room(default_tenant, "r")->epoch, programs * claims);
}

TEST_F(postgres_store, a_claimed_rooms_old_writer_is_refused_and_its_other_rooms_are_written) {
  const auto old = open();
  const auto room = make_room(*old);
  const auto other =
    old->create_room({default_tenant, "s", "Room", 7, {file_with("a")}}).value();
  const auto next = open();
  const room_epoch epoch = next->claim_room(default_tenant, "r").value();
  const std::vector group{run_of(room, 41), run_of(other, 1), run_of(room, 41)};
  const auto results = old->write(group);
  EXPECT_EQ(results[0].result, written::conflict);
  EXPECT_EQ(results[1].result, written::written);
  EXPECT_EQ(results[2].result, written::conflict);
  EXPECT_EQ(head(*old), 40U);
  EXPECT_EQ(head(*old, "s"), 1U);
  EXPECT_EQ(write_one(*next, run_of(room, 41, 1, epoch)), written::written);
}

TEST_F(postgres_store, a_claim_waits_for_an_append_under_way_and_then_sees_it) {
  const auto store = open();
  const auto room = make_room(*store);
  // An append as the function does it, but not committed yet.
  pqxx::connection slow{url()};
  pqxx::work append{slow};
  append.exec("SET search_path = tandem");
  append.exec("SELECT set_tenant(1)");
  append.exec("SELECT FROM room WHERE id = 'r' AND epoch = 0 FOR NO KEY UPDATE");
  append.exec("INSERT INTO op_run SELECT file_key, 41, 41, tenant_id, ops FROM op_run"
              " WHERE first_rev = 11");
  std::optional<room_epoch> epoch;
  std::thread claiming{[&] { epoch = open()->claim_room(default_tenant, "r"); }};
  EXPECT_TRUE(await_waiting_for_lock());
  EXPECT_EQ(store->find_room(default_tenant, "r")->epoch, 0);
  append.commit();
  claiming.join();
  EXPECT_EQ(epoch, 1);
  EXPECT_EQ(head(*store), 41U);
}

TEST_F(postgres_store, an_append_waits_for_a_claim_under_way_and_is_then_refused) {
  const auto store = open();
  const auto room = make_room(*store);
  pqxx::connection slow{url()};
  pqxx::work claim{slow};
  claim.exec("SET search_path = tandem");
  claim.exec("SELECT claim_room(1, 'r')");
  written result = written::written;
  std::thread appending{[&] { result = write_one(*store, run_of(room, 41)); }};
  EXPECT_TRUE(await_waiting_for_lock());
  claim.commit();
  appending.join();
  EXPECT_EQ(result, written::conflict);
  EXPECT_EQ(head(*store), 40U);
}

// Two programs that believe in the same epoch: the second waits for the first,
// and sees its run.
TEST_F(postgres_store, an_append_that_waited_for_another_follows_the_new_head) {
  const auto store = open();
  const auto room = make_room(*store);
  const auto other =
    store->create_room({default_tenant, "s", "Room", 7, {file_with("a")}}).value();
  pqxx::connection slow{url()};
  pqxx::work append{slow};
  append.exec("SET search_path = tandem");
  append.exec("SELECT FROM room WHERE id = 'r' FOR NO KEY UPDATE");
  append.exec("INSERT INTO op_run SELECT file_key, 41, 41, tenant_id, ops FROM op_run"
              " WHERE first_rev = 11");
  std::vector<storage::write_result> results;
  std::thread appending{[&] {
    const std::vector group{run_of(other, 1), run_of(room, 41)};
    results = store->write(group);
  }};
  EXPECT_TRUE(await_waiting_for_lock());
  append.commit();
  appending.join();
  EXPECT_EQ(results.at(0).result, written::written);
  EXPECT_EQ(results.at(1).result, written::conflict);
}

TEST_F(postgres_store, who_waits_too_long_for_a_room_has_written_nothing) {
  const auto store = open();
  const auto room = make_room(*store);
  pqxx::connection slow{url()};
  pqxx::work holder{slow};
  holder.exec("SELECT FROM tandem.room WHERE id = 'r' FOR UPDATE");
  EXPECT_EQ(cause_of([&] { write_one(*store, run_of(room, 41)); }), cause::unavailable);
  EXPECT_EQ(cause_of([&] { store->claim_room(default_tenant, "r"); }), cause::unavailable);
  holder.abort();
  EXPECT_EQ(store->find_room(default_tenant, "r")->epoch, 0);
  EXPECT_EQ(write_one(*store, run_of(room, 41)), written::written);
}

TEST_F(postgres_store, one_bad_write_takes_its_group_with_it_and_nothing_more) {
  const auto store = open();
  const auto room = make_room(*store);
  // Two files of one name: the database refuses it in the middle of the group.
  const std::vector<storage::room_write> group{run_of(room, 41),
                                               {room.key, {}, {file_with("a")}, {}, {}}};
  EXPECT_EQ(cause_of([&] { store->write(group); }), cause::unavailable);
  expect_whole(*store);
  EXPECT_EQ(write_one(*store, group[0]), written::written);
}

TEST_F(postgres_store, of_two_snapshots_of_one_revision_the_later_counts) {
  const auto store = open();
  const auto room = make_room(*store);
  const auto key = room.files[0].key;
  EXPECT_EQ(write_one(*store, {room.key,
                               {},
                               {},
                               {},
                               {{key, 30, "earlier", {{client(1), {1, 1}}}},
                                {key, 30, letters(30), {{client(1), {30, 30}}}}}}),
            written::written);
  const auto file = store->load_room(default_tenant, "r", 0)->files[0];
  EXPECT_EQ(file.base.text, letters(30));
  EXPECT_EQ(file.base.last.at(client(1)).seq, 30U);
}

// ---- damage ----

TEST_F(postgres_store, a_damaged_row_is_corrupt) {
  const std::pair<const char*, const char*> damages[] = {
    {"the bytes of a run", "UPDATE op_run SET ops = '\\x0102' WHERE last_rev = 40"},
    {"no bytes", "UPDATE op_run SET ops = '' WHERE last_rev = 40"},
    {"too few operations", "UPDATE op_run SET last_rev = 41 WHERE last_rev = 40"},
  };
  for (const auto& [what, statement] : damages) {
    SCOPED_TRACE(what);
    const auto store = open();
    store->remove_room(default_tenant, "r");
    make_room(*store);
    sql(statement);
    EXPECT_EQ(cause_of([&] { store->load_room(default_tenant, "r", 10); }), cause::corrupt);
  }
}

TEST_F(postgres_store, a_lost_row_is_corrupt) {
  const auto store = open();
  const auto room = make_room(*store);
  for (ot::revision rev = 41; rev <= 43; ++rev)
    write_one(*store, run_of(room, rev));
  sql("DELETE FROM op_run WHERE last_rev = 42");
  EXPECT_EQ(cause_of([&] { store->load_room(default_tenant, "r", 10); }), cause::corrupt);
  EXPECT_EQ(cause_of([&] { text_at(*store, room.files[0].key, 43); }), cause::corrupt);
  EXPECT_EQ(text_at(*store, room.files[0].key, 41), letters(41));
}

// ---- settings of the server ----

TEST_F(postgres_store, a_server_that_may_lose_commits_is_refused) {
  const auto set = [&](const std::string& fsync) {
    sql("ALTER SYSTEM SET fsync = " + fsync);
    sql("SELECT pg_reload_conf()");
    EXPECT_TRUE(await_polling([&] { return sql("SHOW fsync") == fsync; }));
  };
  set("off");
  EXPECT_EQ(cause_of([&] { open(); }), cause::unavailable);
  set("on");
  EXPECT_NO_THROW(open());
}

TEST_F(postgres_store, commits_wait_for_the_disk_whatever_the_default_is) {
  sql("ALTER DATABASE " + database + " SET synchronous_commit = off");
  std::string told;
  const auto store = open({.tell = [&](const std::string& word) { told += word; }});
  EXPECT_NE(told.find("synchronous_commit"), std::string::npos) << told;
  // The function is what the store calls within its own session.
  sql("CREATE TABLE seen (setting text); GRANT INSERT ON seen TO PUBLIC");
  sql("CREATE OR REPLACE FUNCTION remove_room(tenant bigint, room_id text) RETURNS boolean"
      " LANGUAGE plpgsql AS $$ BEGIN"
      " INSERT INTO tandem.seen VALUES (current_setting('synchronous_commit')); RETURN true;"
      " END $$");
  store->remove_room(default_tenant, "r");
  EXPECT_EQ(sql("SELECT setting FROM seen"), "on");
}

TEST_F(postgres_store, a_well_set_up_server_is_no_reason_for_words) {
  std::string told;
  open({.tell = [&](const std::string& word) { told += word; }});
  EXPECT_EQ(told, "");
}

}  // namespace
}  // namespace tandem::test
