// Who may come in: the Origin allow-list, and how many connections there may
// be, WebSockets and others each for themselves. Thread-safe.
#pragma once

#include "net/server_options.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

namespace tandem::net {

// How many there are, in all and of each address. Not thread-safe.
class head_count {
 public:
  head_count(std::uint32_t max, std::uint32_t per_address_max)
      : max_{max}, per_address_max_{per_address_max} {}

  // Counts one in. Whether there was room for it; every call is matched by a
  // `leave`.
  bool enter(const std::string& address);
  void leave(const std::string& address);
  std::uint32_t all() const noexcept { return all_; }

 private:
  const std::uint32_t max_;
  const std::uint32_t per_address_max_;
  std::uint32_t all_ = 0;
  std::unordered_map<std::string, std::uint32_t> by_address_;
};

class door {
 public:
  // `url`: the server's own, with its real port.
  door(const server_options& options, const std::string& url);

  // Exact matches only; a request without an Origin comes from no browser and
  // is allowed.
  bool allows_origin(std::string_view origin) const;

  // Of WebSockets: as head_count's.
  bool enter(const std::string& address);
  void leave(const std::string& address);
  std::uint32_t connections() const;

  // The place of a connection that is no WebSocket, or not yet: it is free again
  // when nobody holds it. Null if there is none left. An empty address is that of
  // many people, who are not counted together. The door must outlive it.
  using place = std::shared_ptr<void>;
  place take_place(const std::string& address);

 private:
  std::set<std::string, std::less<>> origins_;
  mutable std::mutex mutex_;
  head_count sockets_;
  head_count others_;
};

}  // namespace tandem::net
