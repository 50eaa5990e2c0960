// The AI's messages as JSON (docs/protocol.md, "AI"), and the way back of what
// a follower inside the server reads.
#include "net/json_fields.hpp"
#include "net/json_text.hpp"
#include "net/wire_codec.hpp"
#include "net/ws_frame.hpp"

#include <limits>

namespace tandem::net {

namespace {

std::string begin(std::string_view type) {
  return "{\"type\":\"" + std::string{type} + '"';
}

frame finish(std::string& out) {
  out += '}';
  return std::make_shared<const std::string>(text_frame(out));
}

void append_suggestions(std::string& out, std::string_view name,
                        const std::vector<ai::suggestion>& list) {
  append_key(out, name);
  out += '[';
  for (const ai::suggestion& one : list) {
    out += out.back() == '[' ? "{" : ",{";
    append_field(out, "insert", one.insert);
    append_key(out, "replace");
    out += '[';
    append_number(out, one.from);
    out += ',';
    append_number(out, one.to);
    out += "]}";
  }
  out += ']';
}

void append_abilities(std::string& out, const server::ai_state& state) {
  append_key(out, "can");
  out += '[';
  const auto add = [&](bool may, std::string_view what) {
    if (may) {
      out += out.back() == '[' ? "" : ",";
      append_json_string(out, what);
    }
  };
  add(state.can_complete, "complete");
  add(state.can_refactor, "refactor");
  add(state.can_chat, "chat");
  out += ']';
}

frame encode_one(const server::ai_state& message) {
  std::string out = begin("ai");
  append_field(out, "mode", message.mode);
  append_field(out, "provider", message.provider);
  if (!message.model.empty())
    append_field(out, "model", message.model);
  if (!message.host.empty())
    append_field(out, "host", message.host);
  append_abilities(out, message);
  return finish(out);
}

frame encode_one(const server::completion& message) {
  std::string out = begin("completion");
  append_field(out, "ask", message.ask);
  append_completion(out, message);
  return finish(out);
}

frame encode_one(const server::thinking& message) {
  std::string out = begin("thinking");
  append_field(out, "ask", message.ask);
  if (!message.piece.empty())
    append_field(out, "text", message.piece);
  return finish(out);
}

frame encode_one(const server::proposal& message) {
  std::string out = begin("proposal");
  if (message.ask)
    append_field(out, "ask", *message.ask);
  if (message.chat)
    append_field(out, "chat", *message.chat);
  append_proposal(out, message);
  return finish(out);
}

frame encode_one(const server::error& message) {
  return wire_encoder{}.encode(message);
}

// What this server has encoded is JSON, of a type that is known.
std::optional<json_view> message_in(json_document& document, const std::string& bytes,
                                    std::string_view type) {
  constexpr std::size_t nodes_max = std::numeric_limits<std::uint32_t>::max();
  if (document.parse(payload_of(bytes), nodes_max) != json_error::none)
    return std::nullopt;
  const auto found = document.root().find("type");
  if (!found || found->string() != type)
    return std::nullopt;
  return document.root();
}

}  // namespace

void append_completion(std::string& out, const server::completion& message) {
  if (!message.file.empty()) {  // else it is of a text of one's own
    append_field(out, "file", message.file);
    append_field(out, "rev", message.rev);
  }
  append_suggestions(out, "suggestions", message.what.lines);
  append_suggestions(out, "words", message.what.words);
  append_field(out, "provider", message.provider);
  if (message.is_more_to_come) {
    append_key(out, "more");
    out += "true";
  }
  if (!message.problem.empty())
    append_field(out, "problem", message.problem);
  if (message.retry_ms)
    append_field(out, "retry_ms", *message.retry_ms);
}

void append_proposal(std::string& out, const server::proposal& message) {
  append_field(out, "file", message.file);
  append_field(out, "rev", message.rev);
  append_key(out, "op");
  append_op(out, message.op);
  append_field(out, "summary", message.summary);
  append_field(out, "provider", message.provider);
}

frame wire_encoder::encode_ai(const server::ai_event& message) const {
  return std::visit([](const auto& one) { return encode_one(one); }, message);
}

std::optional<ot::text_op> wire_reader::op_in(const std::string& bytes) const {
  json_document document;
  const auto message = message_in(document, bytes, "op");
  const auto op = message ? message->find("op") : std::nullopt;
  return op ? decode_op(*op, std::numeric_limits<std::uint64_t>::max()) : std::nullopt;
}

std::optional<server::chat> wire_reader::chat_in(const std::string& bytes) const {
  json_document document;
  const auto message = message_in(document, bytes, "chat");
  if (!message)
    return std::nullopt;
  server::chat chat;
  chat.n = number_field(*message, "n").value_or(0);
  chat.name = text_field(*message, "name");
  chat.text = text_field(*message, "text");
  chat.id = number_field(*message, "id");
  return chat;
}

}  // namespace tandem::net
