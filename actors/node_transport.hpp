// How bytes get from node to node: CAF's BASP over TCP, with mutual TLS where there
// are certificates. BASP itself authenticates nobody, so who listens beyond loopback
// needs them, or says that its network is private (config/).
//
// TLS (libcaf-openssl 0.17.6) checks that a peer's certificate is signed by the
// authority, and no name: the authority must be the cluster's own.
#pragma once

#include "actors/node_interfaces.hpp"

#include <cstdint>
#include <string>

namespace tandem {

struct node_transport {
  std::string host;  // to listen on
  std::uint16_t port = 0;
  std::string certificate;  // files (PEM); empty: no TLS
  std::string key;
  std::string authority;

  bool has_tls() const noexcept { return !certificate.empty(); }
};

// To be called before the actor system is made.
void load_transport(caf::actor_system_config& config, const node_transport& transport,
                    std::int64_t beat_ms);

// Listens. Returns the port. Throws std::runtime_error.
std::uint16_t publish_gateway(const gateway_actor& gateway, const node_transport& transport);

struct dial_result {
  gateway_actor peer;   // none: nobody answers there as LINKS would
  std::string why_not;  // for a person to read
};

// CAF's connect has no deadline and holds up all others, so whoever does not answer at
// all must not be given to this.
dial_result dial_gateway(caf::actor_system& system, const std::string& address, bool has_tls);

}  // namespace tandem
