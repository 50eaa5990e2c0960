// The address of another server as an operator writes it, taken apart. Pure;
// a header only, because the settings check addresses by it too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tandem::net {

struct upstream_url {
  bool is_tls = true;
  std::string host;   // a name, or an address without brackets
  std::string port;   // digits
  std::string path;   // without a slash at its end; empty: the root
  std::string query;  // without its question mark

  // As in the field `Host`: without the port that goes without saying.
  std::string authority() const {
    const std::string name = host.find(':') == std::string::npos ? host : '[' + host + ']';
    return port == (is_tls ? "443" : "80") ? name : name + ':' + port;
  }

  // `more` begins with a slash.
  std::string target(std::string_view more) const {
    std::string whole = path;
    whole += more;
    return query.empty() ? whole : whole + '?' + query;
  }

  bool is_same_server(const upstream_url& other) const {
    return is_tls == other.is_tls && host == other.host && port == other.port;
  }
};

namespace detail {

inline bool is_port(std::string_view digits) noexcept {
  std::uint32_t value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9' || value > 65'535)
      return false;
    value = value * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return value > 0 && value <= 65'535;
}

// What may be in a host's name or address; nothing that ends a header's line.
inline bool is_host(std::string_view text) noexcept {
  constexpr std::string_view allowed =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:";
  return !text.empty() && text.size() <= 253
         && text.find_first_not_of(allowed) == std::string_view::npos;
}

inline bool is_of_a_url(std::string_view text) noexcept {
  for (const char c : text)
    if (c <= ' ' || c > '~' || c == '#')
      return false;
  return true;
}

}  // namespace detail

// http(s)://HOST[:PORT][/PATH][?QUERY], HOST also as [IPv6]. Nothing if it is
// something else: a name and a password in it are not taken.
inline std::optional<upstream_url> parse_upstream_url(std::string_view text) {
  upstream_url url;
  url.is_tls = text.starts_with("https://");
  if (!url.is_tls && !text.starts_with("http://"))
    return std::nullopt;
  text.remove_prefix(url.is_tls ? 8 : 7);
  if (!detail::is_of_a_url(text) || text.size() > 2'000)
    return std::nullopt;
  std::string_view authority = text.substr(0, text.find_first_of("/?"));
  text.remove_prefix(authority.size());
  const std::size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
  if (bracket == std::string_view::npos)
    return std::nullopt;
  const std::size_t colon = authority.find(':', bracket);
  url.port = url.is_tls ? "443" : "80";
  if (colon != std::string_view::npos) {
    url.port = authority.substr(colon + 1);
    authority = authority.substr(0, colon);
  }
  if (bracket > 0 && authority.size() != bracket + 1)
    return std::nullopt;
  url.host = bracket > 0 ? authority.substr(1, bracket - 1) : authority;
  if (!detail::is_host(url.host) || !detail::is_port(url.port))
    return std::nullopt;
  const std::size_t question = text.find('?');
  url.path = text.substr(0, question);
  if (question != std::string_view::npos)
    url.query = text.substr(question + 1);
  while (url.path.ends_with('/'))
    url.path.pop_back();
  return url;
}

// Whether a host is this machine, or is on a network that only its owner
// reaches, as far as its name or address tells.
inline bool is_private_host(std::string_view host) {
  const auto ends = [&](std::string_view end) { return host.ends_with(end); };
  if (host == "localhost" || ends(".localhost") || ends(".local") || ends(".internal"))
    return true;
  if (host.find(':') != std::string_view::npos)
    return host == "::1" || host.starts_with("fc") || host.starts_with("fd")
           || host.starts_with("fe80:");
  if (host.find('.') == std::string_view::npos)
    return true;  // a name without a domain: a container's, or of the local network
  if (host.find_first_not_of("0123456789.") != std::string_view::npos)
    return false;
  if (host.starts_with("127.") || host.starts_with("10.") || host.starts_with("192.168."))
    return true;
  for (int second = 16; second < 32; ++second)
    if (host.starts_with("172." + std::to_string(second) + '.'))
      return true;
  return false;
}

}  // namespace tandem::net
