// WebSocket (RFC 6455) for both ends of a benchmark: the handshake's key and
// the frames. No extensions, no checks that only a hostile peer would need.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tandem::bench {

enum class opcode : std::uint8_t { continuation = 0, text = 1, close = 8, ping = 9, pong = 10 };

struct frame {
  opcode kind = opcode::text;
  bool is_final = true;
  std::string_view payload;
};

// The Sec-WebSocket-Accept that answers a Sec-WebSocket-Key.
std::string websocket_accept(std::string_view key);

// The value of a header in a request or response head; empty if it is absent.
std::string_view header_value(std::string_view head, std::string_view lower_case_name);

// Appends a frame. A client masks its frames, with a key of its own each time.
void append_frame(std::string& out, opcode kind, std::string_view payload,
                  std::optional<std::uint32_t> mask = std::nullopt);

// Takes the first frame off `bytes` if it is there whole. Masked payloads are
// unmasked where they lie; the payload is valid as long as those bytes are.
std::optional<frame> take_frame(std::span<char>& bytes);

}  // namespace tandem::bench
