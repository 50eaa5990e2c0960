#include "actors/room_file.hpp"

#include "ot/transform.hpp"
#include "storage/store.hpp"

#include <zlib.h>

#include <utility>

namespace tandem {

namespace {

// What an operation adds to the log, roughly.
std::size_t log_bytes(const ot::text_op& op) noexcept {
  return 8 + op.inserted_text().size() + 2 * op.components().size();
}

ot::document make_document(const limits& bounds, const storage::snapshot& base) {
  return {{bounds.text_chars, bounds.history_ops}, base.rev, ot::rope{base.text}, base.last};
}

std::uint32_t crc32_of(const ot::rope& text) {
  uLong crc = crc32(0, nullptr, 0);
  text.for_each_chunk([&](std::string_view chunk) {
    crc = crc32(crc, reinterpret_cast<const Bytef*>(chunk.data()),
                static_cast<uInt>(chunk.size()));
  });
  return static_cast<std::uint32_t>(crc);
}

}  // namespace

room_file::room_file(const limits& bounds, storage::loaded_file loaded)
    : limits_{bounds},
      record_{std::move(loaded.record)},
      document_{make_document(bounds, loaded.base)},
      snapshot_rev_{loaded.base.rev},
      check_rev_{loaded.record.rev} {
  for (storage::stored_op& entry : loaded.tail) {
    bytes_since_snapshot_ += log_bytes(entry.op);
    clients_since_snapshot_.insert(entry.client);
    if (!document_.replay({std::move(entry.op), entry.client, entry.seq, 0, 0}))
      throw storage::store_error{
        storage::store_error::cause::corrupt,
        "revision " + std::to_string(document_.head() + 1) + " of file "
          + std::to_string(record_.key) + " does not fit its text"};
  }
  check_rev_ = cursors_rev_ = document_.durable_revision();
}

void room_file::rename(std::string name, std::string language) {
  record_.name = std::move(name);
  record_.language = std::move(language);
}

ot::submitted room_file::submit(ot::edit edit, std::string author, std::int64_t at_ms) {
  const ot::submitted result = document_.submit(std::move(edit));
  if (result.result == ot::outcome::committed)
    tentative_.push_back(
      {std::move(author), at_ms, log_bytes(document_.operations().at(result.rev).op)});
  return result;
}

storage::op_run room_file::tentative_run() const {
  storage::op_run run{record_.key, document_.durable_revision() + 1, {}};
  run.ops.reserve(tentative_.size());
  ot::revision rev = run.first;
  for (const tentative_op& entry : tentative_) {
    const ot::committed_op& committed = document_.operations().at(rev++);
    run.ops.push_back(
      {committed.op, committed.client, committed.seq, entry.author, entry.at_ms});
  }
  return run;
}

frame room_file::op_frame(ot::revision from, ot::revision rev, const ot::text_op& op,
                          ot::site_id by, const frame_encoder& encoder) const {
  return encoder.encode(server::op{record_.name, from, rev, op, by});
}

file_batch room_file::confirm(ot::revision through, const frame_encoder& encoder) {
  file_batch batch;
  batch.file = record_.key;
  batch.from = document_.durable_revision();
  batch.to = through;
  std::string all;
  for (ot::revision rev = batch.from + 1; rev <= through; ++rev) {
    const ot::committed_op& entry = document_.operations().at(rev);
    frame bytes = op_frame(rev - 1, rev, entry.op, entry.site, encoder);
    all += *bytes;
    batch.ops.push_back({rev, entry.client, entry.seq, std::move(bytes)});
    bytes_since_snapshot_ += tentative_.front().bytes;
    clients_since_snapshot_.insert(entry.client);
    tentative_.pop_front();
  }
  batch.all = batch.ops.size() == 1 ? batch.ops.front().bytes
                                    : std::make_shared<const std::string>(std::move(all));
  if (through - cursors_rev_ >= limits_.history_ops)
    carry_all_cursors(through);
  document_.confirm(through);
  return batch;
}

// Those that stand still would be left behind when history is forgotten.
void room_file::carry_all_cursors(ot::revision to) {
  for (auto& [site, cursor] : cursors_)
    carry(cursor, to);
  cursors_rev_ = to;
}

void room_file::take_cursors_of(room_file& before) {
  for (auto& [site, cursor] : before.cursors_) {
    before.carry(cursor, before.document_.durable_revision());
    if (cursor.rev < document_.operations().first())
      continue;
    carry(cursor, document_.durable_revision());
    cursors_.emplace(site, std::move(cursor));
  }
  moved_ = std::move(before.moved_);
}

void room_file::roll_back() {
  document_.roll_back();
  tentative_.clear();
}

history_slice room_file::slice(const catch_up& wanted, std::uint64_t ops_max,
                               const frame_encoder& encoder) {
  history_slice slice;
  slice.file = record_.key;
  slice.from = wanted.from;
  slice.composed = wanted.may_compose && wanted.to - wanted.from > 1;
  if (slice.composed)
    return slice_of_composed(wanted, document_.composed(wanted.from, wanted.to), encoder);
  slice.to = std::min(wanted.to, wanted.from + ops_max);
  for (ot::revision rev = wanted.from + 1; rev <= slice.to; ++rev) {
    const ot::committed_op& entry = document_.operations().at(rev);
    slice.ops.push_back({rev, entry.client, entry.seq,
                         op_frame(rev - 1, rev, entry.op, entry.site, encoder)});
  }
  return slice;
}

history_slice room_file::slice_of(const catch_up& wanted,
                                  const std::vector<storage::stored_op>& ops,
                                  const frame_encoder& encoder) const {
  history_slice slice{record_.key, wanted.from, wanted.from, false, {}, {}};
  for (const storage::stored_op& entry : ops) {
    ++slice.to;
    slice.ops.push_back({slice.to, entry.client, entry.seq,
                         op_frame(slice.to - 1, slice.to, entry.op, 0, encoder)});
  }
  return slice;
}

history_slice room_file::slice_of_composed(const catch_up& wanted, const ot::text_op& composed,
                                           const frame_encoder& encoder) const {
  history_slice slice{record_.key, wanted.from, wanted.to, true, {}, {}};
  slice.ops.push_back(
    {wanted.to, {}, 0, op_frame(wanted.from, wanted.to, composed, 0, encoder)});
  return slice;
}

void room_file::move_cursor(const struct move_cursor& moved) {
  placed_cursor& cursor = cursors_[moved.site] = {moved.rev, moved.ranges};
  carry(cursor, document_.durable_revision());
  moved_.insert(moved.site);
}

void room_file::forget_cursor(ot::site_id site) {
  cursors_.erase(site);
  moved_.erase(site);
}

void room_file::hide_cursor(ot::site_id site) {
  if (cursors_.contains(site))
    move_cursor({site, key(), document_.durable_revision(), {}});
}

void room_file::carry(placed_cursor& cursor, ot::revision to) const {
  for (; cursor.rev < to; ++cursor.rev) {
    const ot::text_op& op = document_.operations().at(cursor.rev + 1).op;
    for (client::selection& range : cursor.ranges) {
      range.anchor = ot::transform_position(range.anchor, op);
      range.head = ot::transform_position(range.head, op);
    }
  }
}

// At the durable revision.
frame room_file::cursor_frame(ot::site_id site, placed_cursor& cursor,
                              const frame_encoder& encoder) {
  carry(cursor, document_.durable_revision());
  return encoder.encode(server::cursor{site, record_.name, cursor.rev, cursor.ranges});
}

std::vector<std::pair<ot::site_id, frame>> room_file::take_moved_cursors(
  const frame_encoder& encoder) {
  std::vector<std::pair<ot::site_id, frame>> frames;
  for (const ot::site_id site : moved_) {
    const auto cursor = cursors_.find(site);
    if (cursor == cursors_.end())
      continue;
    frames.emplace_back(site, cursor_frame(site, cursor->second, encoder));
  }
  moved_.clear();
  return frames;
}

std::vector<std::pair<ot::site_id, frame>> room_file::settled_cursors(
  const frame_encoder& encoder) {
  std::vector<std::pair<ot::site_id, frame>> frames;
  for (auto& [site, cursor] : cursors_)
    if (!moved_.contains(site))
      frames.emplace_back(site, cursor_frame(site, cursor, encoder));
  return frames;
}

frame room_file::due_check(std::int64_t now_ms, const frame_encoder& encoder) {
  const ot::revision rev = document_.durable_revision();
  if (rev - check_rev_ < limits_.check_ops
      || now_ms - check_at_ms_ < static_cast<std::int64_t>(limits_.check_interval_ms))
    return nullptr;
  check_rev_ = rev;
  check_at_ms_ = now_ms;
  const ot::rope& text = document_.text();
  return encoder.encode(server::check{record_.name, rev, text.chars(), crc32_of(text)});
}

std::optional<storage::snapshot> room_file::due_snapshot() {
  const ot::revision rev = document_.durable_revision();
  const std::uint64_t ops = rev - snapshot_rev_;
  const bool is_worth_it = bytes_since_snapshot_ >= document_.text().bytes() / 8;
  if (has_tentative() || ops < limits_.snapshot_ops
      || (!is_worth_it && ops < limits_.snapshot_overdue_ops))
    return std::nullopt;
  storage::snapshot taken{record_.key, rev, document_.text().to_string(), {}};
  for (const ot::client_id& client : clients_since_snapshot_)
    taken.last[client] = document_.last_by_client().at(client);
  snapshot_rev_ = rev;
  bytes_since_snapshot_ = 0;
  clients_since_snapshot_.clear();
  return taken;
}

}  // namespace tandem
