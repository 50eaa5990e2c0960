// The few calls of SQLite's C API that sqlite_store needs, with owners and
// exceptions. One thread per connection. Only storage/ includes this.
#pragma once

#include "storage/store.hpp"

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tandem::storage {

class sqlite_statement;

class sqlite_db {
 public:
  enum class mode : std::uint8_t { read_write, read_only };

  sqlite_db(const std::string& path, mode how);
  sqlite_db(const sqlite_db&) = delete;
  sqlite_db& operator=(const sqlite_db&) = delete;

  // Runs statements without results or parameters.
  void execute(const std::string& sql);

  sqlite_statement prepare(std::string_view sql);

  std::int64_t last_insert_key() const noexcept { return sqlite3_last_insert_rowid(db_.get()); }
  int changed_rows() const noexcept { return sqlite3_changes(db_.get()); }
  bool in_transaction() const noexcept { return sqlite3_get_autocommit(db_.get()) == 0; }
  sqlite3* handle() const noexcept { return db_.get(); }

  // The store_error for what went wrong last, with what was being done.
  [[noreturn]] void fail(std::string_view doing) const;

 private:
  struct closer {
    void operator()(sqlite3* db) const noexcept { sqlite3_close_v2(db); }
  };
  std::unique_ptr<sqlite3, closer> db_;
};

// A prepared statement. `bind` in order, `step` through the rows, `reset`.
class sqlite_statement {
 public:
  sqlite_statement(sqlite_db& db, std::string_view sql);

  sqlite_statement& bind(std::int64_t value);
  sqlite_statement& bind_text(std::string_view text);
  // The bytes must live until the next reset.
  sqlite_statement& bind_blob(std::string_view bytes);

  // One that the statement does not have is passed over.
  void bind_named(const std::string& name, const sql_value& value);
  int columns() const noexcept { return sqlite3_column_count(statement_.get()); }

  // Whether there is a row. Throws on errors.
  bool step();

  // Runs a statement that has no rows, and makes it ready for the next time.
  void run();

  void reset() noexcept;

  std::int64_t integer(int column) const noexcept;
  std::string_view text(int column) const noexcept;  // valid until the next step
  std::string_view blob(int column) const noexcept;  // likewise
  bool is_null(int column) const noexcept;

 private:
  struct finalizer {
    void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
  };
  sqlite_db& db_;
  std::unique_ptr<sqlite3_stmt, finalizer> statement_;
  int next_parameter_ = 1;
};

// Resets a statement at the end of a scope, also when a row's handling throws:
// a statement left open would hold the read transaction, and with it the WAL.
class statement_scope {
 public:
  explicit statement_scope(sqlite_statement& statement) noexcept : statement_{statement} {}
  statement_scope(const statement_scope&) = delete;
  statement_scope& operator=(const statement_scope&) = delete;
  ~statement_scope() { statement_.reset(); }

 private:
  sqlite_statement& statement_;
};

}  // namespace tandem::storage
