// Whether somebody listens at an address: a TCP connection that is made and dropped.
// Blocks for 300 ms at most, and for another second if a name has to be resolved.
#pragma once

#include <cstdint>
#include <string>

namespace tandem::net {

enum class probed : std::uint8_t {
  answers,
  refused,  // the machine is there, and no process listens
  unknown,
};

// `address`: HOST:PORT.
probed probe_address(const std::string& address);

}  // namespace tandem::net
