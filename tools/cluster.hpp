// `tandem cluster`: the nodes of a cluster and who has which room, as the store
// has it, and wishes that the nodes then follow. Talks to no node itself.
#pragma once

#include <span>
#include <string_view>

namespace tandem::tools {

// Returns the exit status.
int cluster(std::span<char* const> given);

inline constexpr std::string_view cluster_usage =
  "tandem cluster nodes [--beat-ms N] [--store WHERE]\n"
  "       tandem cluster rooms [--store WHERE]\n"
  "       tandem cluster drain | undrain NODE [--store WHERE]\n"
  "       tandem cluster move ROOM NODE [--store WHERE]\n";

}  // namespace tandem::tools
