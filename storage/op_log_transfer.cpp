#include "storage/op_log_transfer.hpp"

#include <utility>

namespace tandem::storage {

namespace {

constexpr std::size_t ops_per_write = 4'096;
constexpr ot::revision snapshot_spacing_ops = 20'000;

}  // namespace

// The line that stands between operations.
log_line log_teller::next_line() {
  switch (phase_) {
    case phase::header:
      begin_file();
      return log_header{room_.id, room_.name};
    case phase::file: {
      phase_ = phase::operations;
      const file_record& file = room_.files[file_];
      return log_file{file.name, file.language};
    }
    default: phase_ = phase::told; return replay_.end();
  }
}

void log_teller::begin_file() {
  rev_ = 0;
  phase_ = file_ < room_.files.size() ? phase::file : phase::end;
}

// Whether `visit` wants more.
bool log_teller::tell_operations(reader& from,
                                 const std::function<bool(const log_line&)>& visit) {
  const file_record& file = room_.files[file_];
  bool goes_on = true;
  from.read_ops(file.key, rev_, file.rev, [&](ot::revision rev, stored_op&& entry) {
    const log_line line = log_entry{file.name, rev, std::move(entry)};
    replay_.take(line);
    rev_ = rev;
    goes_on = visit(line);
    return goes_on;
  });
  if (rev_ == file.rev) {
    ++file_;
    begin_file();
  } else if (goes_on) {
    throw store_error{store_error::cause::unavailable, "the history ends early: " + file.name};
  }
  return goes_on;
}

void log_teller::tell(reader& from, const std::function<bool(const log_line&)>& visit) {
  bool goes_on = true;
  while (goes_on && !is_told()) {
    if (phase_ == phase::operations) {
      goes_on = tell_operations(from, visit);
      continue;
    }
    const log_line line = next_line();
    if (!is_told())
      replay_.take(line);
    goes_on = visit(line);
  }
}

void tell_log(reader& from, const room_record& room,
              const std::function<bool(const log_line&)>& visit) {
  log_teller{room}.tell(from, visit);
}

log_import::log_import(store& to, tenant_key tenant, std::string id)
    : store_{to}, tenant_{tenant}, id_{std::move(id)} {
}

log_import::~log_import() {
  if (is_finished_ || room_.key == 0)
    return;
  try {
    store_.remove_room(tenant_, id_);
  } catch (const store_error&) {
    // The store is gone; a room with a part of the log stays.
  }
}

void log_import::take(const log_line& line) {
  replay_.take(line);
  if (const auto* header = std::get_if<log_header>(&line))
    begin(*header);
  else if (const auto* file = std::get_if<log_file>(&line))
    add(*file);
  else if (const auto* entry = std::get_if<log_entry>(&line))
    gather(*entry);
}

void log_import::begin(const log_header& header) {
  auto made = store_.create_room({tenant_, id_, header.room_name, 0, {}});
  if (!made)
    throw op_log_error{"there is a room " + id_ + " already"};
  room_ = std::move(*made);
}

void log_import::add(const log_file& added) {
  room_write write{room_.key, {}, {create_file{added.file, added.language, {}, 0}}, {}, {}};
  write.epoch = room_.epoch;
  const auto results = store_.write({&write, 1});
  if (results.front().result != write_result::verdict::written)
    throw op_log_error{"the file " + added.file + " cannot be created"};
  file& of = files_[added.file];
  of.key = results.front().created.at(0);
  of.run = {of.key, 1, {}};
}

void log_import::gather(const log_entry& entry) {
  file& of = files_.at(entry.file);
  of.run.ops.push_back(entry.made);
  of.last[entry.made.client] = {entry.made.seq, entry.rev};
  if (++gathered_ >= ops_per_write)
    write();
}

void log_import::write() {
  room_write write;
  write.room = room_.key;
  for (auto& [name, of] : files_) {
    if (of.run.ops.empty())
      continue;
    const ot::revision next = of.run.last() + 1;
    write.runs.push_back(std::exchange(of.run, {of.key, next, {}}));
  }
  take_snapshots(write);
  gathered_ = 0;
  commit(std::move(write));
}

void log_import::take_snapshots(room_write& to) {
  for (auto& [name, of] : files_) {
    const log_replay::file& is = replay_.files().at(name);
    if (is.rev - of.snapshot_rev < snapshot_spacing_ops)
      continue;
    to.snapshots.push_back({of.key, is.rev, is.text.to_string(), std::exchange(of.last, {})});
    of.snapshot_rev = is.rev;
  }
}

void log_import::commit(room_write write) {
  write.epoch = room_.epoch;
  if (write.empty())
    return;
  const auto results = store_.write({&write, 1});
  if (results.front().result != write_result::verdict::written)
    throw op_log_error{"the room was changed while it was imported"};
  store_.maintain(false);
}

room_record log_import::finish() {
  replay_.finish();
  write();
  // The next to load it shall not have to replay what came last.
  room_write last;
  last.room = room_.key;
  for (auto& [name, of] : files_) {
    const log_replay::file& is = replay_.files().at(name);
    if (is.rev > of.snapshot_rev)
      last.snapshots.push_back({of.key, is.rev, is.text.to_string(), std::move(of.last)});
  }
  commit(std::move(last));
  is_finished_ = true;
  return store_.find_room(tenant_, id_).value();
}

}  // namespace tandem::storage
