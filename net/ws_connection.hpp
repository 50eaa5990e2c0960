// One WebSocket: frames in are decoded and said to the session, frames from
// the session go out. Lives on one I/O thread; the sink's calls come from any.
//
//   open ── close(), or the peer's close ──▶ closing ── flushed, or 5 s ──▶ gone
//     └───────────────── any error of the socket ────────────────────────────▲
//
// Invariants
//  1. The session is told `disconnected` exactly once, when it is gone.
//  2. At most inbound_messages_max messages are with the session unhandled:
//     then reading pauses, and the peer's TCP window does the rest.
//  3. Before somebody is let in, one frame of theirs is read: the hello, of at most
//     hello_bytes_max.
//  4. What was given to send() before close() leaves before the close frame.
#pragma once

#include "actors/service.hpp"
#include "net/gathering_stream.hpp"
#include "net/io_thread.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace tandem::net {

struct ws_timeouts {
  std::chrono::milliseconds hello{10'000};
  std::chrono::milliseconds idle{45'000};   // silence, pings unanswered
  std::chrono::milliseconds write{30'000};  // a peer that takes nothing
  std::chrono::milliseconds close{5'000};   // between our close frame and theirs
};

class ws_connection final : public connection_sink,
                            public flushable,
                            public std::enable_shared_from_this<ws_connection> {
 public:
  using request = boost::beast::http::request<boost::beast::http::string_body>;

  ws_connection(boost::asio::ip::tcp::socket socket, io_thread& thread, service& actors,
                std::string room_id, credentials shown, ws_timeouts timeouts,
                std::function<void()> on_gone);
  ~ws_connection() override;

  // `refusal`: accept, and close at once with this code.
  void accept(const request& upgrade, std::optional<close_code> refusal);

  // ---- connection_sink ----
  void send(const frame& bytes, pace when) override {
    stream_.next_layer().push(bytes, when == pace::at_once);
  }
  std::uint64_t unread_bytes() const override;
  void close(close_code code, std::string_view why) override;
  void consumed() override;
  void admitted() override;

  void flush() override;

  // The server stops: the session says goodbye.
  void shut_down();

 private:
  using error_code = boost::system::error_code;

  void accepted(error_code error, std::optional<close_code> refusal);
  void read();
  void on_read(error_code error);
  void on_frame();
  std::uint64_t frame_bytes_max() const;
  void start_closing(close_code code, const std::string& why);
  void note_drained();
  void arm_write_timer();
  void gone();

  boost::beast::websocket::stream<gathering_stream, false> stream_;
  io_thread& thread_;
  service& actors_;
  std::string room_id_;
  credentials shown_;  // until the session has it
  ws_timeouts timeouts_;
  std::function<void()> on_gone_;
  std::unique_ptr<session_inbox> session_;
  boost::beast::flat_buffer buffer_;
  std::unique_ptr<boost::asio::steady_timer> timer_;  // hello, write or close deadline
  std::atomic<std::uint32_t> unhandled_{0};
  bool reading_paused_ = false;
  // The session has seen too much unread, and waits for `drained`.
  mutable std::atomic<bool> wants_drained_{false};
  bool waits_for_writable_ = false;
  bool said_hello_ = false;
  bool is_admitted_ = false;
  bool closing_ = false;
  bool is_gone_ = false;
};

}  // namespace tandem::net
