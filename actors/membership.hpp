// Which nodes live and whether this one's lease is good, from what its beats bring
// back. Pure: times are this machine's steady clock, in microseconds; no other clock
// is read, so none can jump. Owned by cluster_keeper.
//
// A node is live while its beat moves. Who has watched it stand still for a whole
// lease may bury it. A node trusts its own lease for less than that, counted from
// before the beat was sent: it stops before anybody may take its rooms.
//
// Invariants
//  1. A node that beats at least every `lease - margin` is never buried by a node
//     that watches it.
//  2. is_in_touch(t) is false before any other node may have buried this one.
#pragma once

#include "actors/cluster_view.hpp"
#include "actors/node_versions.hpp"
#include "storage/cluster_registry.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tandem {

// Whether there is a version of the protocol between nodes that both speak.
bool speaks_with(const spoken_versions& ours, const storage::node_record& node) noexcept;

class membership {
 public:
  explicit membership(std::int64_t lease_us, const spoken_versions& speaks = {})
      : lease_us_{lease_us}, speaks_{speaks} {}

  // This node is in the table, under this id, since a call that began at `began_us`.
  void entered(std::string id, std::int64_t began_us);

  // A beat that was sent at `sent_us` brought these nodes back at `now_us`.
  // After a pause in which this node could not look, the others are watched anew.
  void beaten(const std::vector<storage::node_record>& all, std::int64_t sent_us,
              std::int64_t now_us);

  bool is_in_touch(std::int64_t now_us) const noexcept;
  cluster_view view(std::int64_t now_us) const;
  const std::string& id() const noexcept { return id_; }
  // Whether this node was, at its last beat.
  bool is_draining() const noexcept { return is_draining_; }

  // Nodes whose beat has stood still for a lease, and at which beat.
  struct silent_node {
    std::string id;
    std::int64_t beat = 0;
  };
  std::vector<silent_node> silent(std::int64_t now_us) const;

 private:
  struct watched {
    storage::node_record record;
    std::int64_t moved_us = 0;  // when its beat was first seen as it is
  };

  std::int64_t lease_us_;
  spoken_versions speaks_;
  std::string id_;
  std::int64_t renewed_us_ = 0;
  std::int64_t looked_us_ = 0;
  bool has_entered_ = false;
  bool is_draining_ = false;
  std::map<std::string, watched> nodes_;
};

}  // namespace tandem
