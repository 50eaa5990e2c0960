#include "net/door.hpp"

namespace tandem::net {

door::door(const server_options& options, const std::string& url)
    : origins_{options.allowed_origins.begin(), options.allowed_origins.end()},
      connections_max_{options.connections_max},
      connections_per_address_max_{options.connections_per_address_max} {
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
  const std::uint32_t of_address = ++by_address_[address];
  return ++connections_ <= connections_max_ && of_address <= connections_per_address_max_;
}

void door::leave(const std::string& address) {
  const std::lock_guard lock{mutex_};
  --connections_;
  const auto found = by_address_.find(address);
  if (found != by_address_.end() && --found->second == 0)
    by_address_.erase(found);
}

std::uint32_t door::connections() const {
  const std::lock_guard lock{mutex_};
  return connections_;
}

}  // namespace tandem::net
