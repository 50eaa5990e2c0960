#include "storage/op_codec.hpp"

#include "ot/utf8.hpp"
#include "storage/bytes.hpp"
#include "storage/checksum.hpp"
#include "storage/op_pack.hpp"
#include "storage/participants.hpp"

#include <limits>

namespace tandem::storage {

namespace {

constexpr char format_version = 3;
constexpr char version_without_crc = 1;
constexpr std::size_t crc_bytes = 4;

// A disk may give back other bytes than it was given; they would be another run.
std::string_view checked(std::string_view bytes) {
  if (bytes.empty() || bytes.front() == version_without_crc)
    return bytes;
  if (bytes.front() != format_version)
    byte_reader::fail("unknown version");
  if (bytes.size() < 1 + crc_bytes)
    byte_reader::fail("it ends too early");
  const std::string_view body = bytes.substr(0, bytes.size() - crc_bytes);
  if (crc32_bytes(body) != bytes.substr(body.size()))
    byte_reader::fail("it is not what was written");
  return body;
}

void write_op(byte_writer& out, const ot::text_op& op) {
  std::string_view inserted = op.inserted_text();
  out.number(op.components().size());
  for (const ot::component& c : op.components()) {
    out.number(static_cast<std::uint64_t>(c.chars) * 4 + static_cast<std::uint64_t>(c.kind));
    if (c.kind == ot::component_kind::insert) {
      out.text(inserted.substr(0, c.bytes));
      inserted.remove_prefix(c.bytes);
    }
  }
}

ot::text_op read_op(byte_reader& in) {
  ot::text_op op;
  const std::size_t components = in.count();
  for (std::size_t left = components; left > 0; --left) {
    const std::uint64_t head = in.number();
    if (head / 4 == 0 || head / 4 > std::numeric_limits<std::int32_t>::max())
      byte_reader::fail("a component's length is out of range");
    const auto chars = static_cast<std::uint32_t>(head / 4);
    switch (head % 4) {
      case 0: op.keep(chars); break;
      case 1: {
        const std::string_view text = in.text();
        if (ot::count_chars(text) != chars)
          byte_reader::fail("an insert is not as long as it says");
        op.insert(text, chars);
        break;
      }
      case 2: op.remove(chars); break;
      default: byte_reader::fail("unknown kind of component");
    }
  }
  // Components that had to be merged may also have overflowed.
  if (op.components().size() != components)
    byte_reader::fail("an operation is not in normal form");
  return op;
}

}  // namespace

std::string encode_run(std::span<const stored_op> ops) {
  byte_writer out;
  out.raw({&format_version, 1});
  const std::vector<participant> participants = participants_of(ops);
  write_participants(out, participants);
  out.number(ops.size());
  std::int64_t at_ms = ops.empty() ? 0 : ops.front().at_ms;
  out.difference(at_ms);
  for (const stored_op& entry : ops) {
    out.number(index_of(participants, entry));
    out.number(entry.seq);
    out.difference(time_between(at_ms, entry.at_ms));
    at_ms = entry.at_ms;
    write_op(out, entry.op);
  }
  std::string bytes = out.take();
  return bytes + crc32_bytes(bytes);
}

std::vector<stored_op> decode_run(std::string_view bytes) {
  if (!bytes.empty() && bytes.front() == packed_version)
    return unpack_run(bytes);
  byte_reader in{checked(bytes)};
  in.raw(1);
  const std::vector<participant> participants = read_participants(in);
  std::vector<stored_op> ops(in.count());
  std::int64_t at_ms = in.difference();
  for (stored_op& entry : ops) {
    const std::uint64_t who = in.number();
    if (who >= participants.size())
      byte_reader::fail("unknown participant");
    entry.client = participants[who].client;
    entry.author = participants[who].name;
    entry.seq = in.number();
    at_ms = time_after(at_ms, in.difference());
    entry.at_ms = at_ms;
    entry.op = read_op(in);
  }
  if (!in.at_end())
    byte_reader::fail("bytes are left over");
  return ops;
}

}  // namespace tandem::storage
