// A store in memory that fails as it is told to, and counts what it is asked; so do
// its readers, on their own threads.
#pragma once

#include "storage/memory_store.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem::test {

// Does something before it reads a room's mode.
class scripted_reader final : public storage::reader {
 public:
  scripted_reader(std::unique_ptr<storage::reader> kept, std::function<void()> before_mode)
      : kept_{std::move(kept)}, before_mode_{std::move(before_mode)} {}

  std::optional<std::string> room_ai_mode(storage::tenant_key tenant,
                                          std::string_view id) override {
    before_mode_();
    return kept_->room_ai_mode(tenant, id);
  }

  // ---- passed on ----

  std::optional<storage::room_record> find_room(storage::tenant_key tenant,
                                                std::string_view id) override {
    return kept_->find_room(tenant, id);
  }
  std::optional<storage::loaded_room> load_room(storage::tenant_key tenant, std::string_view id,
                                                std::size_t chat_messages) override {
    return kept_->load_room(tenant, id, chat_messages);
  }
  std::vector<storage::version_record> versions(storage::tenant_key tenant,
                                                std::string_view id) override {
    return kept_->versions(tenant, id);
  }
  storage::snapshot snapshot_before(storage::file_key file, ot::revision rev) override {
    return kept_->snapshot_before(file, rev);
  }
  void read_ops(storage::file_key file, ot::revision from, ot::revision to,
                const op_visitor& visit) override {
    kept_->read_ops(file, from, to, visit);
  }
  void ping() override { kept_->ping(); }

 private:
  std::unique_ptr<storage::reader> kept_;
  std::function<void()> before_mode_;
};

class scripted_store final : public storage::store {
 public:
  // Of a group that is to be written. The last three leave the writer in doubt.
  enum class fate : std::uint8_t { written, failed, lost, kept, kept_later };

  // ---- the script ----

  std::function<fate()> fate_of_write = [] { return fate::written; };
  std::function<bool()> read_fails = [] { return false; };
  // Called by a reader, before it reads a room's mode; may throw a store_error.
  std::function<void()> before_mode = [] {};
  // Called behind every write, in the moment it is durable.
  std::function<void(const storage::room_write&)> on_durable = [](const storage::room_write&) {};

  // What was `kept_later` reaches the disk.
  void write_late() {
    for (const auto& group : std::exchange(late_, {}))
      write_now(group);
  }

  std::uint64_t writes_tried = 0;
  std::uint64_t claims_tried = 0;

  // Of a cluster's: who has every room, if somebody else; and what was let go of.
  std::string lease_holder;
  std::uint64_t leases_tried = 0;
  std::vector<std::string> let_go;  // ROOM, or ROOM to NODE

  // ---- what actors ask ----

  std::optional<storage::room_epoch> claim_room(storage::tenant_key tenant,
                                                std::string_view id) override {
    ++claims_tried;
    fail_if(read_fails());
    return kept_->claim_room(tenant, id);
  }

  storage::room_lease lease_room(storage::tenant_key tenant, std::string_view id,
                                 std::string_view) override {
    ++leases_tried;
    fail_if(read_fails());
    if (!lease_holder.empty())
      return {{}, lease_holder, false};
    return {kept_->claim_room(tenant, id), {}, false};
  }

  void release_room(storage::tenant_key, std::string_view id, std::string_view,
                    storage::room_epoch) override {
    let_go.emplace_back(id);
  }

  void pass_room(storage::tenant_key, std::string_view id, std::string_view,
                 std::string_view to, storage::room_epoch) override {
    let_go.push_back(std::string{id} + " to " + std::string{to});
  }

  std::vector<storage::write_result> write(std::span<const storage::room_write> group) override {
    ++writes_tried;
    switch (fate_of_write()) {
      case fate::written: return write_now(group);
      case fate::failed: fail_if(true); break;
      case fate::lost: break;
      case fate::kept: write_now(group); break;
      case fate::kept_later: late_.emplace_back(group.begin(), group.end()); break;
    }
    throw storage::store_error{storage::store_error::cause::unknown, "who knows"};
  }

  std::optional<storage::loaded_room> load_room(storage::tenant_key tenant, std::string_view id,
                                                std::size_t chat_messages) override {
    fail_if(read_fails());
    return kept_->load_room(tenant, id, chat_messages);
  }

  void read_ops(storage::file_key file, ot::revision from, ot::revision to,
                const op_visitor& visit) override {
    fail_if(read_fails());
    kept_->read_ops(file, from, to, visit);
  }

  // ---- passed on ----

  void migrate() override { kept_->migrate(); }
  std::unique_ptr<storage::reader> open_reader() override {
    return std::make_unique<scripted_reader>(kept_->open_reader(), before_mode);
  }
  std::optional<storage::room_record> create_room(const storage::new_room& room) override {
    return kept_->create_room(room);
  }
  bool remove_room(storage::tenant_key tenant, std::string_view id) override {
    return kept_->remove_room(tenant, id);
  }
  std::optional<storage::version_record> add_version(storage::tenant_key tenant,
                                                     std::string_view id,
                                                     storage::version_record version) override {
    return kept_->add_version(tenant, id, std::move(version));
  }
  void maintain(bool urgent) override { kept_->maintain(urgent); }
  std::optional<storage::room_record> find_room(storage::tenant_key tenant,
                                                std::string_view id) override {
    return kept_->find_room(tenant, id);
  }
  std::optional<std::string> room_ai_mode(storage::tenant_key tenant,
                                          std::string_view id) override {
    return kept_->room_ai_mode(tenant, id);
  }
  std::vector<storage::version_record> versions(storage::tenant_key tenant,
                                                std::string_view id) override {
    return kept_->versions(tenant, id);
  }
  storage::snapshot snapshot_before(storage::file_key file, ot::revision rev) override {
    return kept_->snapshot_before(file, rev);
  }
  void ping() override { kept_->ping(); }

 private:
  static void fail_if(bool fails) {
    if (fails)
      throw storage::store_error{storage::store_error::cause::unavailable, "not now"};
  }

  std::vector<storage::write_result> write_now(std::span<const storage::room_write> group) {
    auto results = kept_->write(group);
    for (std::size_t i = 0; i < group.size(); ++i)
      if (results[i].result == storage::write_result::verdict::written)
        on_durable(group[i]);
    return results;
  }

  std::unique_ptr<storage::store> kept_ = storage::make_memory_store();
  std::vector<std::vector<storage::room_write>> late_;
};

}  // namespace tandem::test
