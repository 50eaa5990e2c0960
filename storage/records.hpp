// What survives: the values that travel between the store and its users. Plain
// values, no behaviour. Lengths are characters, times milliseconds since the
// epoch.
#pragma once

#include "ot/document.hpp"
#include "ot/ids.hpp"
#include "ot/text_op.hpp"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace tandem::storage {

using tenant_key = std::int64_t;
using room_key = std::int64_t;
using file_key = std::int64_t;

// Whoever claims a room gets an epoch above all before; only writes of the
// newest are taken (store::claim_room).
using room_epoch = std::int64_t;

inline constexpr tenant_key default_tenant = 1;

struct tenant_record {
  tenant_key key = 0;
  std::string name;
};

// One operation of a file's log.
struct stored_op {
  ot::text_op op;
  ot::client_id client;
  std::uint64_t seq = 0;
  std::string author;  // the display name at the time
  std::int64_t at_ms = 0;

  friend bool operator==(const stored_op&, const stored_op&) = default;
};

// Neighbouring operations of one file; the first leads to revision `first`.
struct op_run {
  file_key file = 0;
  ot::revision first = 1;
  std::vector<stored_op> ops;

  ot::revision last() const noexcept { return first + ops.size() - 1; }
};

// A file's text at a revision, and what is needed to know a resent edit again:
// the last edits of the clients that changed since the snapshot before.
struct snapshot {
  file_key file = 0;
  ot::revision rev = 0;
  std::string text;
  ot::last_edits last;
};

struct chat_message {
  std::uint64_t n = 0;  // rises by one in the room, from 1
  std::string author;
  ot::client_id client;
  std::uint64_t client_message_id = 0;
  std::string text;
  std::int64_t at_ms = 0;

  friend bool operator==(const chat_message&, const chat_message&) = default;
};

struct create_file {
  std::string name;
  std::string language;
  std::vector<stored_op> first_ops;  // the file's revisions from 1 on
  std::int64_t at_ms = 0;
};

struct rename_file {
  file_key file = 0;
  std::string name;
  std::string language;
};

// The file leaves the room; its log is kept.
struct remove_file {
  file_key file = 0;
  std::int64_t at_ms = 0;
};

using file_change = std::variant<create_file, rename_file, remove_file>;

// Everything a room wants to have written at once.
struct room_write {
  room_key room = 0;
  std::vector<op_run> runs;
  std::vector<file_change> changes;
  std::vector<chat_message> chat;
  std::vector<snapshot> snapshots;
  room_epoch epoch = 0;

  bool empty() const noexcept {
    return runs.empty() && changes.empty() && chat.empty() && snapshots.empty();
  }
};

// What became of one room's write.
struct write_result {
  enum class verdict : std::uint8_t {
    written,
    conflict,  // the room is gone, or was claimed anew, or a run does not follow its file's head
  };
  verdict result = verdict::written;
  std::vector<file_key> created;  // one for each create_file, in order
};

struct file_record {
  file_key key = 0;
  std::string name;
  std::string language;
  ot::revision rev = 0;

  friend bool operator==(const file_record&, const file_record&) = default;
};

struct room_record {
  room_key key = 0;
  std::string id;  // public: in links
  std::string name;
  std::int64_t created_at_ms = 0;
  std::vector<file_record> files;  // by name
  room_epoch epoch = 0;
};

// A moment of a room that somebody gave a name: which revision each of its
// files had.
struct version_record {
  struct file {
    file_key key = 0;
    std::string name;  // at that time
    ot::revision rev = 0;
  };
  std::string name;
  std::string author;
  std::int64_t at_ms = 0;
  std::vector<file> files;  // by name
};

struct new_room {
  tenant_key tenant = default_tenant;
  std::string id;
  std::string name;
  std::int64_t created_at_ms = 0;
  std::vector<create_file> files;
};

// A file as a room needs it to go on: the latest snapshot, what came after it,
// and every client's last edit as of the snapshot.
struct loaded_file {
  file_record record;
  snapshot base;
  std::vector<stored_op> tail;
};

struct loaded_room {
  room_record room;
  std::vector<loaded_file> files;
  std::vector<chat_message> chat;  // the latest, oldest first
};

}  // namespace tandem::storage
