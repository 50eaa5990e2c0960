// Another tandem server as a program's client sees it: REST calls, and
// WebSockets that speak the protocol. For the commands; everything happens on
// one thread, within `run_until`.
//
// Invariants
//  1. Every wait has a deadline.
//  2. Errors of the network are std::runtime_error, with what was tried.
#pragma once

#include "net/http_types.hpp"
#include "net/json.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace tandem::net {

class remote_server {
 public:
  // url: http://HOST:PORT. Throws std::runtime_error if it is something else.
  explicit remote_server(const std::string& url);

  const std::string& host() const noexcept { return host_; }
  const std::string& port() const noexcept { return port_; }
  boost::asio::io_context& context() noexcept { return context_; }

  // The answer, whatever its status.
  http_response request(http::verb method, const std::string& target, const std::string& body = "");

  // Lets the connections work until `holds`. Whether it came to hold in time.
  bool run_until(const std::function<bool()>& holds, std::chrono::milliseconds limit);

 private:
  std::string host_;
  std::string port_;
  boost::asio::io_context context_{1};
};

// One WebSocket. Reads all the time, so that it is never a slow reader.
class remote_connection {
 public:
  using listener = std::function<void(json_view)>;

  // Connects. The listener hears every message, within `run_until`.
  remote_connection(remote_server& server, const std::string& room_id, listener heard);
  remote_connection(const remote_connection&) = delete;
  remote_connection& operator=(const remote_connection&) = delete;
  ~remote_connection();

  void say(std::string message);

  // Why it has ended; empty while it is open.
  const std::string& end() const noexcept;

 private:
  class implementation;
  std::shared_ptr<implementation> implementation_;
};

}  // namespace tandem::net
