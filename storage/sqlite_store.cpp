#include "storage/sqlite_store.hpp"

#include "storage/checksum.hpp"
#include "storage/migrations.hpp"
#include "storage/op_codec.hpp"
#include "storage/sqlite_keys.hpp"
#include "storage/sqlite_packer.hpp"
#include "storage/sqlite_reader.hpp"
#include "storage/sqlite_sql.hpp"
#include "storage/sqlite_transaction.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <unordered_map>
#include <utility>

namespace tandem::storage {

namespace {

// A checkpoint is due when the WAL has this many pages, and not put off any
// longer at the second figure, even if commits are waiting.
constexpr int checkpoint_pages = 1'000;
constexpr int overdue_checkpoint_pages = 8'000;

class connection_holder {
 protected:
  connection_holder(const std::string& path, sqlite_db::mode how) : db_{path, how} {}
  sqlite_db db_;
};

class separate_reader final : private connection_holder, public sqlite_reader {
 public:
  explicit separate_reader(const std::string& path)
      : connection_holder{path, sqlite_db::mode::read_only}, sqlite_reader{db_} {}
};

struct write_statements {
  explicit write_statements(sqlite_db& db)
      : find_room{db.prepare("SELECT tenant_id, epoch FROM room WHERE key = ?")},
        claim{db.prepare("UPDATE room SET epoch = epoch + 1 WHERE tenant_id = ? AND id = ?"
                         " RETURNING key, epoch")},
        file_exists{db.prepare("SELECT 1 FROM file WHERE key = ? AND room_key = ?")},
        add_run{db.prepare("INSERT INTO op_run (key, tenant_id, last_rev, ops)"
                           " VALUES (?, ?, ?, ?)")},
        add_room{db.prepare("INSERT INTO room (tenant_id, id, name, created_at_ms)"
                            " VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING")},
        add_file{db.prepare("INSERT INTO file (tenant_id, room_key, name, language, created_at_ms)"
                            " VALUES (?, ?, ?, ?, ?)")},
        rename{db.prepare("UPDATE file SET name = ?, language = ? WHERE key = ?")},
        remove{db.prepare("UPDATE file SET removed_at_ms = ? WHERE key = ?")},
        add_snapshot{db.prepare("INSERT OR REPLACE INTO snapshot (key, tenant_id, text, crc32)"
                                " VALUES (?, ?, ?, ?)")},
        note_edit{db.prepare("INSERT INTO client_edit (file_key, client, tenant_id, seq, rev)"
                             " VALUES (?, ?, ?, ?, ?) ON CONFLICT (file_key, client)"
                             " DO UPDATE SET seq = excluded.seq, rev = excluded.rev")},
        add_chat{db.prepare("INSERT INTO chat (room_key, n, tenant_id, author, client,"
                            " client_message_id, text, at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")} {}

  sqlite_statement find_room;
  sqlite_statement claim;
  sqlite_statement file_exists;
  sqlite_statement add_run;
  sqlite_statement add_room;
  sqlite_statement add_file;
  sqlite_statement rename;
  sqlite_statement remove;
  sqlite_statement add_snapshot;
  sqlite_statement note_edit;
  sqlite_statement add_chat;
};

constexpr std::size_t cached_files_max = 100'000;

// How long the WAL is made at the start. A commit that overwrites it is synced
// in less than half the time of one that makes it longer (measured: 0.16 against
// 0.37 ms), and a checkpoint lets it begin anew before it needs more.
constexpr std::int64_t wal_bytes = 5U << 20U;

// The statements need the schema, so migrate() makes them.
class migrated {
 public:
  explicit migrated(sqlite_db& db) : reader{db}, writes{db}, packer{db} {}
  sqlite_reader reader;
  write_statements writes;
  sqlite_packer packer;
};

class sqlite_store final : public store {
 public:
  explicit sqlite_store(std::string path)
      : path_{std::move(path)}, db_{path_, sqlite_db::mode::read_write} {
    sqlite3_wal_hook(
      db_.handle(),
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<sqlite_store*>(self)->wal_pages_ = pages;
        return SQLITE_OK;
      },
      this);
  }

  void migrate() override;
  std::unique_ptr<reader> open_reader() override {
    return std::make_unique<separate_reader>(path_);
  }
  std::optional<room_record> create_room(const new_room& room) override;
  std::optional<version_record> add_version(tenant_key tenant, std::string_view id,
                                            version_record version) override;
  std::optional<room_epoch> claim_room(tenant_key tenant, std::string_view id) override;
  bool remove_room(tenant_key tenant, std::string_view id) override;
  std::vector<write_result> write(std::span<const room_write> group) override;
  void maintain(bool urgent) override;

  std::optional<room_record> find_room(tenant_key tenant, std::string_view id) override {
    return ready().reader.find_room(tenant, id);
  }
  std::optional<loaded_room> load_room(tenant_key tenant, std::string_view id,
                                       std::size_t chat_messages) override {
    return ready().reader.load_room(tenant, id, chat_messages);
  }
  std::vector<version_record> versions(tenant_key tenant, std::string_view id) override {
    return ready().reader.versions(tenant, id);
  }
  snapshot snapshot_before(file_key file, ot::revision rev) override {
    return ready().reader.snapshot_before(file, rev);
  }
  void read_ops(file_key file, ot::revision from, ot::revision to,
                const op_visitor& visit) override {
    ready().reader.read_ops(file, from, to, visit);
  }
  void ping() override { ready().reader.ping(); }
  void look(tenant_key tenant, const sql_task& task) override {
    ready().reader.look(tenant, task);
  }
  std::optional<tenant_key> whose(global_key what, std::string_view key) override {
    return ready().reader.whose(what, key);
  }
  void change(tenant_key, const sql_task& task) override {
    ready();
    transaction whole{db_};
    sqlite_sql runner{db_};
    task(runner);
    whole.commit();
  }
  std::vector<tenant_record> tenants() override {
    std::vector<tenant_record> found;
    look(default_tenant, [&](sql_runner& sql) {
      for (const sql_row& row : sql.run("SELECT id, name FROM tenant ORDER BY id", {}))
        found.push_back({row.integer(0), row.text(1)});
    });
    return found;
  }
  std::optional<tenant_key> add_tenant(std::string_view name) override {
    std::optional<tenant_key> added;
    change(default_tenant, [&](sql_runner& sql) {
      const sql_rows rows = sql.run(
        "INSERT INTO tenant (name) VALUES ($1) ON CONFLICT DO NOTHING RETURNING id", {name});
      if (!rows.empty())
        added = rows[0].integer(0);
    });
    return added;
  }

 private:
  migrated& ready() {
    if (!migrated_)
      throw store_error{store_error::cause::unavailable, "the store was not migrated"};
    return *migrated_;
  }

  std::int64_t schema_version();
  void lengthen_wal();
  struct known_room {
    tenant_key tenant = default_tenant;
    room_epoch epoch = 0;
  };

  const known_room* known(room_key room);
  void forget_cached();
  std::optional<ot::revision> head_of(room_key room, file_key file);
  bool follows_heads(const room_write& write);
  void write_run(tenant_key tenant, file_key file, ot::revision first,
                 std::span<const stored_op> ops);
  file_key write_file(tenant_key tenant, room_key room, const create_file& change);
  void write_change(tenant_key tenant, room_key room, const file_change& change,
                    write_result& result);
  void write_chat(tenant_key tenant, room_key room, const chat_message& message);
  void write_snapshot(tenant_key tenant, const snapshot& taken);
  write_result write_one(const room_write& write);

  std::string path_;
  sqlite_db db_;
  std::optional<migrated> migrated_;
  // Of files and rooms written to lately.
  std::unordered_map<file_key, ot::revision> heads_;
  std::unordered_map<room_key, known_room> rooms_;
  int wal_pages_ = 0;
};

std::int64_t sqlite_store::schema_version() {
  db_.execute("CREATE TABLE IF NOT EXISTS schema_migration ("
              " number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL)");
  sqlite_statement newest = db_.prepare("SELECT coalesce(max(number), 0) FROM schema_migration");
  newest.step();
  return newest.integer(0);
}

void sqlite_store::migrate() {
  const auto migrations = sqlite_migrations();
  {
    transaction whole{db_};
    const std::int64_t version = schema_version();
    if (version > migrations.back().number)
      throw store_error{store_error::cause::unavailable,
                        fmt::format("{} has schema version {}, newer than this program's {}:"
                                    " use a newer tandem",
                                    path_, version, migrations.back().number)};
    for (const migration& one : migrations.subspan(static_cast<std::size_t>(version))) {
      db_.execute(std::string{one.sql});
      db_.prepare("INSERT INTO schema_migration VALUES (?, ?, datetime('now'))")
        .bind(one.number)
        .bind_text(one.name)
        .run();
    }
    whole.commit();
  }
  migrated_.emplace(db_);
  lengthen_wal();
}

// Writes a large value and takes it back, in two transactions: what the second
// frees stays in the database's file for later use.
void sqlite_store::lengthen_wal() {
  std::error_code none;
  const auto length = std::filesystem::file_size(path_ + "-wal", none);
  if (!none && length >= static_cast<std::uintmax_t>(wal_bytes))
    return;
  db_.execute(fmt::format("BEGIN; CREATE TABLE wal_filler (bytes BLOB);"
                          "INSERT INTO wal_filler VALUES (zeroblob({})); COMMIT;"
                          "DROP TABLE wal_filler",
                          wal_bytes));
  maintain(false);
}

std::optional<room_record> sqlite_store::create_room(const new_room& room) {
  write_statements& writes = ready().writes;
  try {
    transaction whole{db_};
    writes.add_room.bind(room.tenant).bind_text(room.id).bind_text(room.name);
    writes.add_room.bind(room.created_at_ms).run();
    if (db_.changed_rows() == 0)
      return std::nullopt;
    const room_key key = db_.last_insert_key();
    for (const create_file& file : room.files)
      write_file(room.tenant, key, file);
    whole.commit();
  } catch (const store_error&) {
    forget_cached();  // the keys of what was rolled back will be used again
    throw;
  }
  return find_room(room.tenant, room.id);
}

bool sqlite_store::remove_room(tenant_key tenant, std::string_view id) {
  transaction whole{db_};
  const auto room = ready().reader.find_room(tenant, id);
  if (!room)
    return false;
  sqlite_statement files = db_.prepare("SELECT key FROM file WHERE room_key = ?");
  files.bind(room->key);
  while (files.step()) {
    const file_key file = files.integer(0);
    for (const char* table : {"op_run", "snapshot"})
      db_.prepare(fmt::format("DELETE FROM {} WHERE key BETWEEN ? AND ?", table))
        .bind(log_key(file, 0))
        .bind(log_key(file + 1, 0) - 1)
        .run();
  }
  files.reset();
  forget_cached();
  db_.prepare("DELETE FROM room WHERE key = ?").bind(room->key).run();
  whole.commit();
  return true;
}

// Null if there is no such room.
const sqlite_store::known_room* sqlite_store::known(room_key room) {
  if (const auto found = rooms_.find(room); found != rooms_.end())
    return &found->second;
  sqlite_statement& find = ready().writes.find_room;
  const statement_scope scope{find};
  if (!find.bind(room).step())
    return nullptr;
  return &(rooms_[room] = {find.integer(0), find.integer(1)});
}

std::optional<version_record> sqlite_store::add_version(tenant_key tenant, std::string_view id,
                                                        version_record version) {
  transaction whole{db_};
  const auto room = ready().reader.find_room(tenant, id);
  if (!room)
    return std::nullopt;
  sqlite_statement add = db_.prepare(
    "INSERT INTO version (tenant_id, room_key, name, author, at_ms) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (room_key, name) DO NOTHING");
  add.bind(tenant).bind(room->key).bind_text(version.name).bind_text(version.author);
  add.bind(version.at_ms).run();
  if (db_.changed_rows() == 0)
    return std::nullopt;
  const std::int64_t key = db_.last_insert_key();
  sqlite_statement add_file = db_.prepare(
    "INSERT INTO version_file (version_key, tenant_id, file_key, name, rev)"
    " VALUES (?, ?, ?, ?, ?)");
  for (const file_record& file : room->files) {
    add_file.bind(key).bind(tenant).bind(file.key).bind_text(file.name);
    add_file.bind(static_cast<std::int64_t>(file.rev)).run();
    version.files.push_back({file.key, file.name, file.rev});
  }
  whole.commit();
  return version;
}

std::optional<room_epoch> sqlite_store::claim_room(tenant_key tenant, std::string_view id) {
  sqlite_statement& claim = ready().writes.claim;
  transaction whole{db_};
  room_epoch epoch = 0;
  {
    const statement_scope scope{claim};
    if (!claim.bind(tenant).bind_text(id).step())
      return std::nullopt;
    rooms_.erase(claim.integer(0));
    epoch = claim.integer(1);
  }
  whole.commit();
  return epoch;
}

void sqlite_store::forget_cached() {
  heads_.clear();
  rooms_.clear();
}

// Nothing if the room has no such file.
std::optional<ot::revision> sqlite_store::head_of(room_key room, file_key file) {
  const auto known = heads_.find(file);
  if (known != heads_.end())
    return known->second;
  sqlite_statement& exists = ready().writes.file_exists;
  const statement_scope scope{exists};
  if (!exists.bind(file).bind(room).step())
    return std::nullopt;
  return heads_[file] = ready().reader.head_of(file);
}

bool sqlite_store::follows_heads(const room_write& write) {
  for (const op_run& run : write.runs) {
    const auto head = head_of(write.room, run.file);
    if (!head || run.ops.empty() || run.first != *head + 1)
      return false;
  }
  return true;
}

void sqlite_store::write_run(tenant_key tenant, file_key file, ot::revision first,
                             std::span<const stored_op> ops) {
  const std::string bytes = encode_run(ops);
  const ot::revision last = first + ops.size() - 1;
  sqlite_statement& add = ready().writes.add_run;
  add.bind(log_key(file, first)).bind(tenant).bind(static_cast<std::int64_t>(last));
  add.bind_blob(bytes).run();
  heads_[file] = last;
}

file_key sqlite_store::write_file(tenant_key tenant, room_key room, const create_file& change) {
  sqlite_statement& add = ready().writes.add_file;
  add.bind(tenant).bind(room).bind_text(change.name).bind_text(change.language);
  add.bind(change.at_ms).run();
  const file_key file = db_.last_insert_key();
  if (!change.first_ops.empty())
    write_run(tenant, file, 1, change.first_ops);
  return file;
}

void sqlite_store::write_change(tenant_key tenant, room_key room, const file_change& change,
                                write_result& result) {
  write_statements& writes = ready().writes;
  if (const auto* created = std::get_if<create_file>(&change)) {
    result.created.push_back(write_file(tenant, room, *created));
  } else if (const auto* renamed = std::get_if<rename_file>(&change)) {
    writes.rename.bind_text(renamed->name).bind_text(renamed->language);
    writes.rename.bind(renamed->file).run();
  } else {
    const auto& removed = std::get<remove_file>(change);
    writes.remove.bind(removed.at_ms).bind(removed.file).run();
  }
}

void sqlite_store::write_chat(tenant_key tenant, room_key room, const chat_message& message) {
  sqlite_statement& add = ready().writes.add_chat;
  add.bind(room).bind(static_cast<std::int64_t>(message.n)).bind(tenant);
  add.bind_text(message.author).bind_blob(as_blob(message.client));
  add.bind(static_cast<std::int64_t>(message.client_message_id)).bind_text(message.text);
  add.bind(message.at_ms).run();
}

void sqlite_store::write_snapshot(tenant_key tenant, const snapshot& taken) {
  write_statements& writes = ready().writes;
  writes.add_snapshot.bind(log_key(taken.file, taken.rev)).bind(tenant);
  writes.add_snapshot.bind_blob(taken.text).bind(crc32_of(taken.text)).run();
  ready().packer.note_snapshot(taken.file);
  for (const auto& [client, last] : taken.last) {
    writes.note_edit.bind(taken.file).bind_blob(as_blob(client)).bind(tenant);
    writes.note_edit.bind(static_cast<std::int64_t>(last.seq));
    writes.note_edit.bind(static_cast<std::int64_t>(last.rev)).run();
  }
}

write_result sqlite_store::write_one(const room_write& write) {
  write_result result;
  const known_room* room = known(write.room);
  if (room == nullptr || room->epoch != write.epoch || !follows_heads(write)) {
    result.result = write_result::verdict::conflict;
    return result;
  }
  const tenant_key tenant = room->tenant;
  for (const op_run& run : write.runs)
    write_run(tenant, run.file, run.first, run.ops);
  for (const file_change& change : write.changes)
    write_change(tenant, write.room, change, result);
  for (const chat_message& message : write.chat)
    write_chat(tenant, write.room, message);
  for (const snapshot& taken : write.snapshots)
    write_snapshot(tenant, taken);
  return result;
}

std::vector<write_result> sqlite_store::write(std::span<const room_write> group) {
  std::vector<write_result> results;
  results.reserve(group.size());
  if (heads_.size() > cached_files_max)
    forget_cached();
  try {
    transaction whole{db_};
    for (const room_write& write : group)
      results.push_back(write_one(write));
    whole.commit();
  } catch (const store_error&) {
    forget_cached();  // they may be ahead of what was written
    throw;
  }
  return results;
}

void sqlite_store::maintain(bool urgent) {
  if (!urgent && migrated_)
    migrated_->packer.pack_one();
  if (wal_pages_ < (urgent ? overdue_checkpoint_pages : checkpoint_pages))
    return;
  // PASSIVE never waits for readers. A failure (a full disk) is the next
  // commit's to report.
  sqlite3_wal_checkpoint_v2(db_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  wal_pages_ = 0;
}

// SQLite takes a file of less than this for a new database, and throws away the
// WAL beside it, with all that is only there.
constexpr std::uintmax_t smallest_database_bytes = 512;

void refuse_remains(const std::string& path) {
  const auto size_of = [](const std::string& file) {
    std::error_code none;
    const std::uintmax_t size = std::filesystem::file_size(file, none);
    return none ? 0 : size;
  };
  const std::uintmax_t size = size_of(path);
  const bool is_new = size == 0 && size_of(path + "-wal") == 0;
  if (is_new || size >= smallest_database_bytes)
    return;
  throw store_error{store_error::cause::corrupt,
                    fmt::format("{} is damaged: it has only {} bytes{}. Bring it back from a"
                                " backup, together with its -wal.",
                                path, size, size == 0 ? ", but a -wal beside it" : "")};
}

}  // namespace

std::unique_ptr<store> open_sqlite_store(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path{path}.parent_path();
  std::error_code error;
  if (!folder.empty())
    std::filesystem::create_directories(folder, error);
  if (error)
    throw store_error{store_error::cause::unavailable,
                      fmt::format("cannot make the folder {}: {}", folder.string(),
                                  error.message())};
  refuse_remains(path);
  return std::make_unique<sqlite_store>(path);
}

}  // namespace tandem::storage
