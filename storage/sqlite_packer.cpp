#include "storage/sqlite_packer.hpp"

#include "storage/checksum.hpp"
#include "storage/deflate.hpp"
#include "storage/op_codec.hpp"
#include "storage/op_pack.hpp"
#include "storage/sqlite_keys.hpp"
#include "storage/sqlite_transaction.hpp"

namespace tandem::storage {

sqlite_packer::sqlite_packer(sqlite_db& db) : db_{db} {
}

void sqlite_packer::pack_one() noexcept {
  if (due_.empty())
    return;
  const file_key file = *due_.begin();
  try {
    if (!pack(file))
      due_.erase(file);
  } catch (const std::exception&) {
    due_.erase(file);
  }
}

bool sqlite_packer::pack(file_key file) {
  transaction whole{db_};
  sqlite_statement progress = db_.prepare(
    "SELECT packed_rev, (SELECT max(key) FROM snapshot WHERE key BETWEEN ? AND ?)"
    " FROM file WHERE key = ?");
  progress.bind(log_key(file, 0)).bind(log_key(file + 1, 0) - 1).bind(file);
  if (!progress.step() || progress.is_null(1))
    return false;
  const auto packed = static_cast<ot::revision>(progress.integer(0));
  const auto latest = static_cast<ot::revision>(progress.integer(1) - log_key(file, 0));
  progress.reset();

  const cold_rows rows = read_cold(file, packed, latest);
  const bool is_piece = rows.ops.size() >= packed_piece_ops;
  if (is_piece)
    replace(file, rows);
  else
    thin_snapshots(file, latest);
  whole.commit();
  return is_piece;
}

// Whole rows up to the snapshot, until they are a piece.
sqlite_packer::cold_rows sqlite_packer::read_cold(file_key file, ot::revision packed,
                                                  ot::revision snapshot) {
  cold_rows rows{packed + 1, {}};
  sqlite_statement read = db_.prepare(
    "SELECT last_rev, ops FROM op_run WHERE key BETWEEN ? AND ? ORDER BY key");
  read.bind(log_key(file, packed + 1)).bind(log_key(file, snapshot));
  while (rows.ops.size() < packed_piece_ops && read.step()) {
    if (static_cast<ot::revision>(read.integer(0)) > snapshot)
      break;
    for (stored_op& entry : decode_run(read.blob(1)))
      rows.ops.push_back(std::move(entry));
    if (rows.last() != static_cast<ot::revision>(read.integer(0)))
      throw store_error{store_error::cause::corrupt, "the log has a gap"};
  }
  return rows;
}

void sqlite_packer::replace(file_key file, const cold_rows& rows) {
  const std::string bytes = pack_run(rows.ops);
  db_.prepare("DELETE FROM op_run WHERE key BETWEEN ? AND ?")
    .bind(log_key(file, rows.first))
    .bind(log_key(file, rows.last()))
    .run();
  db_.prepare("INSERT INTO op_run (key, tenant_id, last_rev, ops)"
              " SELECT ?, tenant_id, ?, ? FROM file WHERE key = ?")
    .bind(log_key(file, rows.first))
    .bind(static_cast<std::int64_t>(rows.last()))
    .bind_blob(bytes)
    .bind(file)
    .run();
  db_.prepare("UPDATE file SET packed_rev = ? WHERE key = ?")
    .bind(static_cast<std::int64_t>(rows.last()))
    .bind(file)
    .run();
}

void sqlite_packer::thin_snapshots(file_key file, ot::revision latest) {
  sqlite_statement old = db_.prepare("SELECT key, deflated_from_bytes IS NULL FROM snapshot"
                                     " WHERE key BETWEEN ? AND ? ORDER BY key");
  old.bind(log_key(file, 0)).bind(log_key(file, latest) - 1);
  std::vector<std::int64_t> dropped;
  std::vector<std::int64_t> plain;
  std::int64_t kept = log_key(file, 0);
  while (old.step()) {
    const std::int64_t key = old.integer(0);
    if (key - kept < static_cast<std::int64_t>(snapshot_spacing_ops)) {
      dropped.push_back(key);
      continue;
    }
    kept = key;
    if (old.integer(1) != 0)
      plain.push_back(key);
  }
  old.reset();
  for (const std::int64_t key : dropped)
    db_.prepare("DELETE FROM snapshot WHERE key = ?").bind(key).run();
  for (const std::int64_t key : plain)
    deflate_snapshot(key);
}

void sqlite_packer::deflate_snapshot(std::int64_t key) {
  sqlite_statement read = db_.prepare("SELECT text, crc32 FROM snapshot WHERE key = ?");
  if (!read.bind(key).step())
    return;
  if (!read.is_null(1) && crc32_of(read.blob(0)) != read.integer(1))
    return;  // damaged: that must still be seen
  const std::size_t bytes = read.blob(0).size();
  const std::string small = deflated(read.blob(0));
  read.reset();
  db_.prepare("UPDATE snapshot SET text = ?, deflated_from_bytes = ? WHERE key = ?")
    .bind_blob(small)
    .bind(static_cast<std::int64_t>(bytes))
    .bind(key)
    .run();
}

}  // namespace tandem::storage
