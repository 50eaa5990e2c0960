#include "net/rest_body.hpp"

#include "net/json_text.hpp"
#include "ot/utf8.hpp"

#include <algorithm>

namespace tandem::net {

namespace {

constexpr std::int64_t invite_seconds_default = 7 * 86'400;
constexpr std::uint64_t invite_seconds_max = 366 * 86'400;
constexpr std::uint64_t invite_uses_max = 1'000'000;
constexpr std::size_t login_chars_max = 200;
constexpr std::size_t password_chars_min = 10;
constexpr std::size_t password_chars_max = 200;

bool is_control(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

}  // namespace

std::string as_login(std::string_view text) {
  std::string login{text};
  for (char& c : login)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  const bool has_gap = std::ranges::any_of(login, [](char c) { return c == ' ' || is_control(c); });
  if (login.empty() || has_gap || ot::count_chars(login) > login_chars_max)
    throw bad_field{"login"};
  return login;
}

std::string as_new_password(std::string_view text, const char* field) {
  const std::size_t chars = ot::count_chars(text);
  if (chars < password_chars_min || chars > password_chars_max)
    throw bad_field{field};
  return std::string{text};
}

std::string as_shown_password(std::string_view text, const char* field) {
  if (ot::count_chars(text) > password_chars_max)
    throw bad_field{field};
  return std::string{text};
}

std::string as_shown_name(std::string_view text, std::size_t chars_max, const char* field) {
  if (text.empty() || ot::count_chars(text) > chars_max || std::ranges::any_of(text, is_control))
    throw bad_field{field};
  return std::string{text};
}

http_response no_such_invite() {
  return error_response(http::status::not_found, "no_such_invite",
                        "no such invite, or it has ended or is used up");
}

std::string invite_json(const storage::invite_record& invite) {
  std::string out = "{";
  append_field(out, "id", invite.key);
  append_field(out, "role", invite.role);
  append_field(out, "created_at", invite.created_at_ms);
  append_field(out, "expires_at", invite.expires_at_ms);
  if (invite.uses)
    append_field(out, "uses", *invite.uses);
  append_field(out, "used", invite.used);
  return out;
}

http_response new_invite_answer(const storage::invite_record& invite, std::string_view token,
                                std::string_view url) {
  std::string out = invite_json(invite);
  append_field(out, "token", token);
  append_field(out, "url", url);
  return json_response(http::status::created, out + "}");
}

void read_invite_bounds(json_view body, storage::invite_record& invite) {
  const auto seconds = number_field(body, "expires_in");
  const auto uses = number_field(body, "uses");
  if (seconds && (*seconds == 0 || *seconds > invite_seconds_max))
    throw bad_field{"expires_in"};
  if (uses && (*uses == 0 || *uses > invite_uses_max))
    throw bad_field{"uses"};
  invite.created_at_ms = now_ms();
  invite.expires_at_ms =
    invite.created_at_ms
    + (seconds ? static_cast<std::int64_t>(*seconds) : invite_seconds_default) * 1000;
  if (uses)
    invite.uses = static_cast<std::int64_t>(*uses);
}

}  // namespace tandem::net
