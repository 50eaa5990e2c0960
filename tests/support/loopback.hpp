// The server in this process on a free port, and clients that talk to it over
// real sockets, each call with a deadline.
#pragma once

#include "actors/service.hpp"
#include "net/http_server.hpp"
#include "net/json.hpp"
#include "net/wire_codec.hpp"
#include "storage/memory_store.hpp"
#include "tests/support/await.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <gtest/gtest.h>

#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace tandem::test {

namespace http = boost::beast::http;
namespace ws = boost::beast::websocket;
using boost::asio::ip::tcp;

// A connected socket whose reads and writes fail when they take too long.
inline tcp::socket connect_to(boost::asio::io_context& context, const std::string& url) {
  const auto port =
    static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
  tcp::socket socket{context};
  socket.connect({boost::asio::ip::make_address("127.0.0.1"), port});
  socket.set_option(tcp::no_delay{true});
  const timeval deadline{patience.count(), 0};
  for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO})
    setsockopt(socket.native_handle(), SOL_SOCKET, option, &deadline, sizeof deadline);
  return socket;
}

struct answer {
  unsigned status = 0;
  std::string body;
  http::response<http::string_body> whole;

  std::string header(const std::string& name) const { return std::string{whole[name]}; }
};

class http_client {
 public:
  explicit http_client(const std::string& url) : socket_{connect_to(context_, url)} {}

  answer request(http::verb method, const std::string& target, const std::string& body = "",
                 const std::string& origin = "") {
    http::request<http::string_body> request{method, target, 11};
    request.set(http::field::host, "localhost");
    if (!origin.empty())
      request.set(http::field::origin, origin);
    request.body() = body;
    request.prepare_payload();
    http::write(socket_, request);
    return read(method == http::verb::head);
  }

  // Sends bytes as they are.
  void send(const std::string& bytes) {
    boost::asio::write(socket_, boost::asio::buffer(bytes));
  }
  answer raw(const std::string& bytes) {
    send(bytes);
    return read(false);
  }

  // Whether the server has closed the connection.
  bool is_ended() {
    boost::system::error_code error;
    char byte = 0;
    return socket_.read_some(boost::asio::buffer(&byte, 1), error) == 0
           && error == boost::asio::error::eof;
  }

  // Likewise, whatever it has read of what was sent.
  bool is_closed() {
    boost::system::error_code error;
    char byte = 0;
    return socket_.read_some(boost::asio::buffer(&byte, 1), error) == 0
           && error != boost::asio::error::would_block;
  }

  // Whether a request is answered at all.
  bool is_answered(const std::string& target) {
    try {
      return request(http::verb::get, target).status == 200;
    } catch (const boost::system::system_error&) {
      return false;
    }
  }

 private:
  answer read(bool head) {
    http::response_parser<http::string_body> parser;
    parser.skip(head);
    http::read(socket_, buffer_, parser);
    answer got;
    got.whole = parser.release();
    got.status = got.whole.result_int();
    got.body = got.whole.body();
    return got;
  }

  boost::asio::io_context context_;
  tcp::socket socket_;
  boost::beast::flat_buffer buffer_;
};

class ws_client {
 public:
  ws_client(const std::string& url, const std::string& room, const std::string& origin = "",
            const std::string& protocol = "")
      : stream_{connect_to(context_, url)} {
    stream_.set_option(ws::stream_base::decorator([=](ws::request_type& request) {
      if (!origin.empty())
        request.set(http::field::origin, origin);
      if (!protocol.empty())
        request.set(http::field::sec_websocket_protocol, protocol);
    }));
    boost::system::error_code error;
    stream_.handshake(response_, "localhost", "/ws/" + room, error);
    opened_ = !error;
  }

  bool opened() const noexcept { return opened_; }
  const ws::response_type& response() const noexcept { return response_; }

  void say(const std::string& text) { stream_.write(boost::asio::buffer(text)); }
  void say_binary(const std::string& bytes) {
    stream_.binary(true);
    say(bytes);
    stream_.binary(false);
  }
  // Whether the server, or the kernel for it, takes a text of more than 64 KiB in
  // time. Past Asio, which waits for ever for a socket that is full.
  bool say_within(std::chrono::seconds time, const std::string& text) {
    const int socket = stream_.next_layer().native_handle();
    const timeval deadline{time.count(), 0};
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &deadline, sizeof deadline);
    std::string frame = "\x81\xFF";  // a whole text, masked, its length in eight bytes
    for (int shift = 56; shift >= 0; shift -= 8)
      frame += static_cast<char>(text.size() >> shift & 0xFFU);
    frame += std::string(4, '\0') + text;  // a mask that changes nothing
    for (std::size_t sent = 0; sent < frame.size();) {
      const ssize_t bytes =
        ::send(socket, frame.data() + sent, frame.size() - sent, MSG_NOSIGNAL);
      if (bytes <= 0)
        return false;
      sent += static_cast<std::size_t>(bytes);
    }
    return true;
  }
  void hello(const std::string& name, const std::string& open = "[]") {
    say(R"({"type":"hello","client":")" + name + R"(","name":")" + name + R"(","open":)" + open
        + "}");
  }

  // The next message; nothing when the connection has ended.
  std::optional<std::string> read() {
    boost::system::error_code error;
    buffer_.clear();
    stream_.read(buffer_, error);
    if (error)
      return std::nullopt;
    return std::string{static_cast<const char*>(buffer_.data().data()), buffer_.size()};
  }

  // The next message of a type; the others are passed over.
  std::string read_type(const std::string& type) {
    while (const auto text = read())
      if (text->starts_with(R"({"type":")" + type + '"'))
        return *text;
    return "ended with " + std::to_string(stream_.reason().code);
  }

  // Reads on until the server closes; its code.
  int close_code() {
    while (read()) {
    }
    return stream_.reason().code;
  }

  // Without a close frame.
  void vanish() { stream_.next_layer().close(); }

 private:
  boost::asio::io_context context_;
  ws::stream<tcp::socket> stream_;
  ws::response_type response_;
  boost::beast::flat_buffer buffer_;
  bool opened_ = false;
};

// The parts end in the order in which the program ends them.
class server_test : public testing::Test {
 protected:
  server_test() {
    options.port = 0;
    bounds.fanout_us_per_member = 0;
  }
  ~server_test() override { stop(); }

  void stop() {
    if (server) {
      server->stop(patience);
      actors->stop(patience);
    }
    actors.reset();
    server.reset();
  }

  void start() {
    auto store = storage::make_memory_store();
    store->migrate();
    actors = start_service(bounds, encoder, std::move(store), 1);
    server = std::make_unique<net::http_server>(options, *actors, net::account_settings{}, offer);
  }

  const std::string& url() const { return server->url(); }

  answer request(http::verb method, const std::string& target, const std::string& body = "",
                 const std::string& origin = "") {
    return http_client{url()}.request(method, target, body, origin);
  }
  answer get(const std::string& target) { return request(http::verb::get, target); }

  // Makes a room and returns its id.
  std::string make_room(const std::string& body = "") {
    const answer made = request(http::verb::post, "/rooms", body);
    EXPECT_EQ(made.status, 201U) << made.body;
    net::json_document document;
    if (document.parse(made.body) != net::json_error::none)
      return {};
    return std::string{document.root().find("room_id")->string().value()};
  }

  net::server_options options;
  ai_offer offer;
  limits bounds;
  net::wire_encoder encoder;
  std::unique_ptr<service> actors;
  std::unique_ptr<net::http_server> server;
};

}  // namespace tandem::test
