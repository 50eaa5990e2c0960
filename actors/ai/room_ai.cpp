#include "actors/ai/room_ai.hpp"

namespace tandem::ai {

std::optional<std::string> stored_mode(storage::reader& from, storage::tenant_key tenant,
                                       std::string_view room_id) {
  if (!from.find_room(tenant, room_id))
    return std::nullopt;
  return std::string{};
}

}  // namespace tandem::ai
