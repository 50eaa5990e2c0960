// The schema of the PostgreSQL store: the numbered files of migrations/postgres,
// applied in order into a schema of their own, `tandem`, each in a transaction.
//
// Invariants
//  1. Programs that start at the same time take turns: a lock in the database,
//     held to the end of each transaction.
//  2. What is up to date is only read: who serves needs no right to change it.
//  3. A schema that is newer than the program is refused.
#pragma once

#include "storage/migrations.hpp"
#include "storage/records.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tandem::storage {

// Applies those of `migrations` that are missing, and lets tandem_app use the
// tables. A test may stop earlier than the newest.
void migrate_postgres(const std::string& url,
                      std::span<const migration> migrations = postgres_migrations());

// As the role that owns the tables. Adding one: nothing if the name is taken.
std::vector<tenant_record> postgres_tenants(const std::string& url);
std::optional<tenant_key> add_postgres_tenant(const std::string& url, const std::string& name);

}  // namespace tandem::storage
