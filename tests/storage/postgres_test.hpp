// What the tests of the PostgreSQL store begin with: a database of their own, and
// a hand in it behind the store's back.
#pragma once

#include "tests/storage/store_test.hpp"
#include "tests/support/await.hpp"

#include <pqxx/pqxx>

namespace tandem::test {

class postgres_test : public testing::Test {
 protected:
  std::unique_ptr<storage::store> open(storage::postgres_options options = {}) const {
    return open_at(url(), std::move(options));
  }

  static std::unique_ptr<storage::store> open_at(const std::string& url,
                                                 storage::postgres_options options = {}) {
    auto opened = storage::open_postgres_store(url, std::move(options));
    opened->migrate();
    return opened;
  }

  std::string url(const std::string& role = "postgres", const std::string& folder = {}) const {
    return server.url(database, role, folder);
  }

  std::string sql(const std::string& statement) const { return server.sql(database, statement); }

  // A room "r" with a file "a" of 40 letters, a snapshot at 20, and chat.
  static storage::room_record make_room(storage::store& store) {
    const auto room =
      store.create_room({storage::default_tenant, "r", "Room", 7, {file_with("a", 10)}}).value();
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

  static void expect_whole(storage::store& store) {
    const auto room = store.load_room(storage::default_tenant, "r", 10).value();
    ASSERT_EQ(room.files.size(), 1U);
    EXPECT_EQ(room.files[0].record.rev, 40U);
    EXPECT_EQ(room.files[0].base.rev, 20U);
    EXPECT_EQ(room.files[0].base.last.at(client(1)).seq, 20U);
    EXPECT_EQ(room.files[0].tail.size(), 20U);
    EXPECT_EQ(room.chat.size(), 1U);
    for (const ot::revision rev : {0, 9, 10, 25, 40})
      EXPECT_EQ(text_at(store, room.files[0].record.key, rev), letters(rev));
  }

  static storage::room_write run_of(const storage::room_record& room, ot::revision first,
                                    std::size_t count = 1, storage::room_epoch epoch = 0) {
    return {room.key, {letter_run(room.files[0].key, first, count)}, {}, {}, {}, epoch};
  }

  static written write_one(storage::store& store, const storage::room_write& one) {
    return store.write({&one, 1})[0].result;
  }

  static ot::revision head(storage::reader& reader, const std::string& id = "r") {
    return reader.find_room(storage::default_tenant, id).value().files.at(0).rev;
  }

  // Whether a session of this database came to wait for another's lock.
  bool await_waiting_for_lock() const {
    return await_polling([&] {
      return sql("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                 " AND wait_event_type = 'Lock'")
             != "0";
    });
  }

  // The sessions of stores; the one that asks is another.
  std::string end_all_sessions() const {
    return sql("SELECT count(pg_terminate_backend(pid, 20000)) FROM pg_stat_activity"
               " WHERE datname = current_database() AND pid <> pg_backend_pid()");
  }

  private_postgres& server = private_postgres::running();
  std::string database = server.add_database();
};

}  // namespace tandem::test
