// Statements of the accounts on PostgreSQL. Private to storage/. One
// transaction's.
#pragma once

#include "storage/postgres_connection.hpp"
#include "storage/sql.hpp"

namespace tandem::storage {

class postgres_sql final : public sql_runner {
 public:
  postgres_sql(postgres_connection& connection, pqxx::transaction_base& within)
      : connection_{connection}, within_{within} {}
  sql_rows run(std::string_view statement, std::initializer_list<sql_value> values) override;

 private:
  postgres_connection& connection_;
  pqxx::transaction_base& within_;
};

}  // namespace tandem::storage
