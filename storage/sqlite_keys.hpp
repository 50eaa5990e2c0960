// How the SQLite store names its rows.
#pragma once

#include "storage/records.hpp"

#include <cstdint>
#include <string_view>

namespace tandem::storage {

// The log's clustering key: a file's rows lie side by side, in order.
inline constexpr std::int64_t revisions_per_file = std::int64_t{1} << 32;

// A revision that no file can have is the last one that it could have.
inline std::int64_t log_key(file_key file, ot::revision rev) noexcept {
  constexpr ot::revision last = revisions_per_file - 1;
  return file * revisions_per_file + static_cast<std::int64_t>(rev < last ? rev : last);
}

inline std::string_view as_blob(const ot::client_id& client) noexcept {
  return {reinterpret_cast<const char*>(client.bytes.data()), client.bytes.size()};
}

}  // namespace tandem::storage
