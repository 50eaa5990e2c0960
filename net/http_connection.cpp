#include "net/http_connection.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/chunk_encode.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include <sstream>
#include <utility>

namespace tandem::net {

namespace {

constexpr std::chrono::seconds linger_time{2};
constexpr std::size_t discarded_bytes = 16U << 10U;

}  // namespace

void http_connection::read() {
  parser_.emplace();
  parser_->header_limit(host_.header_bytes_max());
  parser_->body_limit(host_.body_bytes_max());
  stream_.expires_after(host_.request_timeout());
  http::async_read_header(
    stream_, buffer_, *parser_,
    [self = shared_from_this()](boost::system::error_code error, std::size_t) {
      self->on_header(error);
    });
}

// Its deadline is that of the whole request.
void http_connection::on_header(boost::system::error_code error) {
  is_head_ = !error && parser_->get().method() == http::verb::head;
  if (error)
    return on_problem(error);
  if (parser_->get().count(http::field::transfer_encoding) > 0)
    return refuse(http::status::length_required, "bad_message", "send a Content-Length");
  if (parser_->is_done())
    return on_request({});
  const std::uint64_t bytes = parser_->content_length().value_or(0);
  if (bytes > small_body_bytes && !(place_of_body_ = host_.place_of_body(parser_->get(), peer_, bytes)))
    return refuse(http::status::service_unavailable, "unavailable", "too much is being sent");
  http::async_read(stream_, buffer_, *parser_,
                   [self = shared_from_this()](boost::system::error_code problem, std::size_t) {
                     self->on_request(problem);
                   });
}

void http_connection::on_problem(boost::system::error_code error) {
  if (error == http::error::body_limit)
    return refuse(http::status::payload_too_large, "too_large", "the body is too large");
  if (error == http::error::header_limit)
    return refuse(http::status::request_header_fields_too_large, "too_large",
                  "the header is too large");
  if (error.category() == http::make_error_code(http::error::bad_method).category()
      && error != http::error::end_of_stream && error != http::error::partial_message)
    return refuse(http::status::bad_request, "bad_message", "not a valid request");
  close();
}

void http_connection::on_request(boost::system::error_code error) {
  if (error)
    return on_problem(error);
  http_request request = parser_->release();
  parser_.reset();
  if (host_.wants_upgrade(request)) {
    stream_.expires_never();
    place_.reset();
    return host_.upgrade(stream_.release_socket(), thread_,
                         std::make_shared<const incoming>(incoming{std::move(request), peer_}));
  }
  keep_alive_ = request.keep_alive();
  knows_chunks_ = request.version() >= 11;
  if (is_head_)
    request.method(http::verb::get);
  stream_.expires_after(host_.request_timeout());
  leaving_ = std::make_shared<departure>([weak = weak_from_this()] {
    if (const auto self = weak.lock())
      boost::asio::post(self->stream_.get_executor(), [self] {
        if (self->leaving_)
          self->watch_for_end();
      });
  });
  auto whole = std::make_shared<const incoming>(
    incoming{std::move(request), peer_, leaving_, std::exchange(place_of_body_, nullptr)});
  host_.answer(std::move(whole), [self = shared_from_this()](http_answer answer) {
    boost::asio::post(self->stream_.get_executor(),
                      [self, answer = std::move(answer)]() mutable {
                        self->write(std::move(answer));
                      });
  });
}

void http_connection::refuse(http::status status, std::string_view code, std::string_view why) {
  keep_alive_ = false;
  is_refused_ = true;
  write(error_response(status, code, why));
}

void http_connection::write(http_answer answer) {
  if (const auto awaited = std::exchange(leaving_, nullptr))
    awaited->answered();
  http_response& head = answer.head;
  head.set(http::field::server, "tandem");
  head.set("X-Content-Type-Options", "nosniff");
  head.set("Referrer-Policy", "no-referrer");
  head.set("Cross-Origin-Opener-Policy", "same-origin");
  head.set("Cross-Origin-Resource-Policy", "same-origin");
  head.set("X-Frame-Options", "DENY");
  if (host_.is_secure())
    head.set("Strict-Transport-Security", "max-age=31536000");
  head.keep_alive(keep_alive_);
  if (answer.body && !knows_chunks_)
    refuse(http::status::http_version_not_supported, "bad_message", "this needs HTTP/1.1");
  else if (answer.body && !is_head_)
    write_in_pieces(std::move(head), std::move(answer.body));
  else
    write_whole(std::move(head));
}

void http_connection::write_whole(http_response response) {
  response.prepare_payload();
  if (is_head_)
    response.body().clear();
  response_ = std::make_shared<http_response>(std::move(response));
  stream_.expires_after(host_.request_timeout());
  http::async_write(stream_, *response_,
                    [self = shared_from_this()](boost::system::error_code error, std::size_t) {
                      self->answered(error);
                    });
}

void http_connection::answered(boost::system::error_code error) {
  response_.reset();
  body_.reset();
  if (!error && is_refused_)
    return linger();
  if (error || !keep_alive_)
    return close();
  read();
}

void http_connection::linger() {
  lingers_until_ = std::chrono::steady_clock::now() + linger_time;
  stream_.expires_at(lingers_until_);
  discard();
}

// Beast's timer alone can be outrun by who always has something to read.
void http_connection::discard() {
  buffer_.clear();
  stream_.async_read_some(
    buffer_.prepare(discarded_bytes),
    [self = shared_from_this()](boost::system::error_code error, std::size_t) {
      if (error || std::chrono::steady_clock::now() >= self->lingers_until_)
        return self->close();
      self->discard();
    });
}

// ---- in pieces ----

void http_connection::write_in_pieces(http_response head, std::shared_ptr<body_source> body) {
  head.chunked(true);
  body_ = std::move(body);
  std::ostringstream text;
  text << head.base();
  piece_ = std::move(text).str();
  stream_.expires_after(host_.request_timeout());
  boost::asio::async_write(
    stream_, boost::asio::buffer(piece_),
    [self = shared_from_this()](boost::system::error_code error, std::size_t) {
      if (error)
        return self->answered(error);
      self->write_piece();
    });
}

void http_connection::write_piece() {
  stream_.expires_never();  // until there is something to send
  watch_for_end();
  body_->next([self = shared_from_this()](std::optional<std::string> piece) {
    boost::asio::post(self->stream_.get_executor(),
                      [self, piece = std::move(piece)]() mutable {
                        self->on_piece(std::move(piece));
                      });
  });
}

// Whoever goes is noticed at once, not only when there is something to send. Who sends
// more instead is not watched any longer until the next piece.
void http_connection::watch_for_end() {
  if (std::exchange(is_watched_, true))
    return;
  using tcp = boost::asio::ip::tcp;
  stream_.socket().async_wait(
    tcp::socket::wait_read, [self = shared_from_this()](boost::system::error_code error) {
      self->is_watched_ = false;
      if (error || (!self->body_ && !self->leaving_))
        return;
      char next = 0;
      boost::system::error_code problem;
      self->stream_.socket().non_blocking(true, problem);
      const std::size_t bytes = self->stream_.socket().receive(
        boost::asio::buffer(&next, 1), boost::asio::socket_base::message_peek, problem);
      if (bytes == 0 && problem != boost::asio::error::would_block)
        self->give_up();
    });
}

// Destroying a body tells who fills it.
void http_connection::give_up() {
  body_.reset();
  if (const auto awaited = std::exchange(leaving_, nullptr))
    awaited->gone();
  close();
}

// A body that breaks off ends without the last chunk: the client can tell.
void http_connection::on_piece(std::optional<std::string> piece) {
  if (!body_)
    return;
  if (!piece)
    return answered(make_error_code(boost::system::errc::io_error));
  stream_.expires_after(host_.request_timeout());
  if (piece->empty()) {
    boost::asio::async_write(
      stream_, http::make_chunk_last(),
      [self = shared_from_this()](boost::system::error_code error, std::size_t) {
        self->answered(error);
      });
    return;
  }
  piece_ = std::move(*piece);
  boost::asio::async_write(
    stream_, http::make_chunk(boost::asio::buffer(piece_)),
    [self = shared_from_this()](boost::system::error_code error, std::size_t) {
      if (error)
        return self->answered(error);
      self->write_piece();
    });
}

void http_connection::close() {
  boost::system::error_code ignored;
  stream_.socket().shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
  stream_.close();
}

}  // namespace tandem::net
