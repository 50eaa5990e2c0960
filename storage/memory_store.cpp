#include "storage/memory_store.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

namespace tandem::storage {

namespace {

struct kept_file {
  room_key room = 0;
  file_record record;
  bool removed = false;
  std::vector<stored_op> ops;  // revision r is at r - 1
  std::map<ot::revision, std::string> snapshots;
  ot::last_edits last;  // as of the latest snapshot
};

struct kept_room {
  tenant_key tenant = default_tenant;
  room_record record;
  std::vector<chat_message> chat;
  std::vector<version_record> versions;
};

struct kept_data {
  std::mutex mutex;
  std::map<room_key, kept_room> rooms;
  std::map<file_key, kept_file> files;
  room_key next_room = 1;
  file_key next_file = 1;
};

using data_ptr = std::shared_ptr<kept_data>;

class memory_reader : public virtual reader {
 public:
  explicit memory_reader(data_ptr data) : data_{std::move(data)} {}

  std::optional<room_record> find_room(tenant_key tenant, std::string_view id) override {
    const std::lock_guard lock{data_->mutex};
    const kept_room* room = lookup(tenant, id);
    if (room == nullptr)
      return std::nullopt;
    return with_files(*room);
  }

  std::optional<loaded_room> load_room(tenant_key tenant, std::string_view id,
                                       std::size_t chat_messages) override {
    const std::lock_guard lock{data_->mutex};
    const kept_room* room = lookup(tenant, id);
    if (room == nullptr)
      return std::nullopt;
    loaded_room loaded;
    loaded.room = with_files(*room);
    for (const file_record& record : loaded.room.files)
      loaded.files.push_back(load(data_->files.at(record.key), record));
    const std::size_t skipped = room->chat.size() - std::min(room->chat.size(), chat_messages);
    loaded.chat.assign(room->chat.begin() + static_cast<std::ptrdiff_t>(skipped),
                       room->chat.end());
    return loaded;
  }

  std::vector<version_record> versions(tenant_key tenant, std::string_view id) override {
    const std::lock_guard lock{data_->mutex};
    const kept_room* room = lookup(tenant, id);
    return room == nullptr ? std::vector<version_record>{} : room->versions;
  }

  // Nothing can be set here, so that each room has the operator's default.
  std::optional<std::string> room_ai_mode(tenant_key tenant, std::string_view id) override {
    return lookup(tenant, id) != nullptr ? std::optional{std::string{}} : std::nullopt;
  }

  std::int64_t count_rooms(tenant_key tenant, std::int64_t max) override {
    const std::lock_guard lock{data_->mutex};
    return std::min<std::int64_t>(max, std::ranges::count_if(data_->rooms, [&](const auto& entry) {
                                    return entry.second.tenant == tenant;
                                  }));
  }

  snapshot snapshot_before(file_key file, ot::revision rev) override {
    const std::lock_guard lock{data_->mutex};
    snapshot found;
    found.file = file;
    const auto kept = data_->files.find(file);
    if (kept == data_->files.end())
      return found;
    auto next = kept->second.snapshots.upper_bound(rev);
    if (next != kept->second.snapshots.begin()) {
      --next;
      found.rev = next->first;
      found.text = next->second;
    }
    return found;
  }

  void read_ops(file_key file, ot::revision from, ot::revision to,
                const op_visitor& visit) override {
    const std::lock_guard lock{data_->mutex};
    const auto kept = data_->files.find(file);
    if (kept == data_->files.end() || from >= to)
      return;
    const std::vector<stored_op>& ops = kept->second.ops;
    for (ot::revision rev = from + 1; rev <= std::min<ot::revision>(to, ops.size()); ++rev)
      if (!visit(rev, stored_op{ops[rev - 1]}))
        return;
  }

  void ping() override {}

 protected:
  kept_room* lookup(tenant_key tenant, std::string_view id) const {
    for (auto& [key, room] : data_->rooms)
      if (room.tenant == tenant && room.record.id == id)
        return &room;
    return nullptr;
  }

  room_record with_files(const kept_room& room) const {
    room_record record = room.record;
    for (const auto& [key, file] : data_->files) {
      if (file.room != record.key || file.removed)
        continue;
      record.files.push_back(file.record);
      record.files.back().rev = file.ops.size();
    }
    std::ranges::sort(record.files, {}, &file_record::name);
    return record;
  }

  static loaded_file load(const kept_file& kept, const file_record& record) {
    loaded_file file;
    file.record = record;
    file.base.file = record.key;
    file.base.last = kept.last;
    if (!kept.snapshots.empty()) {
      file.base.rev = kept.snapshots.rbegin()->first;
      file.base.text = kept.snapshots.rbegin()->second;
    }
    file.tail.assign(kept.ops.begin() + static_cast<std::ptrdiff_t>(file.base.rev),
                     kept.ops.end());
    return file;
  }

  data_ptr data_;
};

class memory_store final : public memory_reader, public store {
 public:
  memory_store() : memory_reader{std::make_shared<kept_data>()} {}

  void migrate() override {}

  std::unique_ptr<reader> open_reader() override {
    return std::make_unique<memory_reader>(data_);
  }

  std::optional<room_record> create_room(const new_room& room) override {
    {
      const std::lock_guard lock{data_->mutex};
      for (const auto& [key, other] : data_->rooms)
        if (other.record.id == room.id)
          return std::nullopt;
      const room_key key = data_->next_room++;
      data_->rooms[key] = {room.tenant, {key, room.id, room.name, room.created_at_ms, {}}, {}, {}};
      for (const create_file& file : room.files)
        add_file(key, file);
    }
    return find_room(room.tenant, room.id);
  }

  bool remove_room(tenant_key tenant, std::string_view id) override {
    const std::lock_guard lock{data_->mutex};
    const kept_room* room = lookup(tenant, id);
    if (room == nullptr)
      return false;
    const room_key key = room->record.key;
    std::erase_if(data_->files, [&](const auto& entry) { return entry.second.room == key; });
    data_->rooms.erase(key);
    return true;
  }

  std::optional<version_record> add_version(tenant_key tenant, std::string_view id,
                                            version_record version) override {
    const std::lock_guard lock{data_->mutex};
    kept_room* room = lookup(tenant, id);
    if (room == nullptr
        || std::ranges::find(room->versions, version.name, &version_record::name)
             != room->versions.end())
      return std::nullopt;
    for (const file_record& file : with_files(*room).files)
      version.files.push_back({file.key, file.name, file.rev});
    room->versions.push_back(version);
    return version;
  }

  std::optional<room_epoch> claim_room(tenant_key tenant, std::string_view id) override {
    const std::lock_guard lock{data_->mutex};
    kept_room* room = lookup(tenant, id);
    if (room == nullptr)
      return std::nullopt;
    return ++room->record.epoch;
  }

  std::vector<write_result> write(std::span<const room_write> group) override {
    const std::lock_guard lock{data_->mutex};
    std::vector<write_result> results;
    for (const room_write& write : group)
      results.push_back(write_one(write));
    return results;
  }

  void maintain(bool) override {}

 private:
  file_key add_file(room_key room, const create_file& change) {
    const file_key key = data_->next_file++;
    kept_file file;
    file.room = room;
    file.record = {key, change.name, change.language, 0};
    file.ops = change.first_ops;
    data_->files[key] = std::move(file);
    return key;
  }

  bool follows_heads(const room_write& write) const {
    return std::ranges::all_of(write.runs, [&](const op_run& run) {
      const auto file = data_->files.find(run.file);
      return file != data_->files.end() && !run.ops.empty()
             && run.first == file->second.ops.size() + 1;
    });
  }

  write_result write_one(const room_write& write) {
    write_result result;
    const auto room = data_->rooms.find(write.room);
    if (room == data_->rooms.end() || room->second.record.epoch != write.epoch
        || !follows_heads(write)) {
      result.result = write_result::verdict::conflict;
      return result;
    }
    for (const op_run& run : write.runs) {
      std::vector<stored_op>& ops = data_->files.at(run.file).ops;
      ops.insert(ops.end(), run.ops.begin(), run.ops.end());
    }
    for (const file_change& change : write.changes)
      apply_change(write.room, change, result);
    room->second.chat.insert(room->second.chat.end(), write.chat.begin(), write.chat.end());
    for (const snapshot& taken : write.snapshots) {
      kept_file& file = data_->files.at(taken.file);
      file.snapshots[taken.rev] = taken.text;
      for (const auto& [client, last] : taken.last)
        file.last[client] = last;
    }
    return result;
  }

  void apply_change(room_key room, const file_change& change, write_result& result) {
    if (const auto* created = std::get_if<create_file>(&change)) {
      result.created.push_back(add_file(room, *created));
    } else if (const auto* renamed = std::get_if<rename_file>(&change)) {
      file_record& record = data_->files.at(renamed->file).record;
      record.name = renamed->name;
      record.language = renamed->language;
    } else {
      data_->files.at(std::get<remove_file>(change).file).removed = true;
    }
  }
};

}  // namespace

std::unique_ptr<store> make_memory_store() {
  return std::make_unique<memory_store>();
}

}  // namespace tandem::storage
