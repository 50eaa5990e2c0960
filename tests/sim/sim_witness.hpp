// Watches a simulated server from outside: what has become durable, and that
// nothing is told before.
#pragma once

#include "storage/store.hpp"
#include "tests/sim/sim_wire.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace tandem::sim {

class sim_witness {
 public:
  sim_witness(storage::store& kept, std::string room_id);

  // The store has just taken a write.
  void on_durable(const storage::room_write& write);
  // This goes to a client now.
  void on_told(const said& message);

  std::uint64_t told_too_early() const noexcept { return told_too_early_; }
  // Every file that the room has ever had.
  const std::map<storage::file_key, ot::revision>& files() const noexcept { return heads_; }

 private:
  void look();
  void note_head(storage::file_key key, const std::string& name, ot::revision rev);

  storage::store& kept_;
  std::string room_id_;
  std::map<storage::file_key, ot::revision> heads_;
  std::map<storage::file_key, std::string> names_;  // the latest
  // A name may stand for several files in the course of time: the furthest.
  std::map<std::string, ot::revision> heads_by_name_;
  std::uint64_t chats_ = 0;
  std::uint64_t told_too_early_ = 0;
};

}  // namespace tandem::sim
