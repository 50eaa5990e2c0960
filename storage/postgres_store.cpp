#include "storage/postgres_store.hpp"

#include "storage/postgres_group.hpp"
#include "storage/postgres_packer.hpp"
#include "storage/postgres_reader.hpp"
#include "storage/postgres_schema.hpp"
#include "storage/postgres_sql.hpp"
#include "storage/postgres_values.hpp"

#include <algorithm>
#include <sstream>
#include <utility>

namespace tandem::storage {

namespace {

class connection_holder {
 protected:
  connection_holder(const std::string& url, std::chrono::milliseconds call_deadline)
      : connection_{url, postgres_connection::role::app, call_deadline} {}
  postgres_connection connection_;
};

class separate_reader final : private connection_holder, public postgres_reader {
 public:
  separate_reader(const std::string& url, std::chrono::milliseconds call_deadline)
      : connection_holder{url, call_deadline}, postgres_reader{connection_} {}
};

std::vector<file_key> keys_of(const std::string& list) {
  std::vector<file_key> keys;
  std::istringstream in{list};
  for (std::string one; std::getline(in, one, ',');)
    keys.push_back(std::stoll(one));
  return keys;
}

class postgres_store final : private connection_holder, public postgres_reader, public store {
 public:
  postgres_store(std::string url, postgres_options options)
      : connection_holder{url, options.call_deadline},
        postgres_reader{connection_},
        packer_{connection_},
        url_{std::move(url)},
        options_{std::move(options)} {
    connection_.close_until_migrated();
  }

  void migrate() override {
    migrate_postgres(url_);
    connection_.open_after_migration();
    connection_.tell_doubts(options_.tell, options_.must_be_walled);
  }

  std::unique_ptr<reader> open_reader() override {
    return std::make_unique<separate_reader>(url_, options_.call_deadline);
  }

  std::optional<room_record> create_room(const new_room& room) override;
  bool remove_room(tenant_key tenant, std::string_view id) override;
  std::optional<version_record> add_version(tenant_key tenant, std::string_view id,
                                            version_record version) override;
  std::optional<room_epoch> claim_room(tenant_key tenant, std::string_view id) override;
  room_lease lease_room(tenant_key tenant, std::string_view id, std::string_view node) override;
  void pass_room(tenant_key tenant, std::string_view id, std::string_view from,
                 std::string_view to, room_epoch epoch) override {
    connection_.write("pass_room", tenant, std::string{id}, std::string{from}, std::string{to},
                      epoch);
  }
  void release_room(tenant_key tenant, std::string_view id, std::string_view node,
                    room_epoch epoch) override {
    connection_.write("release_room", tenant, std::string{id}, std::string{node}, epoch);
  }
  std::vector<write_result> write(std::span<const room_write> group) override;
  void change(tenant_key tenant, const sql_task& task) override {
    connection_.change(tenant, [&](pqxx::transaction_base& within) {
      postgres_sql runner{connection_, within};
      task(runner);
    });
  }
  std::vector<tenant_record> tenants() override { return postgres_tenants(url_); }
  std::optional<tenant_key> add_tenant(std::string_view name) override {
    return add_postgres_tenant(url_, std::string{name});
  }
  void maintain(bool urgent) override {
    if (!urgent)
      packer_.pack_one();
  }

 private:
  void note_snapshots(const room_write& write);

  postgres_packer packer_;
  std::string url_;
  postgres_options options_;
};

std::optional<room_record> postgres_store::create_room(const new_room& room) {
  json_rows files;
  std::string bytes;
  for (const create_file& file : room.files)
    add_new_file(files.row(), bytes, file);
  const pqxx::result rows =
    connection_.write("create_room", room.tenant, room.id, as_text(room.name), room.created_at_ms,
                      files.text(), pqxx::binarystring{bytes});
  if (rows.empty())
    return std::nullopt;
  room_record made{integer(rows[0]["room_key"]), room.id, room.name, room.created_at_ms, {}, 0};
  const std::vector<file_key> keys = keys_of(text(rows[0]["file_keys"]));
  for (std::size_t i = 0; i < keys.size(); ++i)
    made.files.push_back({keys[i], room.files[i].name, room.files[i].language,
                          room.files[i].first_ops.size()});
  std::ranges::sort(made.files, {}, &file_record::name);
  remember(room.tenant, made);
  return made;
}

bool postgres_store::remove_room(tenant_key tenant, std::string_view id) {
  return connection_.write_slowly("remove_room", tenant, std::string{id})[0][0].as<bool>();
}

std::optional<version_record> postgres_store::add_version(tenant_key tenant, std::string_view id,
                                                          version_record version) {
  const pqxx::result rows = connection_.write("add_version", tenant, std::string{id},
                                              as_text(version.name), as_text(version.author), version.at_ms);
  if (rows.empty())
    return std::nullopt;
  for (const pqxx::row& row : rows)
    if (!row["kept_file"].is_null())
      version.files.push_back(
        {integer(row["kept_file"]), text(row["kept_name"]), revision(row["kept_rev"])});
  std::ranges::sort(version.files, {}, &version_record::file::name);
  return version;
}

std::optional<room_epoch> postgres_store::claim_room(tenant_key tenant, std::string_view id) {
  const pqxx::result rows = connection_.write("claim_room", tenant, std::string{id});
  if (rows.empty())
    return std::nullopt;
  return integer(rows[0]["new_epoch"]);
}

room_lease postgres_store::lease_room(tenant_key tenant, std::string_view id,
                                      std::string_view node) {
  const pqxx::result rows =
    connection_.write("lease_room", tenant, std::string{id}, std::string{node});
  if (rows.empty())
    return {};
  room_lease answer{{}, text(rows[0]["holder"]), rows[0]["is_buried"].as<bool>()};
  if (!rows[0]["new_epoch"].is_null())
    answer.epoch = integer(rows[0]["new_epoch"]);
  return answer;
}

std::vector<write_result> postgres_store::write(std::span<const room_write> group) {
  if (group.empty())
    return {};
  const append_parameters all =
    append_parameters_of(group, [this](room_key room) { return tenant_of_room(room); });
  const pqxx::result rows = connection_.write(
    "append_group", all.step_tenants.text(), all.rooms.text(), all.epochs.text(),
    all.steps.text(), all.run_writes.text(), all.run_files.text(), all.run_firsts.text(),
    all.run_lasts.text(), all.run_starts.text(), all.run_lengths.text(),
    pqxx::binarystring{all.bytes}, all.changes.text(), all.messages.text(), all.snapshots.text(),
    all.last_edits.text());
  std::vector<write_result> results(group.size());
  for (const pqxx::row& row : rows) {
    write_result& result = results.at(static_cast<std::size_t>(integer(row["write_number"]) - 1));
    if (row["created_file"].is_null())
      result.result = write_result::verdict::conflict;
    else
      result.created.push_back(integer(row["created_file"]));
  }
  for (std::size_t i = 0; i < group.size(); ++i)
    if (results[i].result == write_result::verdict::written)
      note_snapshots(group[i]);
  return results;
}

void postgres_store::note_snapshots(const room_write& write) {
  if (write.snapshots.empty())
    return;
  const auto tenant = tenant_of_room(write.room);
  for (const snapshot& taken : write.snapshots)
    packer_.note_snapshot(*tenant, taken.file);
}

}  // namespace

std::unique_ptr<store> open_postgres_store(const std::string& url, postgres_options options) {
  return std::make_unique<postgres_store>(url, std::move(options));
}

}  // namespace tandem::storage
