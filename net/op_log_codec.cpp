#include "net/op_log_codec.hpp"

#include "net/hex.hpp"
#include "net/json_fields.hpp"
#include "net/json_text.hpp"
#include "net/wire_codec.hpp"

#include <limits>

namespace tandem::net {

namespace {

constexpr std::uint64_t version = 1;
// Lines of other programs may compose much more than a client may send.
constexpr std::size_t nodes_max = 4'000'000;
constexpr std::uint64_t components_max = nodes_max;

storage::log_header read_header(json_view line) {
  if (required_text(line, "tandem") != "oplog")
    throw bad_field{"tandem"};
  if (required_number(line, "version") != version)
    throw storage::op_log_error{"an op log of a version that is not known here"};
  const auto room = line.find("room");
  if (!room)
    throw bad_field{"room"};
  return {text_field(*room, "id"), text_field(*room, "name")};
}

storage::log_entry read_entry(json_view line, std::uint64_t rev) {
  storage::log_entry entry;
  entry.file = required_text(line, "file");
  entry.rev = rev;
  const auto op = line.find("op");
  auto decoded = op ? decode_op(*op, components_max) : std::nullopt;
  if (!decoded)
    throw bad_field{"op"};
  entry.made.op = std::move(*decoded);
  entry.made.author = text_field(line, "by");
  entry.made.seq = number_field(line, "seq").value_or(0);
  const std::string client = text_field(line, "client");
  if (!client.empty() && !from_hex(client, entry.made.client.bytes))
    throw bad_field{"client"};
  if (const auto at = line.find("at")) {
    if (!at->integer())
      throw bad_field{"at"};
    entry.made.at_ms = *at->integer();
  }
  return entry;
}

storage::log_end read_end(json_view line) {
  storage::log_end end;
  const auto files = line.find("files");
  const bool complete = files && files->for_each([&](json_view file) {
    end.files.push_back({required_text(file, "file"), required_number(file, "rev"),
                         required_number(file, "length"), required_text(file, "sha256")});
    return true;
  });
  if (!complete)
    throw bad_field{"files"};
  return end;
}

storage::log_line read_line(json_view line) {
  if (line.find("tandem"))
    return read_header(line);
  if (line.find("end"))
    return read_end(line);
  const std::uint64_t rev = required_number(line, "rev");
  if (rev == 0)
    return storage::log_file{required_text(line, "file"), text_field(line, "language")};
  return read_entry(line, rev);
}

struct encoder {
  std::string out = "{";

  void operator()(const storage::log_header& header) {
    append_field(out, "tandem", "oplog");
    append_field(out, "version", version);
    append_key(out, "room");
    out += '{';
    append_field(out, "id", header.room_id);
    append_field(out, "name", header.room_name);
    out += '}';
  }
  void operator()(const storage::log_file& file) {
    append_field(out, "file", file.file);
    append_field(out, "language", file.language);
    append_field(out, "rev", 0);
  }
  void operator()(const storage::log_entry& entry) {
    append_field(out, "file", entry.file);
    append_field(out, "rev", entry.rev);
    append_key(out, "op");
    append_op(out, entry.made.op);
    append_field(out, "by", entry.made.author);
    append_field(out, "client", to_hex(entry.made.client.bytes));
    append_field(out, "seq", entry.made.seq);
    append_field(out, "at", entry.made.at_ms);
  }
  void operator()(const storage::log_end& end) {
    out += "\"end\":true,\"files\":[";
    for (const storage::final_text& file : end.files) {
      out += out.back() == '[' ? "{" : ",{";
      append_field(out, "file", file.file);
      append_field(out, "rev", file.rev);
      append_field(out, "length", file.length);
      append_field(out, "sha256", file.sha256);
      out += '}';
    }
    out += ']';
  }
};

}  // namespace

storage::log_line op_log_decoder::decode(std::string_view line) {
  if (line.size() > std::numeric_limits<std::uint32_t>::max())
    throw storage::op_log_error{"the line is too long"};
  if (document_.parse(line, nodes_max) != json_error::none)
    throw storage::op_log_error{"no JSON, or not of the kind that is taken here"};
  if (!document_.root().is(json_kind::object))
    throw storage::op_log_error{"not an object"};
  try {
    return read_line(document_.root());
  } catch (const bad_field& field) {
    throw storage::op_log_error{std::string{"missing or wrong: "} + field.name};
  }
}

std::string encode_log_line(const storage::log_line& line) {
  encoder to;
  std::visit(to, line);
  return std::move(to.out) + "}\n";
}

}  // namespace tandem::net
