// Frames from clients.
//
// Input: the payload of a WebSocket text frame.
// Must hold
//  1. It is decoded or malformed; nothing is thrown. A malformed frame has a
//     reason, and the error that answers it is valid JSON.
//  2. Every text that comes out is Unicode scalar values; every operation is
//     canonical and within the default limits.
//  3. A decoded message, written as JSON again, is decoded to itself, also by a
//     decoder that has read other things before.
//  4. What the server says with those values is a whole frame of valid JSON that
//     holds the same values.
#include "net/json_text.hpp"
#include "net/wire_codec.hpp"
#include "net/ws_frame.hpp"
#include "tests/fuzz/support/fuzz.hpp"

#include "ot/utf8.hpp"

#include <variant>

namespace tandem::fuzz {
namespace {

const limits bounds;
const net::wire_encoder encoder;

template <class... Cases>
struct overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
overloaded(Cases...) -> overloaded<Cases...>;  // clang 14 does not see it by itself

template <class Integer>
void append_optional(std::string& out, std::string_view name, std::optional<Integer> value) {
  if (value)
    net::append_field(out, name, *value);
}

// ---- a decoded message as a client would write it ----

void append_open(std::string& out, const client::open& m) {
  net::append_field(out, "file", m.file);
  append_optional(out, "rev", m.rev);
  append_optional(out, "seq", m.seq);
  append_optional(out, "id", m.id);
}

void append_fields(std::string& out, const client::hello& m) {
  net::append_field(out, "type", "hello");
  net::append_field(out, "client", m.client);
  net::append_field(out, "name", m.name);
  net::append_key(out, "open");
  out += '[';
  for (const client::open& one : m.opens) {
    out += out.back() == '[' ? "{" : ",{";
    append_open(out, one);
    out += '}';
  }
  out += ']';
}

void append_fields(std::string& out, const client::open& m) {
  net::append_field(out, "type", "open");
  append_open(out, m);
}

void append_fields(std::string& out, const client::close& m) {
  net::append_field(out, "type", "close");
  net::append_field(out, "file", m.file);
}

void append_fields(std::string& out, const client::edit& m) {
  net::append_field(out, "type", "op");
  net::append_field(out, "file", m.file);
  net::append_field(out, "rev", m.rev);
  net::append_field(out, "seq", m.seq);
  net::append_key(out, "op");
  net::append_op(out, m.op);
}

void append_fields(std::string& out, const client::cursor& m) {
  net::append_field(out, "type", "cursor");
  net::append_field(out, "file", m.file);
  net::append_field(out, "rev", m.rev);
  net::append_key(out, "ranges");
  out += '[';
  for (const client::selection& one : m.ranges)
    out += (out.back() == '[' ? "[" : ",[") + std::to_string(one.anchor) + ","
           + std::to_string(one.head) + "]";
  out += ']';
}

void append_fields(std::string& out, const client::chat& m) {
  net::append_field(out, "type", "chat");
  net::append_field(out, "id", m.id);
  net::append_field(out, "text", m.text);
}

void append_fields(std::string& out, const client::diverged& m) {
  net::append_field(out, "type", "diverged");
  net::append_field(out, "file", m.file);
  net::append_field(out, "rev", m.rev);
  net::append_field(out, "length", m.length);
  net::append_field(out, "crc32", m.crc32);
}

void append_fields(std::string& out, const client::change_file& m) {
  constexpr std::string_view actions[] = {"create", "rename", "delete"};
  net::append_field(out, "type", "file");
  net::append_field(out, "do", actions[static_cast<std::size_t>(m.action)]);
  net::append_field(out, "file", m.file);
  net::append_field(out, "to", m.to);
  net::append_field(out, "text", m.text);
  net::append_field(out, "language", m.language);
}

void append_fields(std::string& out, const client::complete& m) {
  net::append_field(out, "type", "complete");
  net::append_field(out, "ask", m.ask);
  net::append_field(out, "file", m.file);
  net::append_field(out, "rev", m.rev);
  net::append_field(out, "position", m.position);
}

void append_fields(std::string& out, const client::refactor& m) {
  net::append_field(out, "type", "refactor");
  net::append_field(out, "ask", m.ask);
  net::append_field(out, "file", m.file);
  net::append_field(out, "rev", m.rev);
  net::append_key(out, "range");
  out += "[" + std::to_string(m.from) + "," + std::to_string(m.to) + "]";
  net::append_field(out, "instruction", m.instruction);
}

void append_fields(std::string& out, const client::cancel& m) {
  net::append_field(out, "type", "cancel");
  net::append_field(out, "ask", m.ask);
}

void append_fields(std::string& out, const client::malformed& m) {
  net::append_field(out, "malformed", to_string(m.code));
  net::append_field(out, "why", m.why);
  net::append_field(out, "file", m.file);
  append_optional(out, "seq", m.seq);
  append_optional(out, "ask", m.ask);
}

std::string as_json(const client::message& message) {
  std::string out = "{";
  std::visit([&](const auto& m) { append_fields(out, m); }, message);
  return out + "}";
}

// ---- what a decoded message may be ----

void must_be_within_limits(const ot::text_op& op) {
  must_be_canonical(op);
  must(op.components().size() <= bounds.op_components, "an operation has few components");
  for (const ot::component& c : op.components())
    must(c.chars <= 0x7FFFFFFFU, "no component is longer than any text");
  must(op.reach_chars() <= 2 * 0x7FFFFFFFULL, "no operation reaches further than twice that");
}

void must_be_sound(const client::message& message) {
  std::visit(overloaded{
               [](const client::edit& m) {
                 must(m.seq > 0, "edits count from 1");
                 must_be_within_limits(m.op);
               },
               [](const client::hello& m) {
                 must(m.opens.size() <= bounds.files_per_room, "a hello opens few files");
               },
               [](const client::cursor& m) {
                 must(m.ranges.size() <= bounds.cursor_ranges, "a cursor has few ranges");
               },
               [](const client::malformed& m) {
                 must(!m.why.empty(), "what is malformed has a reason");
                 must(m.code == error_code::bad_message || m.code == error_code::bad_op,
                      "what is malformed is a bad message or a bad operation");
               },
               [](const auto&) {},
             },
             message);
}

void must_decode_to_itself(const client::message& message) {
  const std::string written = as_json(message);
  must_be_text(written);
  if (std::holds_alternative<client::malformed>(message))
    return;
  net::message_decoder decoder{bounds};
  decoder.decode(R"({"type":"op","file":"x","rev":1,"seq":1,"op":[3,"\ud83d\ude00",{"d":7}])");
  must(as_json(decoder.decode(written)) == written, "a message is decoded to itself");
}

// ---- what the server says of it ----

// The JSON of a server's frame.
std::string_view payload_of(const frame& bytes) {
  const auto length = static_cast<unsigned char>(bytes->at(1));
  const std::size_t header = length < 126 ? 2 : length == 126 ? 4 : 10;
  const std::string_view payload = std::string_view{*bytes}.substr(header);
  must(net::text_frame(payload) == *bytes, "a frame is one header and its payload");
  must(length > 125 || length == payload.size(), "a short frame says its length");
  return payload;
}

class said {
 public:
  explicit said(const frame& bytes) {
    must(document_.parse(payload_of(bytes)) == net::json_error::none,
         "what the server says is valid JSON");
  }

  net::json_view field(std::string_view name) const {
    const auto found = document_.root().find(name);
    must(found.has_value(), name);
    return *found;
  }

  void must_have(std::string_view name, std::string_view text) const {
    must(field(name).string() == text, name);
  }

 private:
  net::json_document document_;
};

void must_be_said(const client::edit& m) {
  const said op{encoder.encode(server::op{m.file, m.rev, m.rev + 1, m.op, 7})};
  op.must_have("file", m.file);
  must(net::decode_op(op.field("op"), bounds.op_components) == m.op,
       "an operation that is sent is the one that came");
}

void must_be_said(const client::hello& m) {
  const said join{encoder.encode(server::join{{3, m.name, "#102030", "editor"}})};
  join.must_have("name", m.name);
  for (const client::open& one : m.opens) {
    const said opened{encoder.encode(server::opened{one.file, 0, {}, m.name, 0, 1})};
    opened.must_have("file", one.file);
    opened.must_have("text", m.name);
  }
}

void must_be_said(const client::chat& m) {
  const said chat{encoder.encode(server::chat{1, m.text, m.text, 5, 2, m.id})};
  chat.must_have("name", m.text);
  chat.must_have("text", m.text);
}

void must_be_said(const client::cursor& m) {
  const said cursor{encoder.encode(server::cursor{1, m.file, m.rev, m.ranges})};
  std::size_t count = 0;
  cursor.field("ranges").for_each([&](net::json_view) { return ++count > 0; });
  must(count == m.ranges.size(), "all selections are told");
}

void must_be_said(const client::change_file& m) {
  const said file{encoder.encode(server::file_changed{m.action, m.file, m.to, m.language, 4, 9})};
  file.must_have("file", m.file);
  if (m.action == client::file_action::rename)
    file.must_have("to", m.to);
}

void must_be_said(const client::malformed& m) {
  const said error{encoder.encode(server::error{m.code, m.why, m.file, m.seq, {}, {}})};
  error.must_have("code", to_string(m.code));
  error.must_have("message", m.why);
}

void must_be_said(const client::open&) {}
void must_be_said(const client::close&) {}
void must_be_said(const client::diverged&) {}

void must_be_said(const client::complete& m) {
  server::completion told;
  told.ask = m.ask;
  told.file = m.file;
  told.what.lines.push_back({m.position, m.position, m.file});
  const said completion{encoder.encode_ai(told)};
  completion.must_have("file", m.file);
}

void must_be_said(const client::refactor& m) {
  server::proposal told;
  told.ask = m.ask;
  told.file = m.file;
  told.summary = m.instruction;
  const said proposal{encoder.encode_ai(told)};
  proposal.must_have("summary", m.instruction);
}

void must_be_said(const client::cancel&) {}

}  // namespace
}  // namespace tandem::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem::fuzz;
  const std::string_view bytes = as_text(data, size);
  must(tandem::ot::is_valid_text(bytes) == is_text(bytes), "valid text is told from invalid");
  tandem::net::message_decoder decoder{bounds};
  const auto message = decoder.decode(bytes);
  must_be_sound(message);
  must_decode_to_itself(message);
  std::visit([](const auto& m) { must_be_said(m); }, message);
  return 0;
}
