#include "storage/postgres_schema.hpp"

#include "storage/postgres_connection.hpp"
#include "storage/postgres_values.hpp"

#include <fmt/format.h>

namespace tandem::storage {

namespace {

constexpr std::chrono::minutes migration_deadline{10};

// Any number: it only has to be no other program's.
constexpr std::int64_t migration_lock = 0x74616e64656d;  // "tandem"

// Tenants are kept apart by row-level security, which a role that owns the
// tables would only be under because it is forced, and a superuser never.
constexpr const char* make_role = R"(
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tandem_app')
     AND (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user) THEN
    CREATE ROLE tandem_app NOLOGIN;
    EXECUTE format('GRANT tandem_app TO %I', current_user);
  END IF;
EXCEPTION
  -- Roles are common to all databases: another one's migration made it just now.
  WHEN duplicate_object OR unique_violation THEN NULL;
END $$;)";

constexpr const char* open_to_role = R"(
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tandem_app') THEN
    GRANT USAGE ON SCHEMA tandem TO tandem_app;
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA tandem TO tandem_app;
    REVOKE INSERT, UPDATE, DELETE ON schema_migration, tenant FROM tandem_app;
  END IF;
END $$;)";

constexpr const char* make_schema = R"(
DO $$
BEGIN
  IF to_regnamespace('tandem') IS NULL THEN
    CREATE SCHEMA tandem;
  END IF;
  CREATE TABLE IF NOT EXISTS tandem.schema_migration (
    number bigint PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());
END $$;)";

// 0 before the first migration. Looks into a table, because to_regclass would
// answer from the session's cache, which a wait for the lock does not refresh.
std::int64_t newest_in(pqxx::transaction_base& in) {
  if (in.exec("SELECT FROM pg_tables WHERE schemaname = 'tandem'"
              " AND tablename = 'schema_migration'")
        .empty())
    return 0;
  return integer(in.exec1("SELECT coalesce(max(number), 0) FROM tandem.schema_migration")[0]);
}

void refuse_newer(std::int64_t version, std::span<const migration> migrations) {
  if (version > migrations.back().number)
    throw store_error{store_error::cause::unavailable,
                      fmt::format("the database has schema version {}, newer than this program's"
                                  " {}: use a newer tandem",
                                  version, migrations.back().number)};
}

}  // namespace

void migrate_postgres(const std::string& url, std::span<const migration> migrations) {
  postgres_connection owner{url, postgres_connection::role::owner, migration_deadline};
  std::int64_t version = 0;
  owner.change_schema([&](pqxx::work& look) { version = newest_in(look); });
  refuse_newer(version, migrations);
  while (version < migrations.back().number) {
    owner.change_schema([&](pqxx::work& change) {
      change.exec_params("SELECT pg_advisory_xact_lock($1)", migration_lock);
      version = newest_in(change);
      refuse_newer(version, migrations);
      if (version == migrations.back().number)
        return;
      change.exec(make_schema);
      change.exec(make_role);
      const migration& next = migrations[static_cast<std::size_t>(version)];
      change.exec(std::string{next.sql});
      change.exec_params("INSERT INTO schema_migration (number, name) VALUES ($1, $2)",
                         next.number, std::string{next.name});
      change.exec(open_to_role);
      version = next.number;
    });
  }
}

// ---- tenants ----

namespace {

// Row-level security would tell others about a setting that they never heard of.
void require_owner(pqxx::work& within) {
  const pqxx::result rows = within.exec("SELECT pg_has_role(tableowner, 'MEMBER') FROM pg_tables"
                                        " WHERE schemaname = 'tandem' AND tablename = 'tenant'");
  if (!rows.empty() && !rows[0][0].as<bool>())
    throw store_error{store_error::cause::unavailable,
                      "only the owner of the database's tables can list and add tenants"};
}

}  // namespace

std::vector<tenant_record> postgres_tenants(const std::string& url) {
  postgres_connection owner{url, postgres_connection::role::owner, migration_deadline};
  std::vector<tenant_record> found;
  owner.change_schema([&](pqxx::work& look) {
    require_owner(look);
    for (const pqxx::row& row : look.exec("SELECT id, name FROM tenant ORDER BY id"))
      found.push_back({integer(row[0]), text(row[1])});
  });
  return found;
}

std::optional<tenant_key> add_postgres_tenant(const std::string& url, const std::string& name) {
  postgres_connection owner{url, postgres_connection::role::owner, migration_deadline};
  std::optional<tenant_key> added;
  owner.change_schema([&](pqxx::work& change) {
    require_owner(change);
    change.exec("LOCK TABLE tenant IN SHARE ROW EXCLUSIVE MODE");
    const pqxx::result rows = change.exec_params(
      "INSERT INTO tenant (id, name) SELECT max(id) + 1, $1 FROM tenant"
      " ON CONFLICT DO NOTHING RETURNING id",
      name);
    if (!rows.empty())
      added = integer(rows[0][0]);
  });
  return added;
}

}  // namespace tandem::storage
