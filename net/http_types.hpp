// The HTTP messages that net/ works with, and how answers are made. All
// errors have one shape: {"error": {"code", "message"}}.
#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace tandem::net {

namespace http = boost::beast::http;

using http_request = http::request<http::string_body>;
using http_response = http::response<http::string_body>;

// Takes the answer, from any thread, once.
using respond = std::function<void(http_response)>;

http_response make_response(http::status status, std::string_view content_type,
                            std::string body);
http_response json_response(http::status status, std::string body);
http_response error_response(http::status status, std::string_view code,
                             std::string_view message);

}  // namespace tandem::net
