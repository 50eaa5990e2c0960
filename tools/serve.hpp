// `tandem serve`: the server, from its settings to its last flush.
#pragma once

#include <span>
#include <string_view>

namespace tandem::tools {

// Returns the exit status.
int serve(std::span<char* const> arguments);

inline constexpr std::string_view serve_usage =
  "tandem serve [--listen ADDRESS:PORT] [--store sqlite:PATH | postgresql://… | memory:]\n"
  "             [--config FILE]\n"
  "             [--cluster-listen HOST:PORT --node-name NAME [--cluster-advertise HOST:PORT]]\n";

}  // namespace tandem::tools
