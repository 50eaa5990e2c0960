#include "net/address_probe.hpp"

#include <boost/asio.hpp>

#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace tandem::net {

namespace {

namespace asio = boost::asio;
// Nodes are near each other.
constexpr std::chrono::milliseconds connect_deadline{300};
constexpr std::chrono::milliseconds resolve_deadline{1'000};
// Of names for which the system's resolver has not answered. Nothing can make it give
// up: its thread stays until it does.
constexpr int resolving_max = 8;

using endpoints = std::vector<asio::ip::tcp::endpoint>;

// None: nobody knows the name, or not in time.
endpoints resolve(const std::string& host, const std::string& port) {
  boost::system::error_code error;
  std::uint16_t number = 0;
  const bool is_number =
    std::from_chars(port.data(), port.data() + port.size(), number).ec == std::errc{};
  if (!is_number)
    return {};
  if (const auto address = asio::ip::make_address(host, error); !error)
    return {{address, number}};
  static std::atomic<int> resolving{0};
  if (resolving >= resolving_max)
    return {};
  ++resolving;
  const auto answer = std::make_shared<std::promise<endpoints>>();
  auto answered = answer->get_future();
  std::thread{[answer, host, port] {
    asio::io_context context;
    boost::system::error_code ignored;
    endpoints found;
    for (const auto& entry : asio::ip::tcp::resolver{context}.resolve(
           host, port, asio::ip::resolver_base::numeric_service, ignored))
      found.push_back(entry.endpoint());
    --resolving;
    answer->set_value(std::move(found));
  }}.detach();
  const bool is_in_time = answered.wait_for(resolve_deadline) == std::future_status::ready;
  return is_in_time ? answered.get() : endpoints{};
}

}  // namespace

probed probe_address(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  const std::string port = colon == std::string::npos ? std::string{} : address.substr(colon + 1);
  const endpoints found = resolve(host, port);
  if (found.empty())
    return probed::unknown;
  asio::io_context context;
  boost::system::error_code result = asio::error::would_block;
  asio::ip::tcp::socket socket{context};
  asio::async_connect(socket, found, [&](const boost::system::error_code& error,
                                         const asio::ip::tcp::endpoint&) { result = error; });
  context.run_for(connect_deadline);
  if (!result)
    return probed::answers;
  return result == asio::error::connection_refused ? probed::refused : probed::unknown;
}

}  // namespace tandem::net
