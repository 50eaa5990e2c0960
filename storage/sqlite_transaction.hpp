// A writing transaction of the SQLite store. Private to storage/.
#pragma once

#include "storage/sqlite_db.hpp"

namespace tandem::storage {

// Rolls back unless it was committed.
class transaction {
 public:
  explicit transaction(sqlite_db& db) : db_{db} { db_.execute("BEGIN IMMEDIATE"); }
  transaction(const transaction&) = delete;
  transaction& operator=(const transaction&) = delete;

  ~transaction() {
    if (db_.in_transaction())
      sqlite3_exec(db_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }

  // If COMMIT fails and SQLite has left the transaction all the same, nobody
  // can say what a restart would find. But for a full disk: then the frame that
  // would have ended the transaction is not in the WAL.
  void commit() {
    try {
      db_.execute("COMMIT");
    } catch (const store_error& error) {
      const bool disk_full = (sqlite3_errcode(db_.handle()) & 0xFF) == SQLITE_FULL;
      if (db_.in_transaction() || disk_full)
        throw;
      throw store_error{store_error::cause::unknown, error.what()};
    }
  }

 private:
  sqlite_db& db_;
};

}  // namespace tandem::storage
