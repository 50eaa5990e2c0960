// Packs what is old in the SQLite store, a piece at a time, between commits:
// rows of the log that a snapshot has made cold become one row in the packed
// format, and old snapshots are thinned out and deflated. Private to storage/;
// owned by sqlite_store, on its thread.
//
// Invariants
//  1. Each piece is one transaction: before and after it the same revisions,
//     authors, numbers and times can be read.
//  2. The latest snapshot of a file, and the rows behind it, are left alone.
//  3. From any revision back to a snapshot there are at most
//     snapshot_spacing_ops operations, and one snapshot interval more.
#pragma once

#include "storage/sqlite_db.hpp"

#include <set>

namespace tandem::storage {

class sqlite_packer {
 public:
  explicit sqlite_packer(sqlite_db& db);

  // A snapshot was written: what is before it may be packed.
  void note_snapshot(file_key file) { due_.insert(file); }

  // Packs one piece, if there is one. Never throws: what fails is tried again
  // after the file's next snapshot.
  void pack_one() noexcept;

 private:
  struct cold_rows {
    ot::revision first = 0;
    std::vector<stored_op> ops;

    ot::revision last() const noexcept { return first + ops.size() - 1; }
  };

  // Whether there may be more of the file.
  bool pack(file_key file);
  cold_rows read_cold(file_key file, ot::revision packed, ot::revision snapshot);
  void replace(file_key file, const cold_rows& rows);
  void thin_snapshots(file_key file, ot::revision latest);
  void deflate_snapshot(std::int64_t key);

  sqlite_db& db_;
  std::set<file_key> due_;
};

}  // namespace tandem::storage
