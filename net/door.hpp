// Who may come in: the Origin allow-list; how many connections there may be,
// WebSockets and others each for themselves; how many bytes of requests' bodies are
// held at once. Thread-safe.
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

// How much there is, in all and of each address. An empty address is that of many
// people, who are not counted together. Not thread-safe.
class tally {
 public:
  tally(std::uint64_t max, std::uint64_t per_address_max)
      : max_{max}, per_address_max_{per_address_max} {}

  // Whether there was room for it; every call is matched by a `leave`.
  bool enter(const std::string& address, std::uint64_t amount = 1);
  void leave(const std::string& address, std::uint64_t amount = 1);
  std::uint64_t all() const noexcept { return all_; }

 private:
  const std::uint64_t max_;
  const std::uint64_t per_address_max_;
  std::uint64_t all_ = 0;
  std::unordered_map<std::string, std::uint64_t> by_address_;
};

class door {
 public:
  // `url`: the server's own, with its real port.
  door(const server_options& options, const std::string& url);

  // Exact matches only; a request without an Origin comes from no browser and
  // is allowed.
  bool allows_origin(std::string_view origin) const;

  // Of WebSockets: as tally's.
  bool enter(const std::string& address);
  void leave(const std::string& address);
  std::uint64_t connections() const;

  // The place of a connection that is no WebSocket, or not yet: it is free again
  // when nobody holds it. Null if there is none left. The door must outlive it.
  using place = std::shared_ptr<void>;
  place take_place(const std::string& address);

  // Likewise for the body of a request, which has so many bytes.
  place take_place_of_body(const std::string& address, std::uint64_t bytes);

 private:
  place take(tally& of, const std::string& address, std::uint64_t amount);

  std::set<std::string, std::less<>> origins_;
  mutable std::mutex mutex_;
  tally sockets_;
  tally others_;
  tally body_bytes_;
};

}  // namespace tandem::net
