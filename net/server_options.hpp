// How the server listens and whom it lets in. Constant after the start.
#pragma once

#include "actors/rate_settings.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tandem::net {

struct server_options {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;  // 0: any free one
  std::string public_url;     // empty: http://address:port
  // Besides the public URL and loopback's names, which are always allowed.
  std::vector<std::string> allowed_origins;
  std::string web_root;
  std::string tls_certificate;  // files, PEM; empty: no TLS here
  std::string tls_key;
  // Addresses and networks, by commas, whose X-Forwarded-For is believed.
  std::string trusted_proxies;

  rate sign_ins_per_address{20, 20};
  rate sign_ins_per_account{20, 20};

  std::uint32_t io_threads = 1;
  std::uint32_t connections_max = 10'000;  // WebSockets
  std::uint32_t connections_per_address_max = 2'000;
  // All others. Of a trusted proxy's address only the first counts.
  std::uint32_t http_connections_max = 4'000;
  std::uint32_t http_connections_per_address_max = 1'000;
  std::uint64_t request_body_bytes = 4U << 20U;
  // Of those above small_body_bytes, from their header until nobody needs them; each at
  // least one of the largest.
  std::uint64_t request_bodies_bytes_max = 256U << 20U;
  std::uint64_t request_bodies_per_address_bytes_max = 32U << 20U;
  std::uint32_t request_header_bytes = 8U << 10U;
  std::uint32_t request_timeout_ms = 15'000;
  std::uint32_t hello_timeout_ms = 10'000;
  std::uint32_t idle_timeout_ms = 45'000;
  std::uint32_t write_timeout_ms = 30'000;
  std::uint32_t close_timeout_ms = 2'000;
};

}  // namespace tandem::net
