#include "storage/accounts.hpp"

#include <fmt/format.h>

namespace tandem::storage {

namespace {

constexpr const char* account_fields =
  "a.key, a.login, a.name, a.role, a.password, a.is_disabled, a.created_at_ms, a.seen_at_ms";
constexpr std::size_t account_field_count = 8;
constexpr const char* token_fields =
  "t.key, t.account_key, t.kind, t.name, t.scopes, t.room_id, t.address, t.created_at_ms,"
  " t.expires_at_ms, t.seen_at_ms";

account_record account_of(const sql_row& row) {
  return {row.integer(0), row.text(1), row.text(2), row.text(3),
          row.maybe_text(4),
          row.flag(5),    row.integer(6), row.maybe_integer(7)};
}

token_record token_of(const sql_row& row, std::size_t at) {
  return {row.integer(at),
          row.integer(at + 1),
          row.text(at + 2),
          row.text(at + 3),
          row.text(at + 4),
          row.maybe_text(at + 5),
          row.text(at + 6),
          row.integer(at + 7),
          row.integer(at + 8),
          row.maybe_integer(at + 9)};
}

std::optional<account_record> only_account(const sql_rows& rows) {
  return rows.empty() ? std::nullopt : std::optional{account_of(rows[0])};
}

std::string accounts_where(std::string_view condition) {
  return fmt::format("SELECT {} FROM account a WHERE a.tenant_id = $1 AND {}", account_fields,
                     condition);
}

}  // namespace

std::string accounts::tenant_name() {
  const sql_rows rows = sql_.run("SELECT name FROM tenant WHERE id = $1", {tenant_});
  return rows.empty() ? "" : rows[0].text(0);
}

// ---- accounts ----

std::vector<account_record> accounts::all() {
  std::vector<account_record> found;
  for (const sql_row& row : sql_.run(accounts_where("true ORDER BY a.login"), {tenant_}))
    found.push_back(account_of(row));
  return found;
}

std::optional<account_record> accounts::find(account_key key) {
  return only_account(sql_.run(accounts_where("a.key = $2"), {tenant_, key}));
}

std::optional<account_record> accounts::find_login(std::string_view login) {
  return only_account(sql_.run(accounts_where("a.login = $2"), {tenant_, login}));
}

std::optional<account_record> accounts::find_identity(std::string_view identity) {
  return only_account(sql_.run(accounts_where("a.identity = $2"), {tenant_, identity}));
}

std::int64_t accounts::count_active_admins() {
  return sql_
    .run("SELECT count(*) FROM account WHERE tenant_id = $1 AND role = 'admin'"
         " AND is_disabled = 0",
         {tenant_})[0]
    .integer(0);
}

// What is updated is locked, in every backend.
bool accounts::is_last_admin(const account_record& account) {
  const sql_rows admins =
    sql_.run("UPDATE account SET role = role WHERE tenant_id = $1 AND role = 'admin'"
             " AND is_disabled = 0 RETURNING key",
             {tenant_});
  return admins.size() == 1 && admins[0].integer(0) == account.key;
}

std::optional<account_key> accounts::add(const new_account& added) {
  const sql_rows rows = sql_.run(
    "INSERT INTO account (tenant_id, login, name, role, password, identity, created_at_ms)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING key",
    {tenant_, added.login, added.name, added.role, added.password, added.identity, added.at_ms});
  return rows.empty() ? std::nullopt : std::optional{rows[0].integer(0)};
}

void accounts::rename(account_key key, std::string_view name) {
  sql_.run("UPDATE account SET name = $3 WHERE tenant_id = $1 AND key = $2",
           {tenant_, key, name});
}

void accounts::set_role(account_key key, std::string_view role) {
  sql_.run("UPDATE account SET role = $3 WHERE tenant_id = $1 AND key = $2",
           {tenant_, key, role});
}

void accounts::set_disabled(account_key key, bool is_disabled) {
  sql_.run("UPDATE account SET is_disabled = $3 WHERE tenant_id = $1 AND key = $2",
           {tenant_, key, is_disabled});
}

void accounts::set_password(account_key key, std::string_view hashed) {
  sql_.run("UPDATE account SET password = $3 WHERE tenant_id = $1 AND key = $2",
           {tenant_, key, hashed});
}

void accounts::note_seen(account_key key, std::int64_t at_ms) {
  sql_.run("UPDATE account SET seen_at_ms = $3 WHERE tenant_id = $1 AND key = $2",
           {tenant_, key, at_ms});
}

// ---- tokens ----

std::int64_t accounts::add_token(const token_record& added, std::string_view digest) {
  return sql_
    .run("INSERT INTO token (tenant_id, account_key, digest, kind, name, scopes, room_id, address,"
         " created_at_ms, expires_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
         " RETURNING key",
         {tenant_, added.account, digest, added.kind, added.name, added.scopes, added.room_id,
          added.address, added.created_at_ms, added.expires_at_ms})[0]
    .integer(0);
}

std::optional<known_token> accounts::find_token(std::string_view digest) {
  const sql_rows rows =
    sql_.run(fmt::format("SELECT {}, {} FROM token t JOIN account a ON a.key = t.account_key"
                         " WHERE t.tenant_id = $1 AND a.tenant_id = $1 AND t.digest = $2",
                         account_fields, token_fields),
             {tenant_, digest});
  if (rows.empty())
    return std::nullopt;
  return known_token{token_of(rows[0], account_field_count), account_of(rows[0])};
}

std::vector<token_record> accounts::tokens_of(account_key key, std::string_view kind) {
  std::vector<token_record> found;
  for (const sql_row& row :
       sql_.run(fmt::format("SELECT {} FROM token t WHERE t.tenant_id = $1"
                            " AND t.account_key = $2 AND t.kind = $3 ORDER BY t.key DESC",
                            token_fields),
                {tenant_, key, kind}))
    found.push_back(token_of(row, 0));
  return found;
}

bool accounts::remove_token(account_key key, std::string_view kind, std::int64_t token) {
  return !sql_
            .run("DELETE FROM token WHERE tenant_id = $1 AND account_key = $2 AND kind = $3"
                 " AND key = $4 RETURNING key",
                 {tenant_, key, kind, token})
            .empty();
}

void accounts::remove_tokens(account_key key, std::string_view kind, std::int64_t but) {
  sql_.run("DELETE FROM token WHERE tenant_id = $1 AND account_key = $2 AND kind = $3"
           " AND key <> $4",
           {tenant_, key, kind, but});
}

bool accounts::keep_newest_tokens(account_key key, std::string_view kind, std::int64_t count) {
  return !sql_
            .run("DELETE FROM token WHERE tenant_id = $1 AND account_key = $2 AND kind = $3"
                 " AND key NOT IN (SELECT key FROM token WHERE tenant_id = $1"
                 " AND account_key = $2 AND kind = $3 ORDER BY key DESC LIMIT $4) RETURNING key",
                 {tenant_, key, kind, count})
            .empty();
}

void accounts::note_token_seen(std::int64_t token, std::int64_t at_ms) {
  sql_.run("UPDATE token SET seen_at_ms = $3 WHERE tenant_id = $1 AND key = $2",
           {tenant_, token, at_ms});
}

void accounts::remove_expired_tokens(std::int64_t now_ms) {
  sql_.run("DELETE FROM token WHERE tenant_id = $1 AND expires_at_ms <= $2", {tenant_, now_ms});
}

}  // namespace tandem::storage
