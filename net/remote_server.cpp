#include "net/remote_server.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket.hpp>

#include <deque>
#include <stdexcept>
#include <utility>

namespace tandem::net {

namespace {

namespace asio = boost::asio;
namespace ws = boost::beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;

constexpr milliseconds call_deadline{30'000};
constexpr std::uint64_t message_bytes_max = std::uint64_t{64} << 20U;

[[noreturn]] void fail(const remote_server& server, const std::string& why) {
  throw std::runtime_error{"http://" + server.host() + ":" + server.port() + ": " + why};
}

}  // namespace

remote_server::remote_server(const std::string& url) {
  constexpr std::string_view scheme = "http://";
  const std::size_t colon = url.rfind(':');
  if (!url.starts_with(scheme) || colon == std::string::npos || colon <= scheme.size())
    throw std::runtime_error{url + " is not http://HOST:PORT"};
  host_ = url.substr(scheme.size(), colon - scheme.size());
  port_ = url.substr(colon + 1);
  if (port_.ends_with('/'))
    port_.pop_back();
  if (port_.empty() || port_.find_first_not_of("0123456789") != std::string::npos)
    throw std::runtime_error{url + " is not http://HOST:PORT"};
}

bool remote_server::run_until(const std::function<bool()>& holds, milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    context_.restart();
    if (context_.run_one_until(deadline) == 0)
      return holds();  // it is late, or every connection has ended
  }
  return true;
}

http_response remote_server::request(http::verb method, const std::string& target,
                                     const std::string& body) {
  tcp::resolver resolver{context_};
  error_code error;
  const auto addresses = resolver.resolve(host_, port_, error);
  if (error)
    fail(*this, error.message());
  boost::beast::tcp_stream stream{context_};
  stream.expires_after(call_deadline);
  http_request wish{method, target, 11};
  wish.set(http::field::host, host_ + ":" + port_);
  wish.body() = body;
  wish.prepare_payload();
  wish.keep_alive(false);
  boost::beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(message_bytes_max);
  bool is_done = false;
  const auto done = [&](error_code problem, auto&&...) {
    error = problem;
    is_done = true;
  };
  stream.async_connect(addresses, [&](error_code problem, const tcp::endpoint&) {
    if (problem)
      return done(problem);
    http::async_write(stream, wish, [&](error_code unsent, std::size_t) {
      if (unsent)
        return done(unsent);
      http::async_read(stream, buffer, parser, done);
    });
  });
  run_until([&] { return is_done; }, 2 * call_deadline);
  if (error)
    fail(*this, error.message());
  return parser.release();
}

// ---- a WebSocket ----

class remote_connection::implementation
    : public std::enable_shared_from_this<remote_connection::implementation> {
 public:
  implementation(remote_server& server, listener heard)
      : stream_{server.context()}, heard_{std::move(heard)} {}

  void connect(remote_server& server, const std::string& room_id) {
    tcp::resolver resolver{server.context()};
    error_code error;
    const auto addresses = resolver.resolve(server.host(), server.port(), error);
    if (!error)
      asio::connect(boost::beast::get_lowest_layer(stream_), addresses, error);
    if (!error)
      boost::beast::get_lowest_layer(stream_).set_option(tcp::no_delay{true}, error);
    if (error)
      fail(server, error.message());
    bool is_done = false;
    stream_.read_message_max(message_bytes_max);
    stream_.async_handshake(server.host() + ":" + server.port(), "/ws/" + room_id,
                            [self = shared_from_this(), &error, &is_done](error_code problem) {
                              error = problem;
                              is_done = true;
                            });
    if (!server.run_until([&] { return is_done; }, call_deadline))
      fail(server, "it does not answer");
    if (error)
      fail(server, error.message());
    read();
  }

  void say(std::string message) {
    waiting_.push_back(std::move(message));
    if (waiting_.size() == 1)
      write();
  }

  void close() {
    error_code ignored;
    boost::beast::get_lowest_layer(stream_).close(ignored);
    heard_ = [](json_view) {};
  }

  const std::string& end() const noexcept { return end_; }

 private:
  void read() {
    stream_.async_read(buffer_, [self = shared_from_this()](error_code error, std::size_t) {
      self->on_read(error);
    });
  }

  void on_read(error_code error) {
    if (error)
      return end_with(error);
    const std::string_view text{static_cast<const char*>(buffer_.data().data()), buffer_.size()};
    if (document_.parse(text) == json_error::none)
      heard_(document_.root());
    buffer_.clear();
    read();
  }

  void write() {
    stream_.async_write(asio::buffer(waiting_.front()),
                        [self = shared_from_this()](error_code error, std::size_t) {
                          if (error)
                            return self->end_with(error);
                          self->waiting_.pop_front();
                          if (!self->waiting_.empty())
                            self->write();
                        });
  }

  void end_with(error_code error) {
    const auto& reason = stream_.reason();
    end_ = reason.code != ws::close_code::none
             ? "closed with " + std::to_string(reason.code) + " " + std::string{reason.reason.c_str()}
             : error.message();
  }

  ws::stream<tcp::socket> stream_;
  listener heard_;
  boost::beast::flat_buffer buffer_;
  json_document document_;
  std::deque<std::string> waiting_;
  std::string end_;
};

remote_connection::remote_connection(remote_server& server, const std::string& room_id,
                                     listener heard)
    : implementation_{std::make_shared<implementation>(server, std::move(heard))} {
  implementation_->connect(server, room_id);
}

remote_connection::~remote_connection() {
  implementation_->close();
}

void remote_connection::say(std::string message) {
  implementation_->say(std::move(message));
}

const std::string& remote_connection::end() const noexcept {
  return implementation_->end();
}

}  // namespace tandem::net
