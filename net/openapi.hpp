// The REST routes as an OpenAPI 3.1 document, made of the table of routes
// (rest_routes.hpp), and the WebSocket's messages. `/docs` shows it. Pure.
#pragma once

#include <string>

namespace tandem::net {

std::string openapi_json(const std::string& public_url, const std::string& session_cookie);

}  // namespace tandem::net
