#include "storage/op_codec.hpp"

#include "ot/utf8.hpp"
#include "storage/store.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

namespace tandem::storage {

namespace {

constexpr char format_version = 1;

struct participant {
  ot::client_id client;
  std::string_view name;

  friend bool operator==(const participant&, const participant&) = default;
};

class byte_writer {
 public:
  void number(std::uint64_t value) {
    while (value >= 0x80) {
      out_.push_back(static_cast<char>(value | 0x80));
      value >>= 7;
    }
    out_.push_back(static_cast<char>(value));
  }

  void difference(std::int64_t value) {
    number((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
  }

  void raw(std::string_view bytes) { out_.append(bytes); }

  void text(std::string_view bytes) {
    number(bytes.size());
    raw(bytes);
  }

  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

class byte_reader {
 public:
  explicit byte_reader(std::string_view bytes) noexcept : left_{bytes} {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(raw(1).front());
      value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if (byte < 0x80)
        return value;
    }
    fail("a number is too long");
  }

  std::int64_t difference() {
    const std::uint64_t value = number();
    return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
  }

  // A count of things that take at least a byte each.
  std::size_t count() {
    const std::uint64_t value = number();
    if (value > left_.size())
      fail("a count is too large");
    return static_cast<std::size_t>(value);
  }

  std::string_view raw(std::size_t bytes) {
    if (bytes > left_.size())
      fail("it ends too early");
    const std::string_view taken = left_.substr(0, bytes);
    left_.remove_prefix(bytes);
    return taken;
  }

  std::string_view text() {
    const std::string_view taken = raw(count());
    if (!ot::is_valid_text(taken))
      fail("a text is not valid UTF-8");
    return taken;
  }

  bool at_end() const noexcept { return left_.empty(); }

  [[noreturn]] static void fail(const std::string& why) {
    throw store_error{store_error::cause::corrupt, "bad run of operations: " + why};
  }

 private:
  std::string_view left_;
};

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
  for (std::size_t left = in.count(); left > 0; --left) {
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
  return op;
}

std::vector<participant> participants_of(std::span<const stored_op> ops) {
  std::vector<participant> all;
  for (const stored_op& entry : ops) {
    const participant one{entry.client, entry.author};
    if (std::ranges::find(all, one) == all.end())
      all.push_back(one);
  }
  return all;
}

std::vector<participant> read_participants(byte_reader& in) {
  std::vector<participant> all(in.count());
  for (participant& one : all) {
    const std::string_view client = in.raw(one.client.bytes.size());
    std::memcpy(one.client.bytes.data(), client.data(), client.size());
    one.name = in.text();
  }
  return all;
}

}  // namespace

std::string encode_run(std::span<const stored_op> ops) {
  byte_writer out;
  out.raw({&format_version, 1});
  const std::vector<participant> participants = participants_of(ops);
  out.number(participants.size());
  for (const participant& one : participants) {
    out.raw({reinterpret_cast<const char*>(one.client.bytes.data()), one.client.bytes.size()});
    out.text(one.name);
  }
  out.number(ops.size());
  std::int64_t at_ms = ops.empty() ? 0 : ops.front().at_ms;
  out.difference(at_ms);
  for (const stored_op& entry : ops) {
    const auto who = std::ranges::find(participants, participant{entry.client, entry.author});
    out.number(static_cast<std::uint64_t>(who - participants.begin()));
    out.number(entry.seq);
    out.difference(entry.at_ms - at_ms);
    at_ms = entry.at_ms;
    write_op(out, entry.op);
  }
  return out.take();
}

std::vector<stored_op> decode_run(std::string_view bytes) {
  byte_reader in{bytes};
  if (in.raw(1).front() != format_version)
    byte_reader::fail("unknown version");
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
    at_ms += in.difference();
    entry.at_ms = at_ms;
    entry.op = read_op(in);
  }
  if (!in.at_end())
    byte_reader::fail("bytes are left over");
  return ops;
}

}  // namespace tandem::storage
