// One HTTP connection: requests are answered one after the other, until one
// asks to become a WebSocket. Lives on one I/O thread.
//
// Invariants
//  1. Every wait has a deadline (server_options::request_timeout_ms).
//  2. Of an answer in pieces, one piece is in memory.
//  3. Whoever goes while the next piece of an answer is waited for is noticed, and the
//     answer's body destroyed. Likewise while the answer itself is waited for, if what
//     makes it wants to hear of that (departure).
//  4. A request with a Transfer-Encoding is refused: Beast 1.81 lacks later
//     fixes there (net/README.md).
//  5. Who is refused before all of a request is read gets to read why: what still
//     comes is thrown away until they close, for `linger` at most. Closing at once would
//     take the answer back (RFC 9112, 9.6); and so would a TLS connection that is shut
//     down while bytes come.
//  6. A body of more than small_body_bytes is read when there is a place for it, which
//     it has as long as somebody holds the request.
#pragma once

#include "net/caller.hpp"
#include "net/door.hpp"
#include "net/http_types.hpp"
#include "net/io_thread.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

namespace tandem::net {

// What a server does for its HTTP connections.
class http_host {
 public:
  virtual ~http_host() = default;
  virtual void answer(incoming_ptr request, respond reply) = 0;
  // Takes the socket over. REQUIRES: is_upgrade(request).
  virtual void upgrade(boost::asio::ip::tcp::socket socket, io_thread& thread,
                       incoming_ptr request) = 0;
  virtual bool wants_upgrade(const http_request& request) const = 0;
  // Whether links to it are https.
  virtual bool is_secure() const = 0;
  virtual std::uint64_t body_bytes_max() const = 0;
  // `peer`: as the connection's. Null if there is none left.
  virtual door::place place_of_body(const http_request& header, const std::string& peer,
                                    std::uint64_t bytes) = 0;
  virtual std::uint32_t header_bytes_max() const = 0;
  virtual std::chrono::milliseconds request_timeout() const = 0;
};

constexpr std::uint64_t small_body_bytes = 64U << 10U;

class http_connection final : public std::enable_shared_from_this<http_connection> {
 public:
  // `peer`: the address of the other end.
  http_connection(boost::asio::ip::tcp::socket socket, std::string peer, door::place place,
                  io_thread& thread, http_host& host)
      : stream_{std::move(socket)},
        peer_{std::move(peer)},
        place_{std::move(place)},
        thread_{thread},
        host_{host} {}

  void read();

 private:
  using parser = http::request_parser<http::string_body>;

  void on_header(boost::system::error_code error);
  void on_request(boost::system::error_code error);
  void on_problem(boost::system::error_code error);
  void write(http_answer answer);
  void write_whole(http_response response);
  void write_in_pieces(http_response head, std::shared_ptr<body_source> body);
  void write_piece();
  void watch_for_end();
  void give_up();
  void on_piece(std::optional<std::string> piece);
  void answered(boost::system::error_code error);
  void refuse(http::status status, std::string_view code, std::string_view why);
  void linger();
  void discard();
  void close();

  boost::beast::tcp_stream stream_;
  const std::string peer_;
  door::place place_;  // until it is a WebSocket
  io_thread& thread_;
  http_host& host_;
  boost::beast::flat_buffer buffer_;
  std::optional<parser> parser_;
  door::place place_of_body_;
  std::shared_ptr<http_response> response_;
  std::shared_ptr<body_source> body_;  // while an answer is sent in pieces
  std::string piece_;
  bool keep_alive_ = false;
  bool knows_chunks_ = true;
  bool is_head_ = false;
  bool is_refused_ = false;  // and more may come
  std::chrono::steady_clock::time_point lingers_until_;
  std::shared_ptr<departure> leaving_;  // while an answer is waited for
  bool is_watched_ = false;  // while a body, or such an answer, is waited for
};

}  // namespace tandem::net
