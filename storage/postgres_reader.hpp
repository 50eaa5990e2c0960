// The reading half of the PostgreSQL store. Private to storage/: postgres_store
// is one with its own connection, `open_reader` gives one with another.
//
// Whose a file is: every statement runs under the tenant that it is for, and the
// keys of files and rooms do not say which that is. So the reader remembers it
// from the calls that name a room by its tenant, and asks for the rest once
// (tenant_of_file, tenant_of_room). It never changes.
#pragma once

#include "storage/postgres_connection.hpp"
#include "storage/store.hpp"

#include <optional>
#include <string_view>
#include <unordered_map>

namespace tandem::storage {

class postgres_reader : public virtual reader {
 public:
  explicit postgres_reader(postgres_connection& connection) : reading_{connection} {}

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

 protected:
  // Nothing if there is no such room.
  std::optional<tenant_key> tenant_of_room(room_key room);
  void remember(tenant_key tenant, const room_record& room);

 private:
  using moment = postgres_connection::moment;
  using tenants = std::unordered_map<std::int64_t, tenant_key>;

  // Rows of the log one behind the other: `ops` lead to the revisions from
  // `first` on.
  struct page {
    ot::revision first = 1;
    std::vector<stored_op> ops;

    ot::revision last() const noexcept { return first + ops.size() - 1; }
  };

  std::optional<tenant_key> tenant_of(tenants& known, std::int64_t key, const char* statement);
  static std::optional<room_record> find_in(moment& now, std::string_view id, tenant_key tenant);
  static snapshot snapshot_in(moment& now, file_key file, ot::revision rev);
  static page page_in(moment& now, file_key file, ot::revision from, ot::revision to);
  static loaded_file load_file(moment& now, file_record record);
  static std::vector<chat_message> latest_chat(moment& now, room_key room, std::size_t count);

  postgres_connection& reading_;
  tenants tenant_of_file_;
  tenants tenant_of_room_;
};

}  // namespace tandem::storage
