// Tenants are kept apart by the database: by raw SQL under the role that the
// store works with, not by trusting what the store asks for.
#include "storage/audit_log.hpp"
#include "storage/room_access.hpp"
#include "tests/storage/postgres_test.hpp"

#include <atomic>
#include <thread>

namespace tandem::test {
namespace {

using storage::default_tenant;

constexpr storage::tenant_key other_tenant = 2;

class postgres_tenants : public postgres_test {
 protected:
  postgres_tenants() {
    sql("INSERT INTO tenant VALUES (2, 'other')");
    const auto store = open();
    mine = make_room(*store);
    theirs = store->create_room({other_tenant, "t", "Theirs", 7, {file_with("b", 3)}}).value();
    const auto key = theirs.files[0].key;
    std::vector<storage::room_write> group{
      {theirs.key,
       {letter_run(key, 4, 1)},
       {},
       {{1, "Bob", client(2), 1, "secret", 3}},
       {{key, 3, letters(3), {{client(2), {3, 3}}}}}}};
    EXPECT_EQ(store->write(group)[0].result, written::written);
    for (const auto& [tenant, room] : {std::pair{default_tenant, "r"}, {other_tenant, "t"}}) {
      EXPECT_TRUE(store->add_version(tenant, room, {"v", "", 1, {}}));
      add_accounts(*store, tenant, room);
    }
  }

  // A row in each table of the accounts.
  static void add_accounts(storage::store& store, storage::tenant_key tenant,
                           const std::string& room) {
    store.change(tenant, [&](storage::sql_runner& sql) {
      storage::accounts accounts{sql, tenant};
      const auto ada = accounts.add({"ada of " + room, "Ada", "admin", "hash", "id " + room, 1});
      accounts.add_token({0, *ada, "session", "", "read", {}, "", 1, 2, {}}, "token of " + room);
      storage::room_access access{sql, tenant};
      access.set(room, {"private", "viewer", false, ""});
      access.set_member(room, *ada, "owner");
      const auto invite = access.add_invite({0, room, "editor", 1, 2, 5, 0}, "invite of " + room);
      EXPECT_TRUE(access.use_invite_as(invite, "client"));
      storage::audit_log{sql, tenant}.add({0, 1, *ada, "Ada", "", "sign_in", room, {}, {}});
    });
  }

  // A session as the store's: the same role, and the tenant that it names.
  pqxx::result as_app(const std::string& statement, const std::string& tenant = "1") const {
    pqxx::connection to{url()};
    pqxx::work whole{to};
    whole.exec("SET LOCAL search_path = tandem; SET LOCAL ROLE tandem_app");
    if (!tenant.empty())
      whole.exec("SELECT set_tenant(" + tenant + ")");
    return whole.exec(statement);
  }

  template <class IsLast, class Remove>
  void expect_one_stays(IsLast is_last, Remove remove);

  static constexpr const char* tables[] = {"room",        "file", "op_run",  "snapshot",
                                           "client_edit", "chat", "version", "version_file",
                                           "account", "token", "room_access", "room_member",
                                           "invite", "invite_use", "audit"};
  storage::room_record mine;
  storage::room_record theirs;
};

TEST_F(postgres_tenants, every_table_with_a_tenants_data_has_a_wall) {
  EXPECT_EQ(sql("SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class"
                " WHERE relnamespace = 'tandem'::regnamespace AND relkind = 'r'"
                " AND NOT (relrowsecurity AND relforcerowsecurity)"),
            "node room_lease schema_migration");
  EXPECT_EQ(sql("SELECT count(*) FROM pg_class c WHERE relnamespace = 'tandem'::regnamespace"
                " AND relkind = 'r' AND EXISTS (SELECT FROM pg_attribute"
                " WHERE attrelid = c.oid AND attname = 'tenant_id')"),
            std::to_string(std::size(tables)));
}

TEST_F(postgres_tenants, the_role_passes_no_wall) {
  EXPECT_EQ(sql("SELECT rolsuper OR rolbypassrls OR rolcanlogin FROM pg_roles"
                " WHERE rolname = 'tandem_app'"),
            "f");
  EXPECT_EQ(sql("SELECT count(*) FROM pg_class WHERE relnamespace = 'tandem'::regnamespace"
                " AND relowner = 'tandem_app'::regrole"),
            "0");
}

TEST_F(postgres_tenants, no_row_of_another_tenant_is_visible) {
  for (const char* table : tables) {
    SCOPED_TRACE(table);
    const std::string count = std::string{"SELECT count(*) FROM "} + table;
    const std::string others = count + " WHERE tenant_id <> 1";
    EXPECT_NE(as_app(count)[0][0].as<int>(), 0);
    EXPECT_EQ(as_app(others)[0][0].as<int>(), 0);
    EXPECT_NE(sql(others), "0") << "there are some";
  }
  EXPECT_EQ(as_app("SELECT id FROM tenant").size(), 1U);
}

TEST_F(postgres_tenants, no_row_of_another_tenant_can_be_changed_or_removed) {
  for (const char* table : tables) {
    SCOPED_TRACE(table);
    EXPECT_EQ(as_app(std::string{"UPDATE "} + table + " SET tenant_id = 1 WHERE tenant_id = 2")
                .affected_rows(),
              0U);
    EXPECT_EQ(as_app(std::string{"DELETE FROM "} + table + " WHERE tenant_id = 2").affected_rows(),
              0U);
  }
}

TEST_F(postgres_tenants, no_row_can_be_given_to_another_tenant) {
  for (const char* table : tables) {
    SCOPED_TRACE(table);
    EXPECT_THROW(as_app(std::string{"UPDATE "} + table + " SET tenant_id = 2"),
                 pqxx::insufficient_privilege);
  }
  EXPECT_THROW(as_app("INSERT INTO room (tenant_id, id, name, created_at_ms)"
                      " VALUES (2, 'new', '', 1)"),
               pqxx::insufficient_privilege);
  EXPECT_THROW(as_app("INSERT INTO op_run VALUES (1, 1000, 1000, 2, '')"),
               pqxx::insufficient_privilege);
}

// An error, not an empty answer: it would look like a room that is not there.
TEST_F(postgres_tenants, without_a_tenant_nothing_is_visible) {
  for (const char* table : tables)
    EXPECT_THROW(as_app(std::string{"SELECT * FROM "} + table, ""), pqxx::sql_error) << table;
}

TEST_F(postgres_tenants, a_tenant_is_forgotten_at_the_end_of_a_transaction) {
  pqxx::connection to{url()};
  {
    pqxx::work whole{to};
    whole.exec("SET search_path = tandem; SET ROLE tandem_app");
    whole.exec("SELECT set_tenant(1)");
    EXPECT_FALSE(whole.exec("SELECT * FROM room").empty());
    whole.commit();
  }
  pqxx::work next{to};
  EXPECT_THROW(next.exec("SELECT * FROM room"), pqxx::sql_error);
}

TEST_F(postgres_tenants, the_role_cannot_change_who_there_is_nor_the_schema) {
  EXPECT_THROW(as_app("INSERT INTO tenant VALUES (3, 'new')"), pqxx::insufficient_privilege);
  EXPECT_THROW(as_app("DELETE FROM schema_migration"), pqxx::insufficient_privilege);
  EXPECT_THROW(as_app("ALTER TABLE room DISABLE ROW LEVEL SECURITY"),
               pqxx::insufficient_privilege);
  EXPECT_THROW(as_app("CREATE TABLE tandem.own (x int)"), pqxx::insufficient_privilege);
}

TEST_F(postgres_tenants, the_functions_that_ask_whose_a_key_is_tell_only_that) {
  EXPECT_EQ(as_app("SELECT tenant_of_file(" + std::to_string(theirs.files[0].key) + ")")[0][0]
              .as<int>(),
            2);
  EXPECT_EQ(sql("SELECT string_agg(proname, ' ' ORDER BY proname) FROM pg_proc"
                " WHERE pronamespace = 'tandem'::regnamespace AND prosecdef"),
            "leased_rooms rooms_leased_by tenant_of_file tenant_of_key tenant_of_room");
  EXPECT_EQ(as_app("SELECT tenant_of_key('token', 'token of t')")[0][0].as<int>(), 2);
  const pqxx::result leased = as_app("SELECT * FROM leased_rooms(10)");
  EXPECT_EQ(leased.columns(), 4U) << "tenant, id, node, epoch";
}

// A group is one statement and may hold the writes of many.
TEST_F(postgres_tenants, a_group_writes_for_several_tenants) {
  const auto store = open();
  const std::vector group{run_of(theirs, 5), run_of(mine, 41), run_of(theirs, 6),
                          run_of(mine, 43)};
  const auto results = store->write(group);
  EXPECT_EQ(results[0].result, written::written);
  EXPECT_EQ(results[1].result, written::written);
  EXPECT_EQ(results[2].result, written::written);
  EXPECT_EQ(results[3].result, written::conflict);
  EXPECT_EQ(sql("SELECT string_agg(DISTINCT tenant_id::text, ',') FROM op_run"
                " WHERE file_key = " + std::to_string(theirs.files[0].key)),
            "2");
  EXPECT_EQ(text_at(*store, theirs.files[0].key, 6), letters(6));
}

// A write cannot reach into another room by a file's key.
TEST_F(postgres_tenants, a_file_of_another_room_is_no_file_of_this_one) {
  const auto store = open();
  storage::room_write wrong = run_of(mine, 41);
  wrong.runs[0] = letter_run(theirs.files[0].key, 5, 1);
  EXPECT_EQ(write_one(*store, wrong), written::conflict);
  write_one(*store, {mine.key,
                     {},
                     {storage::rename_file{theirs.files[0].key, "mine now", "x"},
                      storage::remove_file{theirs.files[0].key, 9}},
                     {},
                     {}});
  EXPECT_EQ(store->find_room(other_tenant, "t")->files.at(0).name, "b");
}

// Two nodes ask whether somebody is the last before either has changed anything.
template <class IsLast, class Remove>
void postgres_tenants::expect_one_stays(IsLast is_last, Remove remove) {
  const auto first = open();
  const auto second = open();
  std::atomic<bool> is_second_done{false};
  bool is_second_last = false;
  std::thread other;
  first->change(default_tenant, [&](storage::sql_runner& mine) {
    EXPECT_FALSE(is_last(mine, 0));
    other = std::thread{[&] {
      second->change(default_tenant, [&](storage::sql_runner& theirs) {
        is_second_last = is_last(theirs, 1);
      });
      is_second_done = true;
    }};
    EXPECT_TRUE(await_polling([&] {
      return is_second_done || sql("SELECT count(*) FROM pg_locks WHERE NOT granted") != "0";
    }));
    remove(mine, 0);
  });
  other.join();
  EXPECT_TRUE(is_second_last);
}

TEST_F(postgres_tenants, of_two_admins_who_go_at_once_one_stays) {
  std::vector<storage::account_record> admins;
  open()->change(default_tenant, [&](storage::sql_runner& in) {
    storage::accounts accounts{in, default_tenant};
    accounts.add({"bob", "Bob", "admin", "hash", {}, 1});
    admins = accounts.all();
  });
  expect_one_stays(
    [&](storage::sql_runner& in, std::size_t which) {
      return storage::accounts{in, default_tenant}.is_last_admin(admins.at(which));
    },
    [&](storage::sql_runner& in, std::size_t which) {
      storage::accounts{in, default_tenant}.set_role(admins.at(which).key, "member");
    });
}

TEST_F(postgres_tenants, of_two_owners_who_go_at_once_one_stays) {
  std::vector<storage::account_record> owners;
  open()->change(default_tenant, [&](storage::sql_runner& in) {
    storage::accounts accounts{in, default_tenant};
    const auto bob = accounts.add({"bob", "Bob", "member", "hash", {}, 1});
    storage::room_access{in, default_tenant}.set_member("r", *bob, "owner");
    owners = accounts.all();
  });
  expect_one_stays(
    [&](storage::sql_runner& in, std::size_t which) {
      return storage::room_access{in, default_tenant}.is_last_owner("r", owners.at(which).key);
    },
    [&](storage::sql_runner& in, std::size_t which) {
      storage::room_access{in, default_tenant}.remove_member("r", owners.at(which).key);
    });
}

}  // namespace
}  // namespace tandem::test
