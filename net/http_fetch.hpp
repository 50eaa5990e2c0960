// Asking another server over HTTP(S), by libcurl: with a deadline, a limit, TLS
// verified, and no redirects followed. Blocks; thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tandem::net {

struct fetch_request {
  std::string url;
  // For a form; without fields it is a GET.
  std::vector<std::pair<std::string, std::string>> form;
  // For HTTP Basic; none if the name is empty.
  std::string user;
  std::string password;
};

struct fetch_answer {
  long status = 0;  // 0: there was none; `body` then says why
  std::string body;
};

inline constexpr long fetch_deadline_ms = 10'000;
inline constexpr std::size_t fetch_bytes_max = std::size_t{256} << 10U;

fetch_answer fetch(const fetch_request& request);

// As a part of a URL.
std::string url_encoded(const std::string& text);

}  // namespace tandem::net
