// What a node must know to be one among others. Constant after the start; config/
// fills it.
#pragma once

#include "actors/node_versions.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace tandem {

struct cluster_settings {
  std::string name;
  std::string host;  // to listen on for other nodes; empty: this is the only server
  std::uint16_t port = 0;
  std::string advertised;  // HOST:PORT that they dial; empty: where it listens
  std::uint32_t lease_ms = 3'000;  // a node that is silent for so long has lost its rooms
  std::uint32_t beat_ms = 500;
  std::string certificate;  // files (PEM); empty: no TLS
  std::string key;
  std::string authority;
  spoken_versions speaks{};  // tests say others

  bool is_wanted() const noexcept { return !host.empty(); }
};

}  // namespace tandem
