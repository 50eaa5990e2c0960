// The reading half of the SQLite store. Private to storage/: sqlite_store is
// one with a writing connection, `open_reader` gives one with its own.
#pragma once

#include "storage/sqlite_db.hpp"
#include "storage/store.hpp"

#include <string>
#include <string_view>

namespace tandem::storage {

// The log's clustering key: a file's rows lie side by side, in order.
inline constexpr std::int64_t revisions_per_file = std::int64_t{1} << 32;

// A revision that no file can have is the last one that it could have.
inline std::int64_t log_key(file_key file, ot::revision rev) noexcept {
  constexpr ot::revision last = revisions_per_file - 1;
  return file * revisions_per_file + static_cast<std::int64_t>(rev < last ? rev : last);
}

inline std::string_view as_blob(const ot::client_id& client) noexcept {
  return {reinterpret_cast<const char*>(client.bytes.data()), client.bytes.size()};
}

class sqlite_reader : public reader {
 public:
  explicit sqlite_reader(sqlite_db& db);

  std::optional<room_record> find_room(tenant_key tenant, std::string_view id) override;
  std::optional<loaded_room> load_room(tenant_key tenant, std::string_view id,
                                       std::size_t chat_messages) override;
  snapshot snapshot_before(file_key file, ot::revision rev) override;
  void read_ops(file_key file, ot::revision from, ot::revision to,
                const op_visitor& visit) override;
  void ping() override;

  // The file's last revision, 0 if nothing was written to it.
  ot::revision head_of(file_key file);

 private:
  std::vector<file_record> files_of(room_key room);
  loaded_file load_file(file_record record);
  std::vector<chat_message> latest_chat(room_key room, std::size_t count);

  sqlite_db& reading_;
  sqlite_statement room_;
  sqlite_statement files_;
  sqlite_statement head_;
  sqlite_statement snapshot_;
  sqlite_statement runs_;
  sqlite_statement client_edits_;
  sqlite_statement chat_;
};

}  // namespace tandem::storage
