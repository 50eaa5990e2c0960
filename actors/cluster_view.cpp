#include "actors/cluster_view.hpp"

#include <algorithm>

namespace tandem {

namespace {

// FNV-1a, and the finish of MurmurHash3 for ids that differ in few bits.
std::uint64_t weight_of(std::string_view node, std::string_view room) noexcept {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const std::string_view part : {node, std::string_view{"\0", 1}, room})
    for (const char c : part)
      hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  hash = (hash ^ (hash >> 33U)) * 0xff51afd7ed558ccdULL;
  hash = (hash ^ (hash >> 33U)) * 0xc4ceb9fe1a85ec53ULL;
  return hash ^ (hash >> 33U);
}

}  // namespace

const cluster_node* cluster_view::find(std::string_view id) const noexcept {
  const auto found = std::ranges::find(nodes, id, &cluster_node::id);
  return found == nodes.end() ? nullptr : &*found;
}

// By name: a node that is started anew gets its rooms back, and no others.
const std::string& cluster_view::home_of(std::string_view room_id) const noexcept {
  const cluster_node* best = nullptr;
  std::uint64_t best_weight = 0;
  for (const cluster_node& node : nodes) {
    if (node.is_draining)
      continue;
    const std::uint64_t weight = weight_of(node.name, room_id);
    if (best == nullptr || weight > best_weight) {
      best = &node;
      best_weight = weight;
    }
  }
  return best == nullptr ? self : best->id;
}

}  // namespace tandem
