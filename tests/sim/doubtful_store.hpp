// A store that fails now and then, or does not say whether it has written. What
// it was told in doubt may land later.
#pragma once

#include "storage/store.hpp"
#include "tests/sim/sim_clock.hpp"
#include "tests/sim/sim_host.hpp"
#include "tests/sim/sim_random.hpp"

#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem::sim {

class doubtful_store final : public storage::store {
 public:
  doubtful_store(storage::store& kept, sim_clock& clock, sim_random& chance, const troubles& trouble,
                 const sim_host::write_listener& durable)
      : kept_{kept}, clock_{clock}, chance_{chance}, trouble_{trouble}, durable_{durable} {}

  void migrate() override {}
  std::unique_ptr<storage::reader> open_reader() override { return kept_.open_reader(); }
  std::optional<storage::room_record> create_room(const storage::new_room& room) override {
    return kept_.create_room(room);
  }
  bool remove_room(storage::tenant_key tenant, std::string_view id) override {
    return kept_.remove_room(tenant, id);
  }
  std::optional<storage::version_record> add_version(storage::tenant_key tenant,
                                                     std::string_view id,
                                                     storage::version_record version) override {
    return kept_.add_version(tenant, id, std::move(version));
  }
  void maintain(bool) override {}

  std::optional<storage::room_epoch> claim_room(storage::tenant_key tenant,
                                                std::string_view id) override {
    fail_if(trouble_.read_fails, storage::store_error::cause::unavailable);
    return kept_.claim_room(tenant, id);
  }

  std::vector<storage::write_result> write(std::span<const storage::room_write> group) override {
    fail_if(trouble_.write_fails, storage::store_error::cause::unavailable);
    if (chance_.chance(trouble_.outcome_unknown)) {
      leave_in_doubt(group);
      throw storage::store_error{storage::store_error::cause::unknown, "who knows"};
    }
    return write_now(group);
  }

  std::optional<storage::room_record> find_room(storage::tenant_key tenant,
                                                std::string_view id) override {
    return kept_.find_room(tenant, id);
  }
  std::optional<storage::loaded_room> load_room(storage::tenant_key tenant, std::string_view id,
                                                std::size_t chat_messages) override {
    fail_if(trouble_.read_fails, storage::store_error::cause::unavailable);
    return kept_.load_room(tenant, id, chat_messages);
  }
  std::optional<std::string> room_ai_mode(storage::tenant_key tenant,
                                          std::string_view id) override {
    return kept_.room_ai_mode(tenant, id);
  }
  std::vector<storage::version_record> versions(storage::tenant_key tenant,
                                                std::string_view id) override {
    return kept_.versions(tenant, id);
  }
  storage::snapshot snapshot_before(storage::file_key file, ot::revision rev) override {
    return kept_.snapshot_before(file, rev);
  }
  void read_ops(storage::file_key file, ot::revision from, ot::revision to,
                const op_visitor& visit) override {
    fail_if(trouble_.read_fails / 10, storage::store_error::cause::unavailable);
    kept_.read_ops(file, from, to, visit);
  }
  void ping() override {}

 private:
  static constexpr std::int64_t late_us = 20'000;  // the latest that a write in doubt lands

  void fail_if(std::uint64_t of_thousand, storage::store_error::cause why) {
    if (chance_.chance(of_thousand))
      throw storage::store_error{why, "not now"};
  }

  std::vector<storage::write_result> write_now(std::span<const storage::room_write> group) {
    auto results = kept_.write(group);
    for (std::size_t i = 0; i < group.size(); ++i)
      if (results[i].result == storage::write_result::verdict::written && durable_)
        durable_(group[i]);
    return results;
  }

  void leave_in_doubt(std::span<const storage::room_write> group) {
    switch (chance_.below(3)) {
      case 0: write_now(group); break;
      case 1: break;
      case 2:
        clock_.at(clock_.now_us() + static_cast<std::int64_t>(chance_.below(late_us)),
                  [this, late = std::vector(group.begin(), group.end())] { write_now(late); });
    }
  }

  storage::store& kept_;
  sim_clock& clock_;
  sim_random& chance_;
  const troubles& trouble_;
  const sim_host::write_listener& durable_;
};

}  // namespace tandem::sim
