// Migrations: each on data that the one before it left, by whom it may be, and
// by several at once.
#include "storage/op_codec.hpp"
#include "storage/postgres_schema.hpp"
#include "tests/storage/postgres_test.hpp"

#include <fmt/format.h>

#include <thread>

namespace tandem::test {
namespace {

using storage::default_tenant;
using cause = storage::store_error::cause;

class postgres_schema : public postgres_test {
 protected:
  postgres_schema() { database = server.add_empty_database(); }

  // Roles are common to all databases of the server: a name of this test's own.
  std::string add_role(const std::string& rights) {
    const std::string role = database + "_" + std::to_string(++roles_);
    server.sql("postgres", "CREATE ROLE " + role + " LOGIN " + rights);
    return role;
  }

  static void migrate_up_to(const std::string& url, std::size_t number) {
    storage::migrate_postgres(url, storage::postgres_migrations().first(number));
  }

  int roles_ = 0;
};

TEST_F(postgres_schema, migrations_are_numbered_without_gaps_and_recorded) {
  std::int64_t number = 0;
  for (const storage::migration& one : storage::postgres_migrations())
    EXPECT_EQ(one.number, ++number) << one.name;
  open();
  EXPECT_EQ(sql("SELECT count(*) || ' ' || max(number) FROM schema_migration"),
            fmt::format("{0} {0}", number));
}

TEST_F(postgres_schema, migrating_again_changes_nothing) {
  auto store = open();
  make_room(*store);
  store->migrate();
  expect_whole(*store);
  expect_whole(*open());
}

TEST_F(postgres_schema, refuses_a_schema_that_is_newer_than_the_program) {
  make_room(*open());
  sql("INSERT INTO schema_migration VALUES (9999, 'from the future')");
  const auto store = storage::open_postgres_store(url());
  EXPECT_EQ(cause_of([&] { store->migrate(); }), cause::unavailable);
  EXPECT_EQ(cause_of([&] { store->find_room(default_tenant, "r"); }), cause::unavailable);
  sql("DELETE FROM schema_migration WHERE number = 9999");
  expect_whole(*open());
}

TEST_F(postgres_schema, a_database_of_the_first_schema_is_upgraded_with_its_data) {
  migrate_up_to(url(), 1);
  EXPECT_EQ(sql("SELECT max(number) FROM schema_migration"), "1");
  const storage::op_run run = letter_run(1, 1, 3);
  std::string hex;
  for (const char byte : storage::encode_run(run.ops))
    hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  sql("INSERT INTO room (tenant_id, id, name, created_at_ms) VALUES (1, 'r', 'Room', 5)");
  sql("INSERT INTO file (tenant_id, room_key, name, language, created_at_ms)"
      " VALUES (1, 1, 'a', 'python', 5)");
  sql(fmt::format("INSERT INTO op_run VALUES (1, 1, 3, 1, '\\x{}')", hex));
  sql("INSERT INTO snapshot VALUES (1, 2, 1, 'ab')");
  sql("INSERT INTO client_edit VALUES (1, '01000000000000000000000000000000', 1, 9, 2)");
  sql("INSERT INTO chat VALUES (1, 1, 1, 'Ada', '01000000000000000000000000000000', 4, 'hi', 5)");

  const auto store = open();
  const auto room = store->load_room(default_tenant, "r", 10).value();
  EXPECT_EQ(room.room.name, "Room");
  EXPECT_EQ(room.files.at(0).record, (storage::file_record{1, "a", "python", 3}));
  EXPECT_EQ(room.files.at(0).base.text, "ab");
  EXPECT_EQ(room.files.at(0).base.last.at(client(1)).seq, 9U);
  EXPECT_EQ(room.files.at(0).tail, (std::vector<storage::stored_op>{run.ops[2]}));
  EXPECT_EQ(room.chat.at(0), (storage::chat_message{1, "Ada", client(1), 4, "hi", 5}));
  EXPECT_EQ(text_at(*store, 1, 1), "a");
  EXPECT_EQ(write_one(*store, run_of(room.room, 4)), written::written);
  EXPECT_TRUE(store->add_version(default_tenant, "r", {"v", "", 1, {}}));
  EXPECT_EQ(store->room_ai_mode(default_tenant, "r"), "");
}

TEST_F(postgres_schema, programs_that_start_at_once_take_turns) {
  std::vector<std::thread> starting;
  std::vector<std::optional<cause>> problems(6);
  for (auto& problem : problems)
    starting.emplace_back([&] { problem = cause_of([&] { open(); }); });
  for (std::thread& one : starting)
    one.join();
  for (const auto& problem : problems)
    EXPECT_FALSE(problem);
  EXPECT_EQ(sql("SELECT count(*) FROM schema_migration"),
            std::to_string(storage::postgres_migrations().size()));
}

TEST_F(postgres_schema, a_migration_that_fails_leaves_nothing_behind) {
  const storage::migration broken[] = {
    storage::postgres_migrations()[0],
    {2, "0002_broken", "CREATE TABLE half (x int); SELECT 1 / 0"}};
  EXPECT_EQ(cause_of([&] { storage::migrate_postgres(url(), broken); }), cause::unavailable);
  EXPECT_EQ(sql("SELECT max(number) FROM schema_migration"), "1");
  EXPECT_EQ(sql("SELECT to_regclass('tandem.half') IS NULL"), "t");
  make_room(*open());
}

// ---- as whom ----

TEST_F(postgres_schema, an_ordinary_role_that_owns_the_database_is_enough) {
  const std::string owner = add_role("CREATEROLE");
  server.sql("postgres", "ALTER DATABASE " + database + " OWNER TO " + owner);
  server.sql("postgres", "GRANT tandem_app TO " + owner);
  std::string told;
  const auto store =
    open_at(url(owner), {.tell = [&](const std::string& word) { told += word; }});
  EXPECT_EQ(told, "");
  const auto room = make_room(*store);
  expect_whole(*store);
  EXPECT_EQ(text_at(*open_at(url(owner)), room.files[0].key, 40), letters(40))
    << "by its key alone";
  EXPECT_TRUE(store->remove_room(default_tenant, "r"));
  EXPECT_EQ(sql("SELECT count(*) FROM op_run"), "0");
}

// Whoever serves need not be whoever migrates.
TEST_F(postgres_schema, a_member_of_the_role_serves_what_another_has_migrated) {
  storage::migrate_postgres(url());
  const std::string member = add_role("IN ROLE tandem_app");
  const auto store = open_at(url(member));
  make_room(*store);
  expect_whole(*store);
}

TEST_F(postgres_schema, a_member_of_the_role_cannot_migrate) {
  migrate_up_to(url(), 1);
  const std::string member = add_role("IN ROLE tandem_app");
  EXPECT_EQ(cause_of([&] { open_at(url(member)); }), cause::unavailable);
  EXPECT_EQ(sql("SELECT max(number) FROM schema_migration"), "1");
}

TEST_F(postgres_schema, who_is_no_member_of_the_role_is_told_so) {
  const std::string owner = add_role("");
  server.sql("postgres", "ALTER DATABASE " + database + " OWNER TO " + owner);
  std::string told;
  const auto store =
    open_at(url(owner), {.tell = [&](const std::string& word) { told += word; }});
  EXPECT_NE(told.find("not a member of tandem_app"), std::string::npos) << told;
  make_room(*store);
  expect_whole(*store);
}

// Of who passes the walls it depends on whether there must be any.
TEST_F(postgres_schema, who_passes_row_level_security_serves_only_where_that_may_be) {
  storage::migrate_postgres(url());
  const std::string passing = add_role("BYPASSRLS");
  sql("GRANT USAGE ON SCHEMA tandem TO " + passing);
  sql("GRANT ALL ON ALL TABLES IN SCHEMA tandem TO " + passing);
  std::string told;
  const auto tell = [&](const std::string& word) { told += word; };
  EXPECT_NO_THROW(open_at(url(passing), {.tell = tell}));
  EXPECT_NE(told.find("nothing keeps tenants apart"), std::string::npos) << told;
  EXPECT_EQ(cause_of([&] { open_at(url(passing), {.must_be_walled = true, .tell = tell}); }),
            cause::unavailable);
  const std::string member = add_role("IN ROLE tandem_app");
  EXPECT_NO_THROW(open_at(url(member), {.must_be_walled = true, .tell = tell}));
}

}  // namespace
}  // namespace tandem::test
