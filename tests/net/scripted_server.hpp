// A server on loopback that plays what a test tells it, byte by byte: the nth
// connection its nth script, those behind the last one too. Blocking, a thread a
// connection, each call with a deadline.
#pragma once

#include "tests/support/await.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace tandem::test {

using boost::asio::ip::tcp;

struct seen_request {
  std::string line;  // POST /… HTTP/1.1
  std::string head;  // with the line
  std::string body;
};

// One connection, from the server's side.
class scripted_peer {
 public:
  scripted_peer(tcp::socket socket, boost::asio::ssl::context* tls) {
    const timeval deadline{patience.count(), 0};
    for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO})
      setsockopt(socket.native_handle(), SOL_SOCKET, option, &deadline, sizeof deadline);
    socket.set_option(tcp::no_delay{true});
    if (tls != nullptr)
      secure_.emplace(std::move(socket), *tls);
    else
      plain_.emplace(std::move(socket));
  }

  bool shake_hands() {
    boost::system::error_code error;
    if (secure_)
      secure_->handshake(boost::asio::ssl::stream_base::server, error);
    return !error;
  }

  // Nothing if the other side has gone.
  std::optional<seen_request> read_request() {
    const auto head_end = read_until("\r\n\r\n");
    if (!head_end)
      return std::nullopt;
    seen_request request;
    request.head = unread_.substr(0, *head_end);
    request.line = request.head.substr(0, request.head.find("\r\n"));
    unread_.erase(0, *head_end);
    const std::size_t bytes = content_length(request.head);
    while (unread_.size() < bytes)
      if (!read_more())
        return std::nullopt;
    request.body = unread_.substr(0, bytes);
    unread_.erase(0, bytes);
    return request;
  }

  void send(std::string_view bytes) {
    boost::system::error_code ignored;
    if (secure_)
      boost::asio::write(*secure_, boost::asio::buffer(bytes), ignored);
    else
      boost::asio::write(*plain_, boost::asio::buffer(bytes), ignored);
  }

  // Each byte in a segment of its own, as far as the kernel lets it.
  void trickle(std::string_view bytes) {
    for (const char& byte : bytes)
      send({&byte, 1});
  }

  void send_chunk(std::string_view bytes) {
    constexpr char digits[] = "0123456789abcdef";
    std::string size;
    for (std::size_t left = bytes.size(); left > 0; left /= 16)
      size.insert(size.begin(), digits[left % 16]);
    send((size.empty() ? "0" : size) + "\r\n" + std::string{bytes} + "\r\n");
  }

  // Whether the other side ends the connection.
  bool is_ended() {
    while (read_more()) {
    }
    return has_ended_;
  }

  void reset() {
    socket().set_option(boost::asio::socket_base::linger{true, 0});
    socket().close();
  }

  tcp::socket& socket() { return secure_ ? secure_->next_layer() : *plain_; }

 private:
  static std::size_t content_length(std::string head) {
    std::ranges::transform(head, head.begin(), [](unsigned char c) { return std::tolower(c); });
    const std::size_t at = head.find("content-length:");
    return at == std::string::npos ? 0 : std::stoul(head.substr(at + 15));
  }

  std::optional<std::size_t> read_until(std::string_view end) {
    std::size_t at = 0;
    while ((at = unread_.find(end)) == std::string::npos)
      if (!read_more())
        return std::nullopt;
    return at + end.size();
  }

  bool read_more() {
    char piece[4096];
    boost::system::error_code error;
    const auto into = boost::asio::buffer(piece);
    const std::size_t bytes =
      secure_ ? secure_->read_some(into, error) : plain_->read_some(into, error);
    unread_.append(piece, bytes);
    has_ended_ = error && error != boost::asio::error::would_block;
    return !error;
  }

  std::optional<tcp::socket> plain_;
  std::optional<boost::asio::ssl::stream<tcp::socket>> secure_;
  std::string unread_;
  bool has_ended_ = false;
};

class scripted_server {
 public:
  using script = std::function<void(scripted_peer&)>;

  explicit scripted_server(std::vector<script> scripts, boost::asio::ssl::context* tls = nullptr)
      : scripts_{std::move(scripts)}, tls_{tls} {
    accepting_ = std::thread{[this] { accept(); }};
  }

  ~scripted_server() {
    stops_ = true;
    tcp::socket wake{context_};
    boost::system::error_code ignored;
    wake.connect(acceptor_.local_endpoint(), ignored);
    accepting_.join();
    for (std::thread& one : playing_)
      one.join();
  }

  std::string port() const { return std::to_string(acceptor_.local_endpoint().port()); }
  int connections() const { return connections_; }

 private:
  void accept() {
    for (;;) {
      tcp::socket socket{context_};
      acceptor_.accept(socket);
      if (stops_)
        return;
      const auto number = static_cast<std::size_t>(connections_++);
      playing_.emplace_back([this, number, socket = std::move(socket)]() mutable {
        scripted_peer peer{std::move(socket), tls_};
        if (peer.shake_hands())
          scripts_[std::min(number, scripts_.size() - 1)](peer);
      });
    }
  }

  const std::vector<script> scripts_;
  boost::asio::ssl::context* const tls_;
  boost::asio::io_context context_;
  tcp::acceptor acceptor_{context_, {boost::asio::ip::make_address("127.0.0.1"), 0}};
  std::atomic<int> connections_ = 0;
  std::atomic<bool> stops_ = false;
  std::vector<std::thread> playing_;
  std::thread accepting_;
};

}  // namespace tandem::test
