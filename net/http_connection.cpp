#include "net/http_connection.hpp"

#include <boost/asio/post.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include <utility>

namespace tandem::net {

void http_connection::read() {
  parser_.emplace();
  parser_->header_limit(host_.header_bytes_max());
  parser_->body_limit(host_.body_bytes_max());
  stream_.expires_after(host_.request_timeout());
  http::async_read(stream_, buffer_, *parser_,
                   [self = shared_from_this()](boost::system::error_code error, std::size_t) {
                     self->on_request(error);
                   });
}

void http_connection::on_request(boost::system::error_code error) {
  if (error == http::error::body_limit)
    return refuse(http::status::payload_too_large, "too_large", "the body is too large");
  if (error == http::error::header_limit)
    return refuse(http::status::request_header_fields_too_large, "too_large",
                  "the header is too large");
  if (error.category() == http::make_error_code(http::error::bad_method).category()
      && error != http::error::end_of_stream && error != http::error::partial_message)
    return refuse(http::status::bad_request, "bad_message", "not a valid request");
  if (error)
    return close();
  http_request request = parser_->release();
  parser_.reset();
  if (request.count(http::field::transfer_encoding) > 0)
    return refuse(http::status::length_required, "bad_message", "send a Content-Length");
  if (host_.wants_upgrade(request)) {
    stream_.expires_never();
    return host_.upgrade(stream_.release_socket(), thread_, std::move(request));
  }
  keep_alive_ = request.keep_alive();
  is_head_ = request.method() == http::verb::head;
  if (is_head_)
    request.method(http::verb::get);
  stream_.expires_after(host_.request_timeout());
  host_.answer(request, [self = shared_from_this()](http_response response) {
    boost::asio::post(self->stream_.get_executor(),
                      [self, response = std::move(response)]() mutable {
                        self->write(std::move(response));
                      });
  });
}

void http_connection::refuse(http::status status, std::string_view code, std::string_view why) {
  keep_alive_ = false;
  write(error_response(status, code, why));
}

void http_connection::write(http_response response) {
  response.set(http::field::server, "tandem");
  response.set("X-Content-Type-Options", "nosniff");
  response.set("Referrer-Policy", "no-referrer");
  response.set("Cross-Origin-Opener-Policy", "same-origin");
  response.keep_alive(keep_alive_);
  response.prepare_payload();
  if (is_head_)
    response.body().clear();
  response_ = std::make_shared<http_response>(std::move(response));
  stream_.expires_after(host_.request_timeout());
  http::async_write(stream_, *response_,
                    [self = shared_from_this()](boost::system::error_code error, std::size_t) {
                      self->response_.reset();
                      if (error || !self->keep_alive_)
                        return self->close();
                      self->read();
                    });
}

void http_connection::close() {
  boost::system::error_code ignored;
  stream_.socket().shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
  stream_.close();
}

}  // namespace tandem::net
