#include "net/random_token.hpp"

#include <openssl/rand.h>

#include <cstdint>
#include <stdexcept>
#include <vector>

namespace tandem::net {

std::string random_token(std::string_view prefix, std::size_t bytes) {
  constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::vector<unsigned char> random(bytes);
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1)
    throw std::runtime_error{"no random numbers"};
  std::string text{prefix};
  std::uint32_t bits = 0;
  int held = 0;
  for (const unsigned char byte : random) {
    bits = bits << 8 | byte;
    for (held += 8; held >= 6; held -= 6)
      text += alphabet[bits >> (held - 6) & 63];
  }
  if (held > 0)
    text += alphabet[bits << (6 - held) & 63];
  return text;
}

}  // namespace tandem::net
