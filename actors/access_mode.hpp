// Whether there are accounts. Constant after the start.
#pragma once

#include <cstdint>

namespace tandem {

enum class access_mode : std::uint8_t {
  open,      // no accounts: whoever has a room's link may do everything in it
  accounts,
};

}  // namespace tandem
