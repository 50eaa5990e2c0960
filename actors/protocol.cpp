#include "actors/protocol.hpp"

namespace tandem {

std::string_view to_string(error_code code) noexcept {
  switch (code) {
    case error_code::bad_message: return "bad_message";
    case error_code::bad_op: return "bad_op";
    case error_code::unknown_file: return "unknown_file";
    case error_code::file_exists: return "file_exists";
    case error_code::forbidden: return "forbidden";
    case error_code::rate_limited: return "rate_limited";
    case error_code::too_large: return "too_large";
    case error_code::rebase: return "rebase";
    case error_code::stale: return "stale";
    case error_code::unavailable: return "unavailable";
    case error_code::internal: return "internal";
  }
  return "internal";
}

}  // namespace tandem
