#include "net/room_id.hpp"

#include <openssl/rand.h>

#include <array>
#include <cstdint>

namespace tandem::net {

namespace {

constexpr std::size_t room_id_bytes = 16;  // 128 bits: whoever has the link may enter

}  // namespace

std::string random_room_id() {
  constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::array<unsigned char, room_id_bytes> bytes;
  RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
  std::string id;
  std::uint32_t bits = 0;
  int held = 0;
  for (const unsigned char byte : bytes) {
    bits = bits << 8 | byte;
    for (held += 8; held >= 6; held -= 6)
      id += alphabet[bits >> (held - 6) & 63];
  }
  id += alphabet[bits << (6 - held) & 63];
  return id;
}

}  // namespace tandem::net
