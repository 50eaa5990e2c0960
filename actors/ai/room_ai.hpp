// What a room says of its AI, in the store. Called on a reading thread.
#pragma once

#include "storage/store.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tandem::ai {

// off, local, on, or empty: the operator's default. Nothing: there is no such room.
// Throws storage::store_error.
std::optional<std::string> stored_mode(storage::reader& from, storage::tenant_key tenant,
                                       std::string_view room_id);

}  // namespace tandem::ai
