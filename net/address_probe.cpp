#include "net/address_probe.hpp"

#include <boost/asio.hpp>

#include <chrono>

namespace tandem::net {

namespace {

namespace asio = boost::asio;
// Nodes are near each other, and a node that asks must not miss its beats.
constexpr std::chrono::milliseconds deadline_ms{300};

}  // namespace

probed probe_address(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  const std::string port = colon == std::string::npos ? std::string{} : address.substr(colon + 1);
  asio::io_context context;
  asio::ip::tcp::resolver resolver{context};
  boost::system::error_code result;
  const auto found =
    resolver.resolve(host, port, asio::ip::resolver_base::numeric_service, result);
  if (result)
    return probed::unknown;
  result = asio::error::would_block;
  asio::ip::tcp::socket socket{context};
  asio::async_connect(socket, found, [&](const boost::system::error_code& error,
                                         const asio::ip::tcp::endpoint&) { result = error; });
  context.run_for(deadline_ms);
  if (!result)
    return probed::answers;
  return result == asio::error::connection_refused ? probed::refused : probed::unknown;
}

}  // namespace tandem::net
