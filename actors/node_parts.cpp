// Long messages between nodes, in parts. Part of node_interfaces.
#include "actors/node_codec.hpp"
#include "actors/node_interfaces.hpp"

#include <algorithm>
#include <utility>

namespace tandem {

namespace {

constexpr std::size_t part_bytes = std::size_t{256} << 10U;
// A file's text, with room for its frame.
constexpr std::size_t message_bytes_max = std::size_t{64} << 20U;

}  // namespace

void send_on_route(const link_end& through, std::uint64_t route, std::uint8_t flags,
                   const std::string& bytes, cluster_counters& counters) {
  through.sent->fetch_add(bytes.size(), std::memory_order_relaxed);
  counters.bytes_sent.fetch_add(bytes.size(), std::memory_order_relaxed);
  std::size_t sent = 0;
  do {
    const std::size_t count = std::min(part_bytes, bytes.size() - sent);
    const bool is_last = sent + count == bytes.size();
    caf::anon_send(through.peer, node_bytes{through.number, route,
                                    static_cast<std::uint8_t>(
                                      flags | (is_last ? 0 : node_bytes::has_more)),
                                    bytes.substr(sent, count)});
    sent += count;
  } while (sent < bytes.size());
}

bool part_gatherer::add(node_bytes& part) {
  const bool is_first = !is_open_;
  is_open_ = (part.flags & node_bytes::has_more) != 0;
  if (is_first)
    whole_ = std::move(part.bytes);
  else if (whole_.size() + part.bytes.size() > message_bytes_max)
    throw bad_node_message{"a message is too long"};
  else
    whole_ += part.bytes;
  return !is_open_;
}

}  // namespace tandem
