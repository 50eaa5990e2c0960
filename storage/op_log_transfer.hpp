// A room as an op log, and a room from an op log. On the store's thread.
#pragma once

#include "storage/op_log.hpp"
#include "storage/store.hpp"

#include <functional>
#include <map>
#include <string>
#include <utility>

namespace tandem::storage {

// A room's log, told line by line, with as many pauses as wanted. Memory grows
// with the texts, not with the history.
class log_teller {
 public:
  explicit log_teller(room_record room) : room_{std::move(room)} {}

  // Goes on with the line behind the last one, until `visit` returns false or
  // there are no more. Throws store_error, also when the room was removed
  // meanwhile.
  void tell(reader& from, const std::function<bool(const log_line&)>& visit);

  bool is_told() const noexcept { return phase_ == phase::told; }

 private:
  enum class phase : std::uint8_t { header, file, operations, end, told };

  log_line next_line();
  void begin_file();
  bool tell_operations(reader& from, const std::function<bool(const log_line&)>& visit);

  room_record room_;
  phase phase_ = phase::header;
  std::size_t file_ = 0;
  ot::revision rev_ = 0;  // of the file's last operation that was told
  log_replay replay_;
};

// The whole of it, or until `visit` returns false. Throws store_error.
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
