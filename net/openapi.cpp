#include "net/openapi.hpp"

#include "net/json_text.hpp"
#include "net/openapi_shapes.hpp"
#include "net/rest_routes.hpp"
#include "net/wire_codec.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <span>
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

// The part of `list` before the first `separator`, which is taken from it.
std::string_view take_until(std::string_view& list, char separator) {
  const std::size_t end = list.find(separator);
  const std::string_view part = list.substr(0, end);
  list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
  return part;
}

struct shape_field {
  std::string_view name;
  std::string_view type;
  bool is_required;
};

std::vector<shape_field> fields_of(std::string_view shape) {
  std::vector<shape_field> fields;
  while (!shape.empty()) {
    std::string_view type = take_until(shape, ',');
    std::string_view name = take_until(type, ':');
    const bool is_required = !name.ends_with('?');
    name.remove_suffix(is_required ? 0 : 1);
    fields.push_back({name, type, is_required});
  }
  return fields;
}

// JSON Schema of a type as net/openapi_shapes.hpp writes it.
void append_schema(std::string& out, std::string_view type) {
  out += '{';
  if (type.ends_with("[]")) {
    append_field(out, "type", "array");
    append_key(out, "items");
    append_schema(out, type.substr(0, type.size() - 2));
  } else if (type.find('|') != std::string_view::npos) {
    append_field(out, "type", "string");
    append_key(out, "enum");
    out += '[';
    while (!type.empty()) {
      append_json_string(out, take_until(type, '|'));
      out += type.empty() ? "" : ",";
    }
    out += ']';
  } else if (type != "any") {
    append_field(out, "type", type);
  }
  out += '}';
}

void append_object_schema(std::string& out, std::string_view shape) {
  const std::vector<shape_field> fields = fields_of(shape);
  out += '{';
  append_field(out, "type", "object");
  append_key(out, "properties");
  out += '{';
  for (const shape_field& field : fields) {
    append_key(out, field.name);
    append_schema(out, field.type);
  }
  out += '}';
  append_key(out, "required");
  out += '[';
  for (const shape_field& field : fields) {
    if (!field.is_required)
      continue;
    out += out.back() == '[' ? "" : ",";
    append_json_string(out, field.name);
  }
  out += "]}";
}

route_shape shape_of(const route& one) {
  const auto* const found = std::ranges::find_if(route_shapes, [&](const route_shape& shape) {
    return shape.method == method_name(one.method) && shape.pattern == one.pattern;
  });
  return found == std::end(route_shapes) ? route_shape{} : *found;
}

void append_parameter(std::string& out, std::string_view place, const shape_field& field) {
  out += out.back() == '[' ? "{" : ",{";
  append_field(out, "name", field.name);
  append_field(out, "in", place);
  append_flag(out, "required", field.is_required);
  append_key(out, "schema");
  append_schema(out, field.type);
  out += '}';
}

void append_parameters(std::string& out, std::string_view pattern, std::string_view query) {
  append_key(out, "parameters");
  out += '[';
  while (true) {
    const std::size_t begin = pattern.find('{');
    if (begin == std::string_view::npos)
      break;
    const std::size_t end = pattern.find('}', begin);
    append_parameter(out, "path", {pattern.substr(begin + 1, end - begin - 1), "string", true});
    pattern.remove_prefix(end);
  }
  for (const shape_field& field : fields_of(query))
    append_parameter(out, "query", field);
  out += ']';
}

void append_operation(std::string& out, const route& one) {
  append_key(out, method_name(one.method));
  out += '{';
  append_field(out, "summary", one.summary);
  const route_shape shape = shape_of(one);
  append_parameters(out, one.pattern, shape.query);
  if (!shape.body.empty()) {
    append_key(out, "requestBody");
    out += R"({"content":{"application/json":{"schema":)";
    append_object_schema(out, shape.body);
    out += "}}}";
  }
  append_key(out, "responses");
  out += R"({"default":{"description":"see docs/protocol.md"}})";
  append_key(out, "security");
  out += one.needed == need::nothing ? "[]" : R"([{"bearer":[]},{"cookie":[]}])";
  append_field(out, "x-need", to_string(one.needed));
  append_flag(out, "x-accounts-only", one.is_of_accounts);
  out += '}';
}

void append_messages(std::string& out, std::string_view who,
                     std::span<const message_shape> shapes) {
  append_key(out, who);
  out += '[';
  for (const message_shape& shape : shapes) {
    out += out.back() == '[' ? "{" : ",{";
    append_field(out, "type", shape.type);
    append_field(out, "summary", shape.summary);
    append_key(out, "schema");
    append_object_schema(out, shape.fields);
    out += '}';
  }
  out += ']';
}

}  // namespace

std::string openapi_json(const std::string& public_url, const std::string& session_cookie) {
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
         R"("cookie":{"type":"apiKey","in":"cookie")";
  append_field(out, "name", session_cookie);
  out += "}}}";
  append_key(out, "x-websocket-messages");
  out += '[';
  for (const std::string_view type : client_message_types()) {
    out += out.back() == '[' ? "" : ",";
    append_json_string(out, type);
  }
  out += ']';
  append_key(out, "x-websocket-frames");
  out += '{';
  append_field(out, "path", "/ws/{room}");
  append_messages(out, "client", client_message_shapes);
  append_messages(out, "server", server_message_shapes);
  return out + "}}";
}

}  // namespace tandem::net
