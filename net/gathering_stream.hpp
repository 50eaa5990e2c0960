// A TCP socket as Beast's WebSocket layer sees it, with a queue in front of the
// writing side. Beast reads through it and parses; what Beast writes (handshake,
// pings, pongs, close) goes into the same queue as the frames of the sessions,
// which come ready-made and shared. Everything queued leaves in one system call.
//
// Owned by a connection, on its I/O thread; only the queue is touched by others.
//
// Invariants
//  1. Only flush() writes to the socket.
//  2. Beast's writes complete when they are queued: it owns no buffer of ours
//     and we own none of its.
//  3. After fail() nothing is read or written any more.
#pragma once

#include "net/outbound_queue.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/system/error_code.hpp>

#include <array>
#include <functional>
#include <string>
#include <utility>

namespace tandem::net {

class gathering_stream {
 public:
  using executor_type = boost::asio::ip::tcp::socket::executor_type;
  using error_code = boost::system::error_code;

  // `schedule_flush` is called when there is something to write that nobody
  // knew of; with whether it is to be done at once.
  gathering_stream(boost::asio::ip::tcp::socket socket,
                   std::function<void(bool)> schedule_flush)
      : socket_{std::move(socket)}, schedule_flush_{std::move(schedule_flush)} {
    error_code ignored;
    socket_.non_blocking(true, ignored);
    socket_.native_non_blocking(true, ignored);
  }

  executor_type get_executor() noexcept { return socket_.get_executor(); }
  boost::asio::ip::tcp::socket& socket() noexcept { return socket_; }
  const outbound_queue& queue() const noexcept { return queue_; }

  // From any thread.
  void push(frame bytes, bool at_once) {
    if (queue_.push(std::move(bytes)) || at_once)
      schedule_flush_(at_once);
  }

  enum class flushed : std::uint8_t { all, some, failed };

  // Writes what the kernel takes. After `some` the caller waits until the
  // socket is writable and calls again.
  flushed flush() {
    constexpr std::size_t parts_max = 64;
    std::array<iovec, parts_max> parts;
    queue_.begin_flush();
    while (const std::size_t count = queue_.peek(parts)) {
      msghdr message{};
      message.msg_iov = parts.data();
      message.msg_iovlen = count;
      const ssize_t written =
        ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (written < 0)
        return errno == EAGAIN || errno == EINTR ? flushed::some : flushed::failed;
      queue_.consume(static_cast<std::size_t>(written));
    }
    if (shut_down_when_flushed_)
      shut_down();
    return flushed::all;
  }

  // Ends the connection at once.
  void fail() {
    error_code ignored;
    socket_.close(ignored);
    queue_.drop_everything();
  }

  // Ends it when the queue is empty.
  void finish() {
    shut_down_when_flushed_ = true;
    if (queue_.unread_bytes() == 0)
      shut_down();
  }

  // ---- Beast's AsyncStream ----

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return socket_.async_read_some(buffers, std::forward<Token>(token));
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    const std::size_t bytes = boost::asio::buffer_size(buffers);
    auto copy = std::make_shared<std::string>(bytes, '\0');
    boost::asio::buffer_copy(boost::asio::buffer(*copy), buffers);
    push(std::move(copy), true);
    return boost::asio::async_compose<Token, void(error_code, std::size_t)>(
      [bytes, posted = false](auto& self, error_code = {}, std::size_t = 0) mutable {
        if (!std::exchange(posted, true))
          return boost::asio::post(std::move(self));
        self.complete({}, bytes);
      },
      token, socket_);
  }

 private:
  void shut_down() {
    error_code ignored;
    socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
  }

  boost::asio::ip::tcp::socket socket_;
  std::function<void(bool)> schedule_flush_;
  outbound_queue queue_;
  bool shut_down_when_flushed_ = false;
};

// Beast's customization points: what ending a stream means here.

inline void beast_close_socket(gathering_stream& stream) {
  stream.fail();
}

template <class Handler>
void async_teardown(boost::beast::role_type, gathering_stream& stream, Handler&& handler) {
  stream.finish();
  boost::asio::post(stream.get_executor(),
                    boost::beast::bind_front_handler(std::forward<Handler>(handler),
                                                     boost::system::error_code{}));
}

inline void teardown(boost::beast::role_type, gathering_stream& stream,
                     boost::system::error_code& error) {
  stream.finish();
  error = {};
}

}  // namespace tandem::net
