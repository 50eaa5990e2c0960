#include "net/address_list.hpp"

#include "net/target.hpp"
#include "net/text.hpp"

#include <algorithm>

namespace tandem::net {

namespace {

namespace ip = boost::asio::ip;

ip::address_v6 as_v6(const ip::address& address) {
  return address.is_v4() ? ip::make_address_v6(ip::v4_mapped, address.to_v4()) : address.to_v6();
}

bool share_first_bits(const ip::address_v6::bytes_type& a, const ip::address_v6::bytes_type& b,
                      unsigned bits) {
  const unsigned whole = bits / 8;
  if (!std::equal(a.begin(), a.begin() + whole, b.begin()))
    return false;
  const unsigned rest = bits % 8;
  return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

}  // namespace

std::optional<address_list> address_list::parse(std::string_view text) {
  address_list list;
  while (!trimmed(text).empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view one = trimmed(text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    const std::size_t slash = one.find('/');
    boost::system::error_code problem;
    const ip::address address = ip::make_address(std::string{one.substr(0, slash)}, problem);
    if (problem)
      return std::nullopt;
    const unsigned width = address.is_v4() ? 32 : 128;
    unsigned bits = width;
    if (slash != std::string_view::npos) {
      const auto wanted = parse_number(one.substr(slash + 1));
      if (!wanted || *wanted > width)
        return std::nullopt;
      bits = static_cast<unsigned>(*wanted);
    }
    list.networks_.push_back({as_v6(address), bits + (address.is_v4() ? 96 : 0)});
  }
  return list;
}

bool address_list::contains(const std::string& address) const {
  boost::system::error_code problem;
  const ip::address parsed = ip::make_address(address, problem);
  if (problem)
    return false;
  const auto bytes = as_v6(parsed).to_bytes();
  return std::ranges::any_of(networks_, [&](const network& one) {
    return share_first_bits(one.first.to_bytes(), bytes, one.bits);
  });
}

std::string limited_as(const std::string& address) {
  boost::system::error_code problem;
  const ip::address parsed = ip::make_address(address, problem);
  if (problem || parsed.is_v4())
    return address;
  ip::address_v6 v6 = parsed.to_v6();
  if (v6.is_v4_mapped())
    return ip::make_address_v4(ip::v4_mapped, v6).to_string();
  auto bytes = v6.to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), 0);
  return ip::address_v6{bytes}.to_string() + "/64";
}

}  // namespace tandem::net
