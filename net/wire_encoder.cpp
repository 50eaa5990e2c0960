#include "net/json_text.hpp"
#include "net/wire_codec.hpp"
#include "net/ws_frame.hpp"

#include <utility>

namespace tandem::net {

namespace {

std::string begin(std::string_view type) {
  std::string out;
  out.reserve(128);
  out += "{\"type\":\"";
  out += type;
  out += '"';
  return out;
}

frame finish(std::string& out) {
  out += '}';
  return std::make_shared<const std::string>(text_frame(out));
}

void append_peer(std::string& out, const server::peer& peer) {
  append_field(out, "site", peer.site);
  append_field(out, "name", peer.name);
  append_field(out, "color", peer.color);
  append_field(out, "role", peer.role);
}

void append_chat(std::string& out, const server::chat& chat) {
  append_field(out, "n", chat.n);
  append_field(out, "name", chat.name);
  append_field(out, "text", chat.text);
  append_field(out, "at", chat.at_ms);
  if (chat.site)
    append_field(out, "site", *chat.site);
  if (chat.id)
    append_field(out, "id", *chat.id);
}

// `,"name":[{…},{…}]`
template <class List, class F>
void append_objects(std::string& out, std::string_view name, const List& list, F append_one) {
  append_key(out, name);
  out += '[';
  for (const auto& item : list) {
    out += out.back() == '[' ? "{" : ",{";
    append_one(out, item);
    out += '}';
  }
  out += ']';
}

std::string_view action_name(client::file_action action) noexcept {
  switch (action) {
    case client::file_action::create: return "create";
    case client::file_action::rename: return "rename";
    case client::file_action::remove: return "delete";
  }
  return "";
}

}  // namespace

void append_op(std::string& out, const ot::text_op& op) {
  std::string_view inserted = op.inserted_text();
  out += '[';
  for (const ot::component& c : op.components()) {
    if (out.back() != '[')
      out += ',';
    switch (c.kind) {
      case ot::component_kind::keep: append_number(out, c.chars); break;
      case ot::component_kind::insert:
        append_json_string(out, inserted.substr(0, c.bytes));
        inserted.remove_prefix(c.bytes);
        break;
      case ot::component_kind::remove:
        out += "{\"d\":";
        append_number(out, c.chars);
        out += '}';
        break;
    }
  }
  out += ']';
}

frame wire_encoder::encode(const server::welcome& message) const {
  std::string out = begin("welcome");
  append_field(out, "protocol", 1);
  append_field(out, "site", message.site);
  append_field(out, "role", message.role);
  append_key(out, "room");
  out += '{';
  append_field(out, "id", message.room_id);
  append_field(out, "name", message.room_name);
  out += '}';
  append_objects(out, "files", message.files, [](std::string& to, const server::file_state& file) {
    append_field(to, "file", file.name);
    append_field(to, "id", file.id);
    append_field(to, "rev", file.rev);
    append_field(to, "language", file.language);
  });
  append_objects(out, "peers", message.peers, append_peer);
  append_objects(out, "chat", message.messages, append_chat);
  append_key(out, "limits");
  out += '{';
  append_field(out, "frame_bytes", message.frame_bytes);
  append_field(out, "op_chars", message.op_chars);
  append_field(out, "ops_per_second", message.ops_per_second);
  out += '}';
  return finish(out);
}

frame wire_encoder::encode(const server::opened& message) const {
  std::string out = begin("opened");
  append_field(out, "file", message.file);
  append_field(out, "id", message.id);
  append_field(out, "rev", message.rev);
  append_field(out, "language", message.language);
  if (message.text)
    append_field(out, "text", *message.text);
  else
    append_field(out, "from", message.from);
  return finish(out);
}

frame wire_encoder::encode(const server::op& message) const {
  std::string out = begin("op");
  append_field(out, "file", message.file);
  append_field(out, "rev", message.rev);
  if (message.from + 1 != message.rev)
    append_field(out, "from", message.from);
  append_key(out, "op");
  append_op(out, message.op);
  if (message.by != 0)
    append_field(out, "by", message.by);
  return finish(out);
}

frame wire_encoder::encode(const server::ack& message) const {
  std::string out = begin("ack");
  append_field(out, "file", message.file);
  append_field(out, "seq", message.seq);
  append_field(out, "rev", message.rev);
  return finish(out);
}

frame wire_encoder::encode(const server::cursor& message) const {
  std::string out = begin("cursor");
  append_field(out, "site", message.site);
  append_field(out, "file", message.file);
  append_field(out, "rev", message.rev);
  append_key(out, "ranges");
  out += '[';
  for (const client::selection& range : message.ranges) {
    out += out.back() == '[' ? "[" : ",[";
    append_number(out, range.anchor);
    out += ',';
    append_number(out, range.head);
    out += ']';
  }
  out += ']';
  return finish(out);
}

frame wire_encoder::encode(const server::join& message) const {
  std::string out = begin("join");
  append_peer(out, message.who);
  return finish(out);
}

frame wire_encoder::encode(const server::role& message) const {
  std::string out = begin("role");
  append_field(out, "role", message.role);
  return finish(out);
}

frame wire_encoder::encode(const server::leave& message) const {
  std::string out = begin("leave");
  append_field(out, "site", message.site);
  return finish(out);
}

frame wire_encoder::encode(const server::chat& message) const {
  std::string out = begin("chat");
  append_chat(out, message);
  return finish(out);
}

frame wire_encoder::encode(const server::file_changed& message) const {
  std::string out = begin("file");
  append_field(out, "do", action_name(message.action));
  append_field(out, "file", message.file);
  if (message.action == client::file_action::rename)
    append_field(out, "to", message.to);
  append_field(out, "id", message.id);
  if (!message.language.empty())
    append_field(out, "language", message.language);
  if (message.by != 0)
    append_field(out, "by", message.by);
  return finish(out);
}

frame wire_encoder::encode(const server::check& message) const {
  std::string out = begin("check");
  append_field(out, "file", message.file);
  append_field(out, "rev", message.rev);
  append_field(out, "length", message.length);
  append_field(out, "crc32", message.crc32);
  return finish(out);
}

frame wire_encoder::encode(const server::error& message) const {
  std::string out = begin("error");
  append_field(out, "code", to_string(message.code));
  append_field(out, "message", message.message);
  if (!message.file.empty())
    append_field(out, "file", message.file);
  if (message.seq)
    append_field(out, "seq", *message.seq);
  if (message.id)
    append_field(out, "id", *message.id);
  if (message.retry_ms)
    append_field(out, "retry_ms", *message.retry_ms);
  if (message.ask)
    append_field(out, "ask", *message.ask);
  return finish(out);
}

}  // namespace tandem::net
