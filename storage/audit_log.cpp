#include "storage/audit_log.hpp"

#include <fmt/format.h>

namespace tandem::storage {

namespace {

std::string select(std::string_view which) {
  return fmt::format("SELECT key, at_ms, account_key, name, address, action, room_id, target,"
                     " detail FROM audit WHERE tenant_id = $1 AND {}",
                     which);
}

std::vector<audit_entry> entries_of(const sql_rows& rows) {
  std::vector<audit_entry> entries;
  for (const sql_row& row : rows)
    entries.push_back({row.integer(0), row.integer(1), row.maybe_integer(2), row.text(3),
                       row.text(4), row.text(5), row.maybe_text(6), row.maybe_text(7), row.maybe_text(8)});
  return entries;
}

}  // namespace

void audit_log::add(const audit_entry& entry) {
  sql_.run("INSERT INTO audit (tenant_id, at_ms, account_key, name, address, action, room_id,"
           " target, detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
           {tenant_, entry.at_ms, entry.account, entry.name, entry.address, entry.action,
            entry.room_id, entry.target, entry.detail});
}

std::vector<audit_entry> audit_log::before(std::int64_t key, std::int64_t count_max) {
  return entries_of(sql_.run(select("key < $2 ORDER BY key DESC LIMIT $3"),
                             {tenant_, key, count_max}));
}

std::vector<audit_entry> audit_log::after(std::int64_t key, std::int64_t count_max) {
  return entries_of(
    sql_.run(select("key > $2 ORDER BY key LIMIT $3"), {tenant_, key, count_max}));
}

void audit_log::remove_before(std::int64_t at_ms) {
  sql_.run("DELETE FROM audit WHERE tenant_id = $1 AND at_ms < $2", {tenant_, at_ms});
}

}  // namespace tandem::storage
