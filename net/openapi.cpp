#include "net/openapi.hpp"

#include "net/json_text.hpp"
#include "net/rest_routes.hpp"
#include "net/wire_codec.hpp"

#include <fmt/format.h>

#include <map>
#include <vector>

namespace tandem::net {

namespace {

std::string_view method_name(http::verb method) {
  switch (method) {
    case http::verb::get: return "get";
    case http::verb::post: return "post";
    case http::verb::patch: return "patch";
    case http::verb::delete_: return "delete";
    default: return "x-other";
  }
}

void append_parameters(std::string& out, std::string_view pattern) {
  append_key(out, "parameters");
  out += '[';
  while (true) {
    const std::size_t begin = pattern.find('{');
    if (begin == std::string_view::npos)
      break;
    const std::size_t end = pattern.find('}', begin);
    out += out.back() == '[' ? "{" : ",{";
    append_field(out, "name", pattern.substr(begin + 1, end - begin - 1));
    append_field(out, "in", "path");
    append_flag(out, "required", true);
    append_key(out, "schema");
    out += "{\"type\":\"string\"}}";
    pattern.remove_prefix(end);
  }
  out += ']';
}

void append_operation(std::string& out, const route& one) {
  append_key(out, method_name(one.method));
  out += '{';
  append_field(out, "summary", one.summary);
  append_parameters(out, one.pattern);
  if (one.method == http::verb::post || one.method == http::verb::patch) {
    append_key(out, "requestBody");
    out += R"({"content":{"application/json":{"schema":{"type":"object"}}}})";
  }
  append_key(out, "responses");
  out += R"({"default":{"description":"see docs/protocol.md"}})";
  append_key(out, "security");
  out += one.needed == need::nothing ? "[]" : R"([{"bearer":[]},{"cookie":[]}])";
  append_field(out, "x-need", to_string(one.needed));
  append_flag(out, "x-accounts-only", one.is_of_accounts);
  out += '}';
}

}  // namespace

std::string openapi_json(const std::string& public_url) {
  std::map<std::string_view, std::vector<const route*>> by_path;
  for (const route* one : all_routes())
    by_path[one->pattern].push_back(one);
  std::string out = R"({"openapi":"3.1.0","info":{"title":"tandem","version":"1"})";
  append_key(out, "servers");
  out += "[{";
  append_field(out, "url", public_url);
  out += "}]";
  append_key(out, "paths");
  out += '{';
  for (const auto& [path, routes] : by_path) {
    append_key(out, path);
    out += '{';
    for (const route* one : routes)
      append_operation(out, *one);
    out += '}';
  }
  out += '}';
  append_key(out, "components");
  out += R"({"securitySchemes":{"bearer":{"type":"http","scheme":"bearer"},)"
         R"("cookie":{"type":"apiKey","in":"cookie","name":"tandem"}}})";
  append_key(out, "x-websocket-messages");
  out += '[';
  for (const std::string_view type : client_message_types()) {
    out += out.back() == '[' ? "" : ",";
    append_json_string(out, type);
  }
  return out + "]}";
}

}  // namespace tandem::net
