// A room as an op log, and a room from an op log. On the store's thread.
#pragma once

#include "storage/op_log.hpp"
#include "storage/store.hpp"

#include <functional>
#include <map>
#include <string>

namespace tandem::storage {

// Tells the room's log line by line, until `visit` returns false. Memory grows
// with the texts, not with the history. Throws store_error.
void tell_log(reader& from, const room_record& room,
              const std::function<bool(const log_line&)>& visit);

// Makes a room of a log, line by line. What is not finished is removed again.
//
// Invariants
//  1. Lines are checked (log_replay) before they are written.
//  2. A file's tail behind its latest snapshot is at most snapshot_spacing_ops
//     long, however long the log is.
class log_import {
 public:
  // The room gets this id; what the header says is its name.
  log_import(store& to, tenant_key tenant, std::string id);
  log_import(const log_import&) = delete;
  log_import& operator=(const log_import&) = delete;
  ~log_import();

  // Throws op_log_error and store_error.
  void take(const log_line& line);

  // There are no more lines. Throws op_log_error if the log is cut off, or if
  // the id was taken meanwhile.
  room_record finish();

 private:
  struct file {
    file_key key = 0;
    ot::revision snapshot_rev = 0;
    ot::last_edits last;  // since the snapshot
    op_run run;           // not written yet
  };

  void begin(const log_header& header);
  void add(const log_file& added);
  void gather(const log_entry& entry);
  void write();
  void take_snapshots(room_write& to);
  void commit(room_write write);

  store& store_;
  tenant_key tenant_;
  std::string id_;
  log_replay replay_;
  room_record room_;
  std::map<std::string, file> files_;
  std::size_t gathered_ = 0;
  bool is_finished_ = false;
};

}  // namespace tandem::storage
