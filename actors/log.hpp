// The server's log: one line an event, `time level text`, on standard error.
// Never source text, tokens or names of people. Thread-safe.
#pragma once

#include <cstdint>
#include <string_view>

namespace tandem {

enum class log_level : std::uint8_t { info, warning, error };

void log(log_level level, std::string_view text);

}  // namespace tandem
