// The versions of what nodes say to each other (node_messages.hpp), and which of them
// two nodes speak. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

namespace tandem {

// The versions that this program speaks. A change that a
// neighbour would misread raises `node_protocol_newest`; `oldest` follows one
// release later, so that two neighbouring releases work side by side: with each node
// the newest is spoken that both know, in both directions.
inline constexpr std::uint32_t node_protocol_oldest = 1;
inline constexpr std::uint32_t node_protocol_newest = 2;

// What a version brought, from it on: receipts for what was read on a link; what a chat
// message's sender calls it.
inline constexpr std::uint32_t receipts_since = 2;
inline constexpr std::uint32_t chat_ids_since = 2;

struct spoken_versions {
  std::uint32_t oldest = node_protocol_oldest;
  std::uint32_t newest = node_protocol_newest;
};

// None: there is no version that both speak.
constexpr std::optional<std::uint32_t> agreed_version(const spoken_versions& ours,
                                                      std::uint64_t peer_oldest,
                                                      std::uint64_t peer_newest) noexcept {
  if (peer_oldest > ours.newest || peer_newest < ours.oldest)
    return std::nullopt;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(ours.newest, peer_newest));
}

}  // namespace tandem
