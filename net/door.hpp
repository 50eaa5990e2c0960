// Who may come in: the Origin allow-list, and how many connections there may
// be. Thread-safe.
#pragma once

#include "net/server_options.hpp"

#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

namespace tandem::net {

class door {
 public:
  // `url`: the server's own, with its real port.
  door(const server_options& options, const std::string& url);

  // Exact matches only; a request without an Origin comes from no browser and
  // is allowed.
  bool allows_origin(std::string_view origin) const;

  // Counts a connection in. Whether there was room for it; every call is
  // matched by a `leave`.
  bool enter(const std::string& address);
  void leave(const std::string& address);

  std::uint32_t connections() const;

 private:
  std::set<std::string, std::less<>> origins_;
  const std::uint32_t connections_max_;
  const std::uint32_t connections_per_address_max_;
  mutable std::mutex mutex_;
  std::uint32_t connections_ = 0;
  std::unordered_map<std::string, std::uint32_t> by_address_;
};

}  // namespace tandem::net
