#include "net/caller.hpp"

#include "net/text.hpp"

#include <fmt/format.h>

namespace tandem::net {

namespace {

constexpr std::string_view bearer = "Bearer ";
constexpr std::size_t agent_bytes_max = 200;

std::string_view header(const http_request& request, std::string_view name) {
  const auto value = request[boost::beast::string_view{name.data(), name.size()}];
  return {value.data(), value.size()};
}

// A list may come in several lines, which make one (RFC 9110, 5.3).
std::string joined_headers(const http_request& request, const char* name) {
  std::string all;
  const auto [first, last] = request.equal_range(name);
  for (auto line = first; line != last; ++line) {
    all += all.empty() ? "" : ",";
    all.append(line->value().data(), line->value().size());
  }
  return all;
}

// What a browser says of itself, as far as it can be shown.
std::string agent_of(const http_request& request) {
  std::string agent;
  for (const char c : header(request, "User-Agent").substr(0, agent_bytes_max))
    if (c >= ' ' && c <= '~')
      agent += c;
  return agent;
}

}  // namespace

std::string cookie_value(const http_request& request, std::string_view name) {
  std::string_view all = header(request, "Cookie");
  while (!all.empty()) {
    const std::size_t end = all.find(';');
    const std::string_view pair = trimmed(all.substr(0, end));
    all.remove_prefix(end == std::string_view::npos ? all.size() : end + 1);
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name)
      return std::string{pair.substr(equals + 1)};
  }
  return {};
}

std::string set_cookie(const cookie_names& names, std::string_view name, std::string_view value,
                       std::int64_t seconds) {
  return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}{}", name, value, seconds,
                     names.is_secure ? "; Secure" : "");
}

// From the back: who is next to a proxy of ours was seen by it, the rest is
// hearsay.
std::string address_of_caller(const http_request& request, const std::string& peer,
                              const address_list& proxies) {
  std::string address = peer;
  const std::string all = joined_headers(request, "X-Forwarded-For");
  std::string_view forwarded = all;
  while (proxies.contains(address) && !forwarded.empty()) {
    const std::size_t comma = forwarded.rfind(',');
    const std::size_t begin = comma == std::string_view::npos ? 0 : comma + 1;
    const std::string_view last = trimmed(forwarded.substr(begin));
    forwarded = forwarded.substr(0, begin == 0 ? 0 : comma);
    boost::system::error_code problem;
    const auto parsed = boost::asio::ip::make_address(std::string{last}, problem);
    if (problem)
      break;
    address = parsed.to_string();
  }
  return limited_as(address);
}

caller caller_of(const incoming& request, const cookie_names& names,
                 const address_list& proxies) {
  caller from;
  const http_request& message = request.message;
  from.shown.address = address_of_caller(message, request.peer, proxies);
  from.shown.agent = agent_of(message);
  from.has_origin = !header(message, "Origin").empty();
  from.csrf = header(message, "Tandem-CSRF");
  const std::string_view authorization = header(message, "Authorization");
  if (authorization.starts_with(bearer)) {
    from.shown.token_digest = digest_of_token(trimmed(authorization.substr(bearer.size())));
    return from;
  }
  from.device = cookie_value(message, names.device);
  from.cookie = cookie_value(message, names.session);
  if (!from.cookie.empty())
    from.shown.token_digest = digest_of_token(from.cookie);
  return from;
}

std::string csrf_of(std::string_view session_token) {
  return digest_of_token("csrf " + std::string{session_token}).substr(0, 32);
}

}  // namespace tandem::net
