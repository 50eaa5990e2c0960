#include "net/room_id.hpp"

#include "net/random_token.hpp"

namespace tandem::net {

namespace {

constexpr std::size_t room_id_bytes = 16;  // 128 bits: a link cannot be guessed

}  // namespace

std::string random_room_id() {
  return random_token("", room_id_bytes);
}

}  // namespace tandem::net
