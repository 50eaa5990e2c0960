#include "actors/membership.hpp"

#include <utility>

namespace tandem {

bool speaks_with(const spoken_versions& ours, const storage::node_record& node) noexcept {
  return node.speaks_from >= 0 && node.speaks_to >= 0
         && agreed_version(ours, static_cast<std::uint64_t>(node.speaks_from),
                           static_cast<std::uint64_t>(node.speaks_to))
              .has_value();
}

void membership::entered(std::string id, std::int64_t began_us) {
  id_ = std::move(id);
  renewed_us_ = began_us;
  has_entered_ = true;
}

void membership::beaten(const std::vector<storage::node_record>& all, std::int64_t sent_us,
                        std::int64_t now_us) {
  const bool has_looked_away = now_us - looked_us_ > lease_us_ / 2;
  looked_us_ = now_us;
  renewed_us_ = sent_us;
  std::map<std::string, watched> seen;
  for (const storage::node_record& record : all) {
    const auto before = nodes_.find(record.id);
    const bool has_moved = has_looked_away || before == nodes_.end()
                           || before->second.record.beat != record.beat;
    seen[record.id] = {record, has_moved ? now_us : before->second.moved_us};
  }
  nodes_ = std::move(seen);
  if (const auto self = nodes_.find(id_); self != nodes_.end())
    is_draining_ = self->second.record.is_draining;
}

// Two thirds: the last third is for clocks that run apart, and for what this node
// has begun before it looks again.
bool membership::is_in_touch(std::int64_t now_us) const noexcept {
  return has_entered_ && now_us - renewed_us_ < lease_us_ / 3 * 2;
}

cluster_view membership::view(std::int64_t now_us) const {
  cluster_view view{id_, is_in_touch(now_us), {}};
  for (const auto& [id, node] : nodes_)
    if (speaks_with(speaks_, node.record))
      view.nodes.push_back({id, node.record.name, node.record.address, node.record.is_draining});
  return view;
}

std::vector<membership::silent_node> membership::silent(std::int64_t now_us) const {
  std::vector<silent_node> found;
  for (const auto& [id, node] : nodes_)
    if (id != id_ && now_us - node.moved_us > lease_us_)
      found.push_back({id, node.record.beat});
  return found;
}

}  // namespace tandem
