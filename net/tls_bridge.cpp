#include "net/tls_bridge.hpp"

#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/write.hpp>

#include <utility>

namespace tandem::net {

namespace asio = boost::asio;

tls_bridge::tls_bridge(tcp_socket peer, std::shared_ptr<asio::ssl::context> context,
                       std::chrono::milliseconds patience)
    : context_{std::move(context)},
      peer_{std::move(peer), *context_},
      inner_{peer_.get_executor()},
      timer_{peer_.get_executor()},
      patience_{patience} {
}

void tls_bridge::wait_for_peer() {
  timer_.expires_after(patience_);
  timer_.async_wait([self = shared_from_this()](error_code cancelled) {
    if (!cancelled)
      self->close();
  });
}

void tls_bridge::start(std::function<void(tcp_socket)> ready) {
  wait_for_peer();
  peer_.async_handshake(asio::ssl::stream_base::server,
                        [self = shared_from_this(), ready = std::move(ready)](error_code error) {
                          if (error)
                            return self->close();
                          self->timer_.cancel();
                          self->shaken_hands(ready);
                        });
}

// The other end of the pair is a stream like a TCP socket to whoever reads,
// writes and closes it.
void tls_bridge::shaken_hands(const std::function<void(tcp_socket)>& ready) {
  asio::local::stream_protocol::socket outer{peer_.get_executor()};
  error_code error;
  asio::local::connect_pair(inner_, outer, error);
  if (error)
    return close();
  tcp_socket connection{peer_.get_executor()};
  connection.assign(asio::ip::tcp::v4(), outer.release(), error);
  if (error)
    return close();
  ready(std::move(connection));
  read_peer();
  read_inner();
}

void tls_bridge::read_peer() {
  peer_.async_read_some(
    asio::buffer(from_peer_), [self = shared_from_this()](error_code error, std::size_t bytes) {
      if (error) {  // it has no more to say; the connection may still
        error_code ignored;
        self->inner_.shutdown(asio::local::stream_protocol::socket::shutdown_send, ignored);
        return;
      }
      asio::async_write(self->inner_, asio::buffer(self->from_peer_.data(), bytes),
                        [self](error_code failed, std::size_t) {
                          if (failed)
                            return self->close();
                          self->read_peer();
                        });
    });
}

void tls_bridge::read_inner() {
  inner_.async_read_some(
    asio::buffer(from_inner_), [self = shared_from_this()](error_code error, std::size_t bytes) {
      if (error)
        return self->inner_ended();
      self->wait_for_peer();
      asio::async_write(self->peer_, asio::buffer(self->from_inner_.data(), bytes),
                        [self](error_code failed, std::size_t) {
                          self->timer_.cancel();
                          if (failed)
                            return self->close();
                          self->read_inner();
                        });
    });
}

void tls_bridge::inner_ended() {
  wait_for_peer();
  peer_.async_shutdown([self = shared_from_this()](error_code) {
    self->timer_.cancel();
    self->close();
  });
}

void tls_bridge::close() {
  error_code ignored;
  peer_.lowest_layer().close(ignored);
  inner_.close(ignored);
}

}  // namespace tandem::net
