// What depends on several settings.
#include "config/settings.hpp"
#include "net/upstream_url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>

namespace tandem {

namespace {

bool is_loopback(const std::string& address) {
  return address.starts_with("127.") || address == "::1";
}

// The setting by which others than this machine reach the server; empty: none.
std::string way_in(const settings& all) {
  if (!is_loopback(all.server.address))
    return fmt::format("listen = \"{}\"", all.listen);
  if (!all.server.trusted_proxies.empty())
    return fmt::format("trusted_proxies = \"{}\"", all.server.trusted_proxies);
  const auto shown = net::parse_upstream_url(all.server.public_url);
  if (shown && !is_loopback(shown->host) && shown->host != "localhost")
    return fmt::format("public_url = \"{}\"", all.server.public_url);
  return {};
}

// As a browser says it in `Origin`, with which it is compared.
bool is_origin(const std::string& text) {
  const auto url = net::parse_upstream_url(text);
  const bool has_capitals = std::ranges::any_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
  return url && !has_capitals && !url->port.starts_with('0')
         && text == (url->is_tls ? "https://" : "http://") + url->authority();
}

bool is_safe_issuer(std::string_view issuer) {
  return issuer.empty() || issuer.starts_with("https://") || issuer.starts_with("http://127.0.0.1:")
         || issuer.starts_with("http://localhost:");
}

struct endpoint {
  std::string address;
  std::uint16_t port = 0;
};

endpoint endpoint_of(std::string_view name, const std::string& text) {
  const std::size_t colon = text.rfind(':');
  const std::string_view digits =
    std::string_view{text}.substr(colon == std::string::npos ? text.size() : colon + 1);
  const char* end = digits.data() + digits.size();
  std::uint32_t port = 0;
  const auto result = std::from_chars(digits.data(), end, port);
  if (result.ec != std::errc{} || result.ptr != end || port > std::numeric_limits<std::uint16_t>::max())
    throw settings_error{fmt::format("{} = \"{}\": must be ADDRESS:PORT", name, text)};
  endpoint found{text.substr(0, colon), static_cast<std::uint16_t>(port)};
  if (found.address.starts_with('[') && found.address.ends_with(']'))
    found.address = found.address.substr(1, found.address.size() - 2);
  if (found.address == "localhost")
    found.address = "127.0.0.1";
  return found;
}

void finish_cluster(settings& all) {
  cluster_settings& cluster = all.cluster;
  if (all.cluster_listen.empty()) {
    if (!cluster.name.empty())
      throw settings_error{"node_name goes with cluster_listen"};
    return;
  }
  const endpoint at = endpoint_of("cluster_listen", all.cluster_listen);
  cluster.host = at.address;
  cluster.port = at.port;
  if (!all.store.starts_with("postgres"))
    throw settings_error{"cluster_listen takes a store that nodes can share: postgresql://…"};
  if (cluster.name.empty())
    throw settings_error{"cluster_listen takes a node_name"};
  const bool has_tls = !cluster.certificate.empty();
  if (has_tls == cluster.key.empty() || has_tls == cluster.authority.empty())
    throw settings_error{"cluster_certificate, cluster_key and cluster_authority go together"};
  if (!has_tls && !is_loopback(at.address) && !all.is_cluster_network_private)
    throw settings_error{fmt::format(
      "cluster_listen = \"{}\": others than this machine can reach that, and whoever can rules the"
      " rooms. Set cluster_certificate, cluster_key and cluster_authority; or"
      " cluster_network_is_private = yes, if no one but nodes can",
      all.cluster_listen)};
  if (cluster.advertised.empty() && (at.address == "0.0.0.0" || at.address == "::"))
    throw settings_error{"cluster_listen on all addresses takes a cluster_advertise: the one that"
                         " other nodes dial"};
  if (cluster.beat_ms * 3 > cluster.lease_ms)
    throw settings_error{"lease_ms must be at least three times beat_ms"};
}

void check_model_url(std::string_view name, const std::string& url) {
  if (!net::parse_upstream_url(url))
    throw settings_error{  // which is not shown: it could hold a password
      fmt::format("{} must be http(s)://HOST[:PORT][/PATH], without a name and password", name)};
}

void finish_model(net::model_settings& ai) {
  const bool has_model = ai.provider == net::model_provider::openai;
  if (has_model && (ai.url.empty() || ai.model.empty()))
    throw settings_error{"ai_provider = openai takes an ai_url and an ai_model"};
  if (!ai.url.empty())
    check_model_url("ai_url", ai.url);
  if (!ai.completion_url.empty())
    check_model_url("ai_completion_url", ai.completion_url);
  if (!has_model && ai.room_default == net::room_ai::on)
    throw settings_error{"ai_room_default = on takes ai_provider = openai"};
  if (ai.provider == net::model_provider::off)
    ai.room_default = net::room_ai::off;
}

// What is wrong with showing a key to that address; empty: nothing.
std::string key_warning(std::string_view name, const std::string& url) {
  const auto address = net::parse_upstream_url(url);
  if (!address || address->is_tls || net::is_private_host(address->host))
    return {};
  return fmt::format("{} is http: the model's key and people's texts go to {} for everybody on the"
                     " way to read",
                     name, address->authority());
}

void warn_of_model(const net::model_settings& ai, std::vector<std::string>& warnings) {
  if (ai.provider != net::model_provider::openai) {
    if (!ai.url.empty())
      warnings.push_back("ai_url is set, but ai_provider is not openai: no model is asked");
    return;
  }
  if (ai.key.is_empty())
    return;
  for (const std::string& warning :
       {key_warning("ai_url", ai.url), key_warning("ai_completion_url", ai.completion_url)})
    if (!warning.empty())
      warnings.push_back(warning);
}

}  // namespace

void finish_settings(settings& all) {
  const endpoint at = endpoint_of("listen", all.listen);
  all.server.address = at.address;
  all.server.port = at.port;
  finish_cluster(all);
  finish_model(all.ai);
  if (all.bounds.outbound_pause_bytes >= all.bounds.outbound_bytes)
    throw settings_error{"outbound_pause_bytes must be less than outbound_bytes"};
  if (all.server.tls_certificate.empty() != all.server.tls_key.empty())
    throw settings_error{"tls_certificate and tls_key go together"};
  if (!all.accounts.company.issuer.empty()
      && (all.mode != access_mode::accounts || all.accounts.company.client_id.empty()))
    throw settings_error{"oidc_issuer takes mode = accounts and an oidc_client_id"};
  if (!all.accounts.company.issuer.empty() && !all.cluster_listen.empty()
      && all.accounts.company.client_secret.empty())
    throw settings_error{"oidc_issuer in a cluster takes an oidc_client_secret_file: a browser may"
                         " come back to another node, which must know what the first has signed"};
  if (!is_safe_issuer(all.accounts.company.issuer))
    throw settings_error{"oidc_issuer must be https://…; http:// is for this machine only"};
  if (!all.server.public_url.empty() && !is_origin(all.server.public_url))
    throw settings_error{fmt::format(
      "public_url = \"{}\": must be as browsers write it, like https://code.example.org or"
      " http://localhost:8080: in small letters, without a path, a slash at its end, or the port"
      " that goes without saying",
      all.server.public_url)};
  if (const std::string way = way_in(all); !all.mode && !way.empty())
    throw settings_error{fmt::format(
      "{}: others than this machine can reach it. Say mode = accounts, so that they sign in; or"
      " mode = open, so that whoever knows a room's link may do everything in it",
      way)};
}

std::vector<std::string> warnings_of(const settings& all) {
  std::vector<std::string> warnings;
  const bool is_open = all.mode.value_or(access_mode::open) == access_mode::open;
  const bool is_local = is_loopback(all.server.address);
  if (is_open && !way_in(all).empty())
    warnings.push_back("mode = open, and others than this machine can reach it: whoever knows a"
                       " room's link may read, change and remove it");
  if (!is_open && !is_local && all.server.tls_certificate.empty()
      && all.server.trusted_proxies.empty())
    warnings.push_back("passwords come in without TLS: set tls_certificate and tls_key, or put a"
                       " proxy before it and name it in trusted_proxies");
  const bool is_https = all.server.public_url.empty()
                          ? !all.server.tls_certificate.empty()
                          : all.server.public_url.starts_with("https:");
  if (!is_open && !is_local && !is_https)
    warnings.push_back("public_url is not https: browsers are told that cookies may go without"
                       " TLS");
  if (all.server.public_url.empty()
      && (all.server.address == "0.0.0.0" || all.server.address == "::"))
    warnings.push_back("there is no public_url: links and invitations will say "
                       + all.server.address + ", which is nobody's address");
  warn_of_model(all.ai, warnings);
  return warnings;
}

}  // namespace tandem
