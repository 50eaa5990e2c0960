// Statements of the accounts on SQLite. Private to storage/. One transaction's.
#pragma once

#include "storage/sql.hpp"
#include "storage/sqlite_db.hpp"

namespace tandem::storage {

class sqlite_sql final : public sql_runner {
 public:
  explicit sqlite_sql(sqlite_db& db) : db_{db} {}
  sql_rows run(std::string_view statement, std::initializer_list<sql_value> values) override;

 private:
  sqlite_db& db_;
};

}  // namespace tandem::storage
