// The names that tie an edit to its maker. Plain values.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>

namespace tandem::ot {

// A file's revision r is its text after r operations.
using revision = std::uint64_t;

// One connection's place in a room; what other clients know a peer by.
using site_id = std::uint32_t;

// A one-way digest of a client's private name. (client_id, seq) names an edit
// for ever.
struct client_id {
  std::array<std::uint8_t, 16> bytes{};

  friend auto operator<=>(const client_id&, const client_id&) = default;
};

struct client_id_hash {
  std::size_t operator()(const client_id& id) const noexcept {
    std::size_t value = 0;  // the bytes are a digest already
    std::memcpy(&value, id.bytes.data(), sizeof value);
    return value;
  }
};

}  // namespace tandem::ot
