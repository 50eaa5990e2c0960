// Which nodes there are, as this one sees it, and which of them should have a
// room. A value; a new one is made whenever something changes (membership.hpp).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tandem {

struct cluster_node {
  std::string id;  // of one run of the node
  std::string name;
  std::string address;  // HOST:PORT for the other nodes
  bool is_draining = false;

  friend bool operator==(const cluster_node&, const cluster_node&) = default;
};

struct cluster_view {
  std::string self;  // this node's id; another after it was buried
  // Whether this node's own lease is good. If not it serves no room.
  bool is_in_touch = false;
  std::vector<cluster_node> nodes;  // that live and can be spoken with, this one too

  const cluster_node* find(std::string_view id) const noexcept;

  // Rendezvous hashing (Thaler, Ravishankar 1998) over the nodes that take rooms:
  // when one goes only its rooms move, when one comes only those that it gets.
  // O(nodes). This node, if nobody takes rooms.
  const std::string& home_of(std::string_view room_id) const noexcept;

  friend bool operator==(const cluster_view&, const cluster_view&) = default;
};

}  // namespace tandem
