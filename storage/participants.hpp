// Who made the operations of a run: written once, referred to by place.
#pragma once

#include "storage/bytes.hpp"
#include "storage/records.hpp"

#include <algorithm>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace tandem::storage {

struct participant {
  ot::client_id client;
  std::string_view name;

  friend bool operator==(const participant&, const participant&) = default;
};

inline std::vector<participant> participants_of(std::span<const stored_op> ops) {
  std::vector<participant> all;
  for (const stored_op& entry : ops) {
    const participant one{entry.client, entry.author};
    if (std::ranges::find(all, one) == all.end())
      all.push_back(one);
  }
  return all;
}

// REQUIRES: the entry's maker is among them.
inline std::size_t index_of(const std::vector<participant>& all, const stored_op& entry) {
  return static_cast<std::size_t>(
    std::ranges::find(all, participant{entry.client, entry.author}) - all.begin());
}

inline void write_participants(byte_writer& out, const std::vector<participant>& all) {
  out.number(all.size());
  for (const participant& one : all) {
    out.raw({reinterpret_cast<const char*>(one.client.bytes.data()), one.client.bytes.size()});
    out.text(one.name);
  }
}

// The names view the reader's bytes.
inline std::vector<participant> read_participants(byte_reader& in) {
  std::vector<participant> all(in.count());
  for (participant& one : all) {
    const std::string_view client = in.raw(one.client.bytes.size());
    std::memcpy(one.client.bytes.data(), client.data(), client.size());
    one.name = in.text();
  }
  return all;
}

}  // namespace tandem::storage
