// A WebSocket text frame as a server sends it (RFC 6455, 5.2): final, not
// masked, so that the same bytes serve every socket.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace tandem::net {

inline std::string text_frame(std::string_view payload) {
  constexpr char final_text = static_cast<char>(0x81);
  std::string bytes;
  bytes.reserve(payload.size() + 10);
  bytes += final_text;
  const auto big_endian = [&](int width) {
    for (int shift = (width - 1) * 8; shift >= 0; shift -= 8)
      bytes += static_cast<char>(payload.size() >> shift);
  };
  if (payload.size() < 126) {
    bytes += static_cast<char>(payload.size());
  } else if (payload.size() <= 0xFFFF) {
    bytes += static_cast<char>(126);
    big_endian(2);
  } else {
    bytes += static_cast<char>(127);
    big_endian(8);
  }
  bytes += payload;
  return bytes;
}

// What text_frame has wrapped.
inline std::string_view payload_of(std::string_view frame) noexcept {
  constexpr std::size_t shortest_header = 2;
  if (frame.size() < shortest_header)
    return {};
  const auto length = static_cast<unsigned char>(frame[1]);
  const std::size_t header = length < 126 ? 2 : length == 126 ? 4 : 10;
  return frame.substr(std::min(header, frame.size()));
}

}  // namespace tandem::net
