#include "net/door.hpp"

#include <algorithm>

namespace tandem::net {

bool tally::enter(const std::string& address, std::uint64_t amount) {
  const bool has_room = (all_ += amount) <= max_;
  if (address.empty())
    return has_room;
  return (by_address_[address] += amount) <= per_address_max_ && has_room;
}

void tally::leave(const std::string& address, std::uint64_t amount) {
  all_ -= amount;
  const auto found = by_address_.find(address);
  if (found != by_address_.end() && (found->second -= amount) == 0)
    by_address_.erase(found);
}

door::door(const server_options& options, const std::string& url)
    : origins_{options.allowed_origins.begin(), options.allowed_origins.end()},
      sockets_{options.connections_max, options.connections_per_address_max},
      others_{options.http_connections_max, options.http_connections_per_address_max},
      body_bytes_{std::max(options.request_bodies_bytes_max, options.request_body_bytes),
                  std::max(options.request_bodies_per_address_bytes_max,
                           options.request_body_bytes)} {
  const std::string port = url.substr(url.rfind(':'));
  const std::string scheme = url.substr(0, url.find("//"));
  for (const char* loopback : {"//127.0.0.1", "//localhost", "//[::1]"})
    origins_.insert(scheme + loopback + port);
  origins_.insert(url);
  if (!options.public_url.empty())
    origins_.insert(options.public_url);
}

bool door::allows_origin(std::string_view origin) const {
  return origin.empty() || origins_.contains(origin);
}

bool door::enter(const std::string& address) {
  const std::lock_guard lock{mutex_};
  return sockets_.enter(address);
}

void door::leave(const std::string& address) {
  const std::lock_guard lock{mutex_};
  sockets_.leave(address);
}

std::uint64_t door::connections() const {
  const std::lock_guard lock{mutex_};
  return sockets_.all();
}

door::place door::take_place(const std::string& address) {
  return take(others_, address, 1);
}

door::place door::take_place_of_body(const std::string& address, std::uint64_t bytes) {
  return take(body_bytes_, address, bytes);
}

door::place door::take(tally& of, const std::string& address, std::uint64_t amount) {
  const std::lock_guard lock{mutex_};
  if (!of.enter(address, amount)) {
    of.leave(address, amount);
    return nullptr;
  }
  return {&of, [this, address, amount](tally* taken) {
            const std::lock_guard inner{mutex_};
            taken->leave(address, amount);
          }};
}

}  // namespace tandem::net
