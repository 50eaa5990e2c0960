#include "storage/sqlite_reader.hpp"

#include "storage/checksum.hpp"
#include "storage/deflate.hpp"
#include "storage/op_codec.hpp"

#include <algorithm>
#include <cstring>

namespace tandem::storage {

namespace {

ot::client_id client_from(std::string_view blob) {
  ot::client_id client;
  if (blob.size() != client.bytes.size())
    throw store_error{store_error::cause::corrupt, "a client's digest has a wrong length"};
  std::memcpy(client.bytes.data(), blob.data(), blob.size());
  return client;
}

std::string text_of(std::string_view blob, std::optional<std::int64_t> deflated_from_bytes,
                    std::optional<std::int64_t> crc32) {
  if (!deflated_from_bytes && crc32 && crc32_of(blob) != *crc32)
    throw store_error{store_error::cause::corrupt, "a snapshot is not what was written"};
  if (!deflated_from_bytes)
    return std::string{blob};
  auto text = inflated(blob, static_cast<std::uint64_t>(*deflated_from_bytes));
  if (!text)
    throw store_error{store_error::cause::corrupt, "a snapshot cannot be inflated"};
  return std::move(*text);
}

// Everything that is read while it lives is of one moment. Within a
// transaction it is of that.
class read_transaction {
 public:
  explicit read_transaction(sqlite_db& db) : db_{db.in_transaction() ? nullptr : &db} {
    if (db_ != nullptr)
      db_->execute("BEGIN");
  }
  read_transaction(const read_transaction&) = delete;
  read_transaction& operator=(const read_transaction&) = delete;
  ~read_transaction() {
    if (db_ != nullptr)
      sqlite3_exec(db_->handle(), "COMMIT", nullptr, nullptr, nullptr);
  }

 private:
  sqlite_db* db_;
};

}  // namespace

sqlite_reader::sqlite_reader(sqlite_db& db)
    : reading_{db},
      room_{db.prepare("SELECT key, name, created_at_ms, epoch FROM room WHERE tenant_id = ? AND id = ?")},
      files_{db.prepare("SELECT key, name, language FROM file"
                        " WHERE room_key = ? AND removed_at_ms IS NULL ORDER BY name")},
      head_{db.prepare("SELECT last_rev FROM op_run WHERE key BETWEEN ? AND ?"
                       " ORDER BY key DESC LIMIT 1")},
      snapshot_{db.prepare("SELECT key, text, deflated_from_bytes, crc32 FROM snapshot WHERE key BETWEEN ? AND ?"
                           " ORDER BY key DESC LIMIT 1")},
      runs_{db.prepare("SELECT key, last_rev, ops FROM op_run WHERE key BETWEEN"
                       " coalesce((SELECT max(key) FROM op_run WHERE key BETWEEN ? AND ?), ?)"
                       " AND ? ORDER BY key")},
      last_client_edit_{
        db.prepare("SELECT coalesce(max(rev), 0) FROM client_edit WHERE file_key = ?")},
      client_edits_{db.prepare("SELECT client, seq, rev FROM client_edit WHERE file_key = ?")},
      chat_{db.prepare("SELECT n, author, client, client_message_id, text, at_ms FROM chat"
                       " WHERE room_key = ? ORDER BY n DESC LIMIT ?")} {
}

void sqlite_reader::ping() {
  reading_.prepare("SELECT 1 FROM tenant LIMIT 1").step();
}

std::optional<room_record> sqlite_reader::find_room(tenant_key tenant, std::string_view id) {
  const read_transaction moment{reading_};
  room_record room;
  {
    const statement_scope scope{room_};
    if (!room_.bind(tenant).bind_text(id).step())
      return std::nullopt;
    room.key = room_.integer(0);
    room.id = id;
    room.name = room_.text(1);
    room.created_at_ms = room_.integer(2);
    room.epoch = room_.integer(3);
  }
  room.files = files_of(room.key);
  return room;
}

std::vector<file_record> sqlite_reader::files_of(room_key room) {
  std::vector<file_record> files;
  {
    const statement_scope scope{files_};
    files_.bind(room);
    while (files_.step())
      files.push_back({files_.integer(0), std::string{files_.text(1)},
                       std::string{files_.text(2)}, 0});
  }
  for (file_record& file : files)
    file.rev = head_of(file.key);
  return files;
}

ot::revision sqlite_reader::head_of(file_key file) {
  const statement_scope scope{head_};
  head_.bind(log_key(file, 0)).bind(log_key(file + 1, 0) - 1);
  const auto head = head_.step() ? static_cast<ot::revision>(head_.integer(0)) : 0;
  const statement_scope edits{last_client_edit_};
  last_client_edit_.bind(file);
  if (last_client_edit_.step() && static_cast<ot::revision>(last_client_edit_.integer(0)) > head)
    throw store_error{store_error::cause::corrupt, "the log ends before an edit of its clients"};
  return head;
}

snapshot sqlite_reader::snapshot_before(file_key file, ot::revision rev) {
  snapshot found;
  found.file = file;
  const statement_scope scope{snapshot_};
  snapshot_.bind(log_key(file, 0)).bind(log_key(file, rev));
  if (snapshot_.step()) {
    found.rev = static_cast<ot::revision>(snapshot_.integer(0) - log_key(file, 0));
    const auto number = [this](int column) {
      return snapshot_.is_null(column) ? std::nullopt : std::optional{snapshot_.integer(column)};
    };
    found.text = text_of(snapshot_.blob(1), number(2), number(3));
  }
  return found;
}

void sqlite_reader::read_ops(file_key file, ot::revision from, ot::revision to,
                             const op_visitor& visit) {
  if (from >= to)
    return;
  const statement_scope scope{runs_};
  // The row that holds `from + 1` starts there or earlier.
  runs_.bind(log_key(file, 0)).bind(log_key(file, from + 1)).bind(log_key(file, from + 1));
  runs_.bind(log_key(file, to));
  ot::revision next = from + 1;
  while (runs_.step()) {
    const auto first = static_cast<ot::revision>(runs_.integer(0) - log_key(file, 0));
    const auto last = static_cast<ot::revision>(runs_.integer(1));
    std::vector<stored_op> ops = decode_run(runs_.blob(2));
    if (first + ops.size() != last + 1)
      throw store_error{store_error::cause::corrupt, "a run is not as long as its row says"};
    if (next < first)
      throw store_error{store_error::cause::corrupt, "the log has a gap"};
    next = std::max(next, last + 1);
    for (ot::revision rev = first; rev <= std::min(last, to); ++rev)
      if (rev > from && !visit(rev, std::move(ops[rev - first])))
        return;
  }
  if (next <= std::min(to, head_of(file)))
    throw store_error{store_error::cause::corrupt, "the log ends before its head"};
}

loaded_file sqlite_reader::load_file(file_record record) {
  loaded_file file;
  file.base = snapshot_before(record.key, record.rev);
  {
    const statement_scope scope{client_edits_};
    client_edits_.bind(record.key);
    while (client_edits_.step())
      file.base.last[client_from(client_edits_.blob(0))] = {
        static_cast<std::uint64_t>(client_edits_.integer(1)),
        static_cast<ot::revision>(client_edits_.integer(2))};
  }
  read_ops(record.key, file.base.rev, record.rev, [&](ot::revision, stored_op&& entry) {
    file.tail.push_back(std::move(entry));
    return true;
  });
  if (file.base.rev + file.tail.size() != record.rev)
    throw store_error{store_error::cause::corrupt, "the log ends before its head"};
  file.record = std::move(record);
  return file;
}

std::optional<loaded_room> sqlite_reader::load_room(tenant_key tenant, std::string_view id,
                                                    std::size_t chat_messages) {
  const read_transaction moment{reading_};
  auto record = find_room(tenant, id);
  if (!record)
    return std::nullopt;
  loaded_room room;
  for (const file_record& file : record->files)
    room.files.push_back(load_file(file));
  room.chat = latest_chat(record->key, chat_messages);
  room.room = std::move(*record);
  return room;
}

std::vector<version_record> sqlite_reader::versions(tenant_key tenant, std::string_view id) {
  sqlite_statement rows = reading_.prepare(
    "SELECT v.key, v.name, v.author, v.at_ms, f.file_key, f.name, f.rev FROM version v"
    " JOIN room r ON r.key = v.room_key LEFT JOIN version_file f ON f.version_key = v.key"
    " WHERE r.tenant_id = ? AND r.id = ? ORDER BY v.key, f.name");
  rows.bind(tenant).bind_text(id);
  std::vector<version_record> versions;
  std::int64_t last = 0;
  while (rows.step()) {
    if (versions.empty() || rows.integer(0) != last)
      versions.push_back({std::string{rows.text(1)}, std::string{rows.text(2)}, rows.integer(3), {}});
    last = rows.integer(0);
    if (!rows.is_null(4))
      versions.back().files.push_back({rows.integer(4), std::string{rows.text(5)},
                                       static_cast<ot::revision>(rows.integer(6))});
  }
  return versions;
}

std::vector<chat_message> sqlite_reader::latest_chat(room_key room, std::size_t count) {
  std::vector<chat_message> messages;
  const statement_scope scope{chat_};
  chat_.bind(room).bind(static_cast<std::int64_t>(count));
  while (chat_.step())
    messages.push_back({static_cast<std::uint64_t>(chat_.integer(0)), std::string{chat_.text(1)},
                        client_from(chat_.blob(2)), static_cast<std::uint64_t>(chat_.integer(3)),
                        std::string{chat_.text(4)}, chat_.integer(5)});
  std::ranges::reverse(messages);
  return messages;
}

}  // namespace tandem::storage
