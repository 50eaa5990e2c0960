// The HTTP messages that net/ works with, and how answers are made. All
// errors have one shape: {"error": {"code", "message"}}.
#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tandem::net {

namespace http = boost::beast::http;

using http_request = http::request<http::string_body>;
using http_response = http::response<http::string_body>;

// A body that is made while it is sent.
class body_source {
 public:
  virtual ~body_source() = default;
  // Gives the next piece, on any thread: an empty one is the end, nothing means
  // that the rest cannot be had. Not called again before it has given.
  virtual void next(std::function<void(std::optional<std::string>)> give) = 0;
};

struct http_answer {
  http_answer(http_response whole) : head{std::move(whole)} {}
  http_answer(http_response begins, std::shared_ptr<body_source> goes_on)
      : head{std::move(begins)}, body{std::move(goes_on)} {}

  http_response head;
  std::shared_ptr<body_source> body;  // instead of the head's, if there is one
};

// Takes the answer, from any thread, once.
using respond = std::function<void(http_answer)>;

http_response make_response(http::status status, std::string_view content_type,
                            std::string body);
http_response json_response(http::status status, std::string body);
http_response error_response(http::status status, std::string_view code,
                             std::string_view message);

}  // namespace tandem::net
