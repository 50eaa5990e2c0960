// The protocol's messages as JSON (docs/protocol.md): frames from clients are
// decoded, frames to them encoded. Stateless, but for the reused document.
#pragma once

#include "actors/limits.hpp"
#include "actors/protocol.hpp"
#include "net/json.hpp"

#include <string_view>

namespace tandem::net {

// Takes any bytes; what cannot be read is client::malformed. Checks form and
// size, not sense: whether a file or a revision exists is the session's.
class message_decoder {
 public:
  explicit message_decoder(const limits& bounds) noexcept : limits_{bounds} {}

  client::message decode(std::string_view text);

 private:
  const limits& limits_;
  json_document document_;
};

// The types of the messages that a client may send.
std::vector<std::string_view> client_message_types();

// An operation as the protocol writes it. Returns nothing if it is not one, or
// has too many components.
std::optional<ot::text_op> decode_op(json_view value, std::uint64_t components_max);

void append_op(std::string& out, const ot::text_op& op);

// Makes whole WebSocket text frames: header and JSON, ready for any socket.
class wire_encoder final : public frame_encoder {
 public:
  frame encode(const server::welcome& message) const override;
  frame encode(const server::opened& message) const override;
  frame encode(const server::op& message) const override;
  frame encode(const server::ack& message) const override;
  frame encode(const server::cursor& message) const override;
  frame encode(const server::join& message) const override;
  frame encode(const server::leave& message) const override;
  frame encode(const server::role& message) const override;
  frame encode(const server::chat& message) const override;
  frame encode(const server::file_changed& message) const override;
  frame encode(const server::check& message) const override;
  frame encode(const server::error& message) const override;
  frame encode_ai(const server::ai_event& message) const override;
};

// The JSON of what the AI says, without a type: a member list to be wrapped. REST
// answers with the same.
void append_completion(std::string& out, const server::completion& message);
void append_proposal(std::string& out, const server::proposal& message);

// Reads what wire_encoder has made.
class wire_reader final : public frame_decoder {
 public:
  std::optional<ot::text_op> op_in(const std::string& bytes) const override;
  std::optional<server::chat> chat_in(const std::string& bytes) const override;
};

}  // namespace tandem::net
