// The reading half of the SQLite store. Private to storage/: sqlite_store is
// one with a writing connection, `open_reader` gives one with its own.
#pragma once

#include "storage/sqlite_db.hpp"
#include "storage/sqlite_keys.hpp"
#include "storage/store.hpp"

#include <string>
#include <string_view>

namespace tandem::storage {

class sqlite_reader : public reader {
 public:
  explicit sqlite_reader(sqlite_db& db);

  std::optional<room_record> find_room(tenant_key tenant, std::string_view id) override;
  std::optional<loaded_room> load_room(tenant_key tenant, std::string_view id,
                                       std::size_t chat_messages) override;
  std::vector<version_record> versions(tenant_key tenant, std::string_view id) override;
  snapshot snapshot_before(file_key file, ot::revision rev) override;
  void read_ops(file_key file, ot::revision from, ot::revision to,
                const op_visitor& visit) override;
  void ping() override;
  void look(tenant_key tenant, const sql_task& task) override;
  std::optional<tenant_key> whose(global_key what, std::string_view key) override;

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
  sqlite_statement last_client_edit_;
  sqlite_statement client_edits_;
  sqlite_statement chat_;
};

}  // namespace tandem::storage
