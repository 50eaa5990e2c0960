#include "actors/node_transport.hpp"

#include <caf/io/all.hpp>
#include <caf/openssl/all.hpp>

#include <chrono>
#include <stdexcept>
#include <utility>

namespace tandem {

namespace {

// Beats without an answer before a link counts as lost.
constexpr std::int64_t beats_missed = 4;

struct host_and_port {
  std::string host;
  std::string port;
};

host_and_port parts_of(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  return {host, colon == std::string::npos ? std::string{} : address.substr(colon + 1)};
}

}  // namespace

void load_transport(caf::actor_system_config& config, const node_transport& transport,
                    std::int64_t beat_ms) {
  config.add_message_type<node_bytes>("tandem.node_bytes");
  config.load<caf::io::middleman>();
  config.set("middleman.heartbeat-interval", caf::timespan{std::chrono::milliseconds{beat_ms}});
  config.set("middleman.connection-timeout",
             caf::timespan{std::chrono::milliseconds{beat_ms * beats_missed}});
  if (!transport.has_tls())
    return;
  config.load<caf::openssl::manager>();
  config.set("openssl.certificate", transport.certificate);
  config.set("openssl.key", transport.key);
  config.set("openssl.cafile", transport.authority);
  config.openssl_certificate = transport.certificate;
  config.openssl_key = transport.key;
  config.openssl_cafile = transport.authority;
}

std::uint16_t publish_gateway(const gateway_actor& gateway, const node_transport& transport) {
  constexpr bool reuse_address = true;
  auto& system = gateway.home_system();
  const auto port =
    transport.has_tls()
      ? caf::openssl::publish(gateway, transport.port, transport.host.c_str(), reuse_address)
      : system.middleman().publish(gateway, transport.port, transport.host.c_str(), reuse_address);
  if (!port)
    throw std::runtime_error{"cannot listen for other nodes on " + transport.host + ":"
                             + std::to_string(transport.port) + ": "
                             + system.render(port.error())};
  return *port;
}

// CAF takes a process with its own id for itself, and then finds nothing there.
dial_result dial_gateway(caf::actor_system& system, const std::string& address, bool has_tls) {
  const auto [host, port_text] = parts_of(address);
  const auto port = static_cast<std::uint16_t>(std::stoul(port_text));
  auto found = has_tls ? caf::openssl::remote_actor<gateway_actor>(system, host, port)
                       : system.middleman().remote_actor<gateway_actor>(host, port);
  if (found)
    return {*found, {}};
  std::string why = system.render(found.error());
  if (found.error() == caf::sec::no_actor_published_at_port)
    why += ": there is no node, or one that CAF cannot tell from this one, because both have the"
           " same MAC addresses and the same process number (containers)";
  return {{}, std::move(why)};
}

}  // namespace tandem
