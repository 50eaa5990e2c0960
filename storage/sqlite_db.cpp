#include "storage/sqlite_db.hpp"

#include <fmt/format.h>

namespace tandem::storage {

namespace {

constexpr int busy_timeout_ms = 5000;

// The WAL stays this large after a checkpoint, so that commits overwrite
// blocks that the file system has allocated already.
constexpr const char* settings =
  "PRAGMA journal_mode=WAL;"
  "PRAGMA synchronous=FULL;"
  "PRAGMA foreign_keys=ON;"
  "PRAGMA trusted_schema=OFF;"
  "PRAGMA journal_size_limit=67108864;"
  "PRAGMA wal_autocheckpoint=0;"
  "PRAGMA mmap_size=0;";

constexpr const char* reader_settings =
  "PRAGMA query_only=ON;"
  "PRAGMA trusted_schema=OFF;"
  "PRAGMA wal_autocheckpoint=0;"
  "PRAGMA mmap_size=0;";

// Locks are kept within the process and the WAL's index in its heap: no lock
// calls in a commit, and no other process can open a file that is served.
constexpr const char* vfs = "unix-excl";

store_error::cause cause_of(int code) noexcept {
  switch (code & 0xFF) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return store_error::cause::corrupt;
    default: return store_error::cause::unavailable;
  }
}

}  // namespace

sqlite_db::sqlite_db(const std::string& path, mode how) {
  const int flags = SQLITE_OPEN_NOMUTEX
                    | (how == mode::read_only ? SQLITE_OPEN_READONLY
                                              : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &opened, flags, vfs);
  db_.reset(opened);
  if (code != SQLITE_OK)
    throw store_error{cause_of(code),
                      fmt::format("cannot open {}: {}", path, sqlite3_errstr(code))};
  sqlite3_busy_timeout(opened, busy_timeout_ms);
  execute(how == mode::read_only ? reader_settings : settings);
}

void sqlite_db::execute(const std::string& sql) {
  if (sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    fail(sql.substr(0, 60));
}

sqlite_statement sqlite_db::prepare(std::string_view sql) {
  return {*this, sql};
}

void sqlite_db::fail(std::string_view doing) const {
  throw store_error{cause_of(sqlite3_errcode(db_.get())),
                    fmt::format("sqlite: {} ({}): {}", sqlite3_errmsg(db_.get()),
                                sqlite3_extended_errcode(db_.get()), doing)};
}

sqlite_statement::sqlite_statement(sqlite_db& db, std::string_view sql) : db_{db} {
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v3(db.handle(), sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &prepared, nullptr)
      != SQLITE_OK)
    db.fail(sql);
  statement_.reset(prepared);
}

sqlite_statement& sqlite_statement::bind(std::int64_t value) {
  if (sqlite3_bind_int64(statement_.get(), next_parameter_++, value) != SQLITE_OK)
    db_.fail("bind");
  return *this;
}

sqlite_statement& sqlite_statement::bind_text(std::string_view text) {
  if (sqlite3_bind_text64(statement_.get(), next_parameter_++, text.data(), text.size(),
                          SQLITE_TRANSIENT, SQLITE_UTF8)
      != SQLITE_OK)
    db_.fail("bind");
  return *this;
}

sqlite_statement& sqlite_statement::bind_blob(std::string_view bytes) {
  // An empty blob must not become NULL.
  const char* data = bytes.empty() ? "" : bytes.data();
  if (sqlite3_bind_blob64(statement_.get(), next_parameter_++, data, bytes.size(), SQLITE_STATIC)
      != SQLITE_OK)
    db_.fail("bind");
  return *this;
}

void sqlite_statement::bind_named(const std::string& name, const sql_value& value) {
  next_parameter_ = sqlite3_bind_parameter_index(statement_.get(), name.c_str());
  if (next_parameter_ == 0 || value.is_null())
    return;
  if (value.number() != nullptr)
    bind(*value.number());
  else
    bind_text(*value.text());
}

bool sqlite_statement::step() {
  switch (sqlite3_step(statement_.get())) {
    case SQLITE_ROW: return true;
    case SQLITE_DONE: return false;
    default: db_.fail(sqlite3_sql(statement_.get()));
  }
}

void sqlite_statement::run() {
  const statement_scope scope{*this};
  while (step()) {
  }
}

void sqlite_statement::reset() noexcept {
  sqlite3_reset(statement_.get());
  next_parameter_ = 1;
}

std::int64_t sqlite_statement::integer(int column) const noexcept {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string_view sqlite_statement::text(int column) const noexcept {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::string_view sqlite_statement::blob(int column) const noexcept {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

bool sqlite_statement::is_null(int column) const noexcept {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

}  // namespace tandem::storage
