// One file of a live room: its document, who types where in it, and when a
// snapshot or a check is due. Owned by `room_core`.
//
// Invariants
//  1. tentative_ has one entry for each operation between the document's
//     durable revision and its head.
//  2. A cursor is valid at its own revision, which is durable, not before
//     cursors_rev_, and in the history.
#pragma once

#include "actors/limits.hpp"
#include "actors/protocol.hpp"
#include "actors/room_messages.hpp"
#include "ot/document.hpp"
#include "storage/records.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace tandem {

class room_file {
 public:
  // A file that was loaded. Throws storage::store_error{corrupt} if its log
  // does not fit its text.
  room_file(const limits& bounds, storage::loaded_file loaded);

  storage::file_key key() const noexcept { return record_.key; }
  const std::string& name() const noexcept { return record_.name; }
  const std::string& language() const noexcept { return record_.language; }
  ot::document& document() noexcept { return document_; }
  const ot::document& document() const noexcept { return document_; }

  void rename(std::string name, std::string language);

  // ---- the way of an edit ----

  ot::submitted submit(ot::edit edit, std::string author, std::int64_t at_ms);
  bool has_tentative() const noexcept { return !tentative_.empty(); }

  // What the store has to write for the tentative operations.
  storage::op_run tentative_run() const;

  // They are durable up to `through`: their frames, for everybody.
  file_batch confirm(ot::revision through, const frame_encoder& encoder);

  void roll_back();

  // ---- history ----

  // The operations from one durable revision to another, both in memory:
  // composed if that is allowed, otherwise at most `ops_max` single ones.
  history_slice slice(const catch_up& wanted, std::uint64_t ops_max,
                      const frame_encoder& encoder);

  // Makes a slice of operations that were read from the store.
  history_slice slice_of(const catch_up& wanted, const std::vector<storage::stored_op>& ops,
                         const frame_encoder& encoder) const;
  history_slice slice_of_composed(const catch_up& wanted, const ot::text_op& composed,
                                  const frame_encoder& encoder) const;

  // ---- cursors ----

  void move_cursor(const move_cursor& moved);
  void forget_cursor(ot::site_id site);
  // The others are told, if they were shown one.
  void hide_cursor(ot::site_id site);
  bool has_moved_cursors() const noexcept { return !moved_.empty(); }

  // This file was loaded anew: what `before` knew of its members' cursors.
  void take_cursors_of(room_file& before);

  // The cursors that moved since the last call, at the durable revision; and
  // all others, for somebody who comes.
  std::vector<std::pair<ot::site_id, frame>> take_moved_cursors(const frame_encoder& encoder);
  std::vector<std::pair<ot::site_id, frame>> settled_cursors(const frame_encoder& encoder);

  // ---- now and then ----

  // A `check` of the durable text, if one is due.
  frame due_check(std::int64_t now_ms, const frame_encoder& encoder);
  // A snapshot of the durable text, if one is due.
  std::optional<storage::snapshot> due_snapshot();

 private:
  struct tentative_op {
    std::string author;
    std::int64_t at_ms = 0;
    std::size_t bytes = 0;
  };

  struct placed_cursor {
    ot::revision rev = 0;
    std::vector<client::selection> ranges;
  };

  void carry(placed_cursor& cursor, ot::revision to) const;
  void carry_all_cursors(ot::revision to);
  frame cursor_frame(ot::site_id site, placed_cursor& cursor, const frame_encoder& encoder);
  frame op_frame(ot::revision from, ot::revision rev, const ot::text_op& op, ot::site_id by,
                 const frame_encoder& encoder) const;

  const limits& limits_;
  storage::file_record record_;
  ot::document document_;
  std::deque<tentative_op> tentative_;
  std::map<ot::site_id, placed_cursor> cursors_;
  std::unordered_set<ot::site_id> moved_;
  ot::revision cursors_rev_;
  ot::revision snapshot_rev_;
  std::size_t bytes_since_snapshot_ = 0;
  std::unordered_set<ot::client_id, ot::client_id_hash> clients_since_snapshot_;
  ot::revision check_rev_;
  std::int64_t check_at_ms_ = 0;
};

}  // namespace tandem
