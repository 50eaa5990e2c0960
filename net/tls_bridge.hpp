// TLS in front of a connection that knows nothing of it: the bridge speaks TLS
// with the peer, and plain bytes with the connection over a pair of local
// sockets. So the way of an edit over plain TCP, which a proxy's is too, stays as
// it is; with TLS here each direction costs a copy and two more system calls.
// Lives on the connection's I/O thread until both ends are done.
//
// Invariants
//  1. Every wait for the peer has a deadline, but for its next word: that is the
//     connection's affair, and its end ends the bridge.
//  2. At most one buffer in each direction is held: who does not read is waited
//     for by whoever writes.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <chrono>
#include <functional>
#include <memory>

namespace tandem::net {

class tls_bridge final : public std::enable_shared_from_this<tls_bridge> {
 public:
  using tcp_socket = boost::asio::ip::tcp::socket;

  tls_bridge(tcp_socket peer, std::shared_ptr<boost::asio::ssl::context> context,
             std::chrono::milliseconds patience);

  // Has `ready(socket)` begin the connection, when the handshake is done.
  void start(std::function<void(tcp_socket)> ready);

 private:
  using error_code = boost::system::error_code;

  void shaken_hands(const std::function<void(tcp_socket)>& ready);
  void read_peer();
  void read_inner();
  void inner_ended();
  void wait_for_peer();
  void close();

  std::shared_ptr<boost::asio::ssl::context> context_;
  boost::asio::ssl::stream<tcp_socket> peer_;
  boost::asio::local::stream_protocol::socket inner_;
  boost::asio::steady_timer timer_;
  std::chrono::milliseconds patience_;
  std::array<char, 4096> from_peer_;
  std::array<char, 16384> from_inner_;
};

}  // namespace tandem::net
