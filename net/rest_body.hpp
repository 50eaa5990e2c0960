// Reading what a REST request asks for, and answers that several files of routes
// give. Private to net/'s rest_*.cpp. Stateless.
#pragma once

#include "net/json.hpp"
#include "net/json_fields.hpp"
#include "net/rest_answers.hpp"
#include "net/rest_routes.hpp"
#include "net/target.hpp"
#include "storage/room_access.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tandem::net {

// Has `read(body)` read the JSON object of the request; what is wrong with it is
// answered. Whether all was well.
template <class F>
bool read_body(rest_call& call, F read) {
  json_document body;
  if (body.parse(call.message().body()) != json_error::none
      || !body.root().is(json_kind::object)) {
    call.answer(bad_request("the body is a JSON object"));
    return false;
  }
  try {
    read(body.root());
    return true;
  } catch (const bad_field& field) {
    call.answer(bad_request(std::string{"missing or wrong: "} + field.name));
    return false;
  }
}

inline std::optional<std::string> maybe_text_field(json_view object, const char* name) {
  if (!object.find(name))
    return std::nullopt;
  return text_field(object, name);
}

inline std::optional<bool> flag_field(json_view object, const char* name) {
  const auto value = object.find(name);
  if (!value)
    return std::nullopt;
  if (!value->boolean())
    throw bad_field{name};
  return value->boolean();
}

// A part of the path that is a number.
inline std::optional<std::int64_t> number_segment(const rest_call& call, std::size_t at) {
  const auto number = parse_number(call.segments.at(at));
  return number ? std::optional{static_cast<std::int64_t>(*number)} : std::nullopt;
}

// A login as it is kept: lower case in ASCII. Throws bad_field if it is none.
std::string as_login(std::string_view text);
// A password that may be had. Throws bad_field.
std::string as_new_password(std::string_view text, const char* field);
// One that somebody says is theirs. Throws bad_field if it is longer than any can be:
// it is wrong without being looked at.
std::string as_shown_password(std::string_view text, const char* field);
// Without control characters, at most `chars_max` long. Throws bad_field.
std::string as_shown_name(std::string_view text, std::size_t chars_max, const char* field);

http_response no_such_invite();

// `{"id":…` without the last brace.
std::string invite_json(const storage::invite_record& invite);
http_response new_invite_answer(const storage::invite_record& invite, std::string_view token,
                                std::string_view url);
// `expires_in` and `uses`. Throws bad_field.
void read_invite_bounds(json_view body, storage::invite_record& invite);

}  // namespace tandem::net
