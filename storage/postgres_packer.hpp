// Packs what is old in the PostgreSQL store, as sqlite_packer does for SQLite:
// a piece at a time, between commits. Private to storage/; owned by
// postgres_store, on its thread.
//
// Invariants
//  1. Each piece is one statement, and a file's pieces follow each other: of two
//     programs that pack one file, one finds that it was done.
//  2. The latest snapshot of a file, and the rows behind it, are left alone.
#pragma once

#include "storage/postgres_connection.hpp"

#include <map>

namespace tandem::storage {

class postgres_packer {
 public:
  explicit postgres_packer(postgres_connection& connection) : connection_{connection} {}

  // A snapshot was written: what is before it may be packed.
  void note_snapshot(tenant_key tenant, file_key file) { due_[file] = tenant; }

  // Packs one piece, if there is one. Never throws: what fails is tried again
  // after the file's next snapshot.
  void pack_one() noexcept;

 private:
  // Whether there may be more of the file.
  bool pack(tenant_key tenant, file_key file);

  postgres_connection& connection_;
  std::map<file_key, tenant_key> due_;
};

}  // namespace tandem::storage
