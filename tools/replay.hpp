// `tandem replay`: an op log rebuilt, checked, printed, written out, or typed
// into a live server.
#pragma once

#include <span>
#include <string_view>

namespace tandem::tools {

// Returns the exit status: 1 if the log is not sound.
int replay(std::span<char* const> given);

inline constexpr std::string_view replay_usage =
  "tandem replay LOG [--file F] [--at REV] [--verify] [--out DIR]\n"
  "       tandem replay LOG --to http://HOST:PORT [--speed X | max] [--clients N]\n";

}  // namespace tandem::tools
