// Lists of addresses and networks, such as trusted proxies: `10.0.0.0/8`,
// `::1`. Constant after it was made.
#pragma once

#include <boost/asio/ip/address.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::net {

class address_list {
 public:
  address_list() = default;

  // Separated by commas. Nothing if one is none.
  static std::optional<address_list> parse(std::string_view text);

  bool contains(const std::string& address) const;
  bool is_empty() const noexcept { return networks_.empty(); }

 private:
  struct network {
    boost::asio::ip::address_v6 first;  // IPv4 mapped
    unsigned bits = 128;
  };

  std::vector<network> networks_;
};

// What an address is limited by: itself, or of IPv6 its /64, which is one
// customer's. What is no address stays as it is.
std::string limited_as(const std::string& address);

}  // namespace tandem::net
