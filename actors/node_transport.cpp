#include "actors/node_transport.hpp"

#include <caf/io/all.hpp>
#include <caf/openssl/all.hpp>

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <utility>

namespace tandem {

namespace {

constexpr int probe_deadline_ms = 1'000;
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

enum class probed : std::uint8_t { answers, refused, unknown };

probed await_connection(int descriptor, const addrinfo& to) {
  if (connect(descriptor, to.ai_addr, to.ai_addrlen) == 0)
    return probed::answers;
  if (errno == ECONNREFUSED)
    return probed::refused;
  if (errno != EINPROGRESS)
    return probed::unknown;
  pollfd wait{descriptor, POLLOUT, 0};
  if (poll(&wait, 1, probe_deadline_ms) != 1)
    return probed::unknown;
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
  return error == 0 ? probed::answers : error == ECONNREFUSED ? probed::refused : probed::unknown;
}

// CAF's connect() has no deadline and holds up all others: who does not answer
// this must not be given to it.
probed probe(const std::string& address) {
  const auto [host, port] = parts_of(address);
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), port.c_str(), &wanted, &found) != 0)
    return probed::unknown;
  probed result = probed::unknown;
  const int descriptor =
    socket(found->ai_family, found->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor >= 0) {
    result = await_connection(descriptor, *found);
    close(descriptor);
  }
  freeaddrinfo(found);
  return result;
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

gateway_actor dial_gateway(caf::actor_system& system, const std::string& address, bool has_tls) {
  if (probe(address) != probed::answers)
    return gateway_actor{};
  const auto [host, port_text] = parts_of(address);
  const auto port = static_cast<std::uint16_t>(std::stoul(port_text));
  auto found = has_tls ? caf::openssl::remote_actor<gateway_actor>(system, host, port)
                       : system.middleman().remote_actor<gateway_actor>(host, port);
  return found ? *found : gateway_actor{};
}

bool is_nobody_at(const std::string& address) {
  return probe(address) == probed::refused;
}

}  // namespace tandem
