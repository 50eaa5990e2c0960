#include "net/http_types.hpp"

#include "net/json_text.hpp"

#include <utility>

namespace tandem::net {

http_response make_response(http::status status, std::string_view content_type,
                            std::string body) {
  http_response response{status, 11};
  response.set(http::field::content_type, {content_type.data(), content_type.size()});
  response.body() = std::move(body);
  return response;
}

http_response json_response(http::status status, std::string body) {
  http_response response = make_response(status, "application/json", std::move(body));
  response.set(http::field::cache_control, "no-store");
  return response;
}

http_response error_response(http::status status, std::string_view code,
                             std::string_view message) {
  std::string body = "{\"error\":{";
  append_field(body, "code", code);
  append_field(body, "message", message);
  body += "}}";
  return json_response(status, std::move(body));
}

}  // namespace tandem::net
