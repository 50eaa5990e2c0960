#include "storage/op_pack.hpp"

#include "storage/bytes.hpp"
#include "storage/deflate.hpp"
#include "storage/participants.hpp"

#include <limits>

namespace tandem::storage {

namespace {

constexpr std::size_t small_shape_components = 3;
constexpr std::uint8_t large_shape = 0x04;  // no components, and a kind: not a small one

struct columns {
  byte_writer who;
  byte_writer seq;
  byte_writer at;
  byte_writer shape;
  byte_writer start;
  byte_writer lengths;
  std::string text;
};

// ---- one operation ----

std::uint8_t kind_bits(ot::component_kind kind) noexcept {
  return static_cast<std::uint8_t>(kind);
}

void write_shape(byte_writer& out, const ot::text_op& op) {
  const auto& parts = op.components();
  if (parts.size() <= small_shape_components) {
    auto shape = static_cast<std::uint8_t>(parts.size());
    for (std::size_t i = 0; i < parts.size(); ++i)
      shape |= static_cast<std::uint8_t>(kind_bits(parts[i].kind) << (2 + 2 * i));
    out.raw({reinterpret_cast<const char*>(&shape), 1});
    return;
  }
  const char large = large_shape;
  out.raw({&large, 1});
  out.number(parts.size());
  for (const ot::component& part : parts)
    out.number(kind_bits(part.kind));
}

// Where the operation begins, and where its last change ends: the caret.
struct extent {
  std::int64_t start = 0;
  std::int64_t end = 0;
};

extent extent_of(const ot::text_op& op) {
  extent found;
  std::int64_t at = 0;
  bool first = true;
  for (const ot::component& part : op.components()) {
    if (first)
      found.start = part.kind == ot::component_kind::keep ? part.chars : 0;
    first = false;
    if (part.kind != ot::component_kind::remove)
      at += part.chars;
  }
  found.end = at;
  return found;
}

void write_op(columns& out, const ot::text_op& op, std::int64_t& caret) {
  write_shape(out.shape, op);
  const extent range = extent_of(op);
  out.start.difference(range.start - caret);
  bool first = true;
  for (const ot::component& part : op.components()) {
    const bool is_start = first && part.kind == ot::component_kind::keep;
    first = false;
    if (!is_start)
      out.lengths.number(part.chars);
  }
  out.text += op.inserted_text();
  caret = range.end;
}

class op_columns_reader {
 public:
  op_columns_reader(std::string_view shape, std::string_view start, std::string_view lengths,
                    std::string_view text)
      : shape_{shape}, start_{start}, lengths_{lengths}, text_{text},
        text_chars_{ot::count_chars(text)} {
    if (!ot::is_valid_text(text))
      byte_reader::fail("a text is not valid UTF-8");
  }

  ot::text_op next() {
    read_kinds();
    const std::int64_t start = time_after(caret_, start_.difference());
    const bool begins_with_keep = !kinds_.empty() && kinds_[0] == 0;
    if (begins_with_keep ? start <= 0 || start > std::numeric_limits<std::int32_t>::max()
                         : start != 0)
      byte_reader::fail("an operation begins nowhere");
    ot::text_op op;
    for (std::size_t i = 0; i < kinds_.size(); ++i)
      append(op, kinds_[i],
             i == 0 && begins_with_keep ? static_cast<std::uint64_t>(start) : lengths_.number());
    if (op.components().size() != kinds_.size())
      byte_reader::fail("an operation is not in normal form");
    caret_ = extent_of(op).end;
    return op;
  }

  bool at_end() const noexcept {
    return shape_.at_end() && start_.at_end() && lengths_.at_end() && text_.empty();
  }

 private:
  void read_kinds() {
    kinds_.clear();
    const auto shape = static_cast<std::uint8_t>(shape_.raw(1).front());
    if (shape == large_shape) {
      for (std::size_t left = shape_.count(); left > 0; --left)
        kinds_.push_back(static_cast<std::uint8_t>(shape_.number() & 3U));
      return;
    }
    for (unsigned i = 0; i < (shape & 3U); ++i)
      kinds_.push_back((shape >> (2 + 2 * i)) & 3U);
  }

  void append(ot::text_op& op, std::uint8_t kind, std::uint64_t length) {
    if (length == 0 || length > std::numeric_limits<std::int32_t>::max())
      byte_reader::fail("a component's length is out of range");
    const auto chars = static_cast<std::uint32_t>(length);
    switch (kind) {
      case 0: op.keep(chars); break;
      case 1: {
        if (chars > text_chars_)
          byte_reader::fail("it ends too early");
        const std::string_view text = text_.substr(0, ot::byte_offset(text_, chars));
        text_.remove_prefix(text.size());
        text_chars_ -= chars;
        op.insert(text, chars);
        break;
      }
      case 2: op.remove(chars); break;
      default: byte_reader::fail("unknown kind of component");
    }
  }

  byte_reader shape_;
  byte_reader start_;
  byte_reader lengths_;
  std::string_view text_;  // not taken yet
  std::uint32_t text_chars_;
  std::vector<std::uint8_t> kinds_;
  std::int64_t caret_ = 0;
};

// ---- the whole ----

columns columns_of(std::span<const stored_op> ops, const std::vector<participant>& participants) {
  columns out;
  std::vector<std::uint64_t> next_seq(participants.size(), 1);
  std::int64_t caret = 0;
  std::int64_t at_ms = 0;
  std::size_t same = 0;
  for (std::size_t i = 0; i < ops.size(); ++i) {
    const stored_op& entry = ops[i];
    const std::size_t who = index_of(participants, entry);
    ++same;
    if (i + 1 == ops.size() || index_of(participants, ops[i + 1]) != who) {
      out.who.number(who);
      out.who.number(std::exchange(same, 0));
    }
    out.seq.difference(static_cast<std::int64_t>(entry.seq - next_seq[who]));
    next_seq[who] = entry.seq + 1;
    out.at.difference(time_between(at_ms, entry.at_ms));
    at_ms = entry.at_ms;
    write_op(out, entry.op, caret);
  }
  return out;
}

// Tells every operation its participant.
class who_reader {
 public:
  explicit who_reader(std::string_view bytes) : in_{bytes} {}

  std::size_t next(std::size_t participants) {
    if (left_ == 0) {
      who_ = in_.number();
      left_ = in_.number();
      if (who_ >= participants || left_ == 0)
        byte_reader::fail("unknown participant");
    }
    --left_;
    return static_cast<std::size_t>(who_);
  }

  bool at_end() const noexcept { return left_ == 0 && in_.at_end(); }

 private:
  byte_reader in_;
  std::uint64_t who_ = 0;
  std::uint64_t left_ = 0;
};

}  // namespace

std::string pack_run(std::span<const stored_op> ops) {
  const std::vector<participant> participants = participants_of(ops);
  columns all = columns_of(ops, participants);
  byte_writer body;
  write_participants(body, participants);
  body.number(ops.size());
  for (byte_writer* column :
       {&all.who, &all.seq, &all.at, &all.shape, &all.start, &all.lengths})
    body.text(column->take());
  body.text(all.text);
  const std::string plain = body.take();
  byte_writer out;
  out.raw({&packed_version, 1});
  out.number(plain.size());
  out.raw(deflated(plain));
  return out.take();
}

std::vector<stored_op> unpack_run(std::string_view bytes) {
  byte_reader outer{bytes};
  if (outer.raw(1).front() != packed_version)
    byte_reader::fail("unknown version");
  const std::uint64_t body_bytes = outer.number();
  const auto body = inflated(outer.rest(), body_bytes);
  if (!body)
    byte_reader::fail("it does not inflate to what it says");

  byte_reader in{*body};
  const std::vector<participant> participants = read_participants(in);
  std::vector<stored_op> ops(in.count());
  who_reader who{in.bytes()};
  byte_reader seqs{in.bytes()};
  byte_reader times{in.bytes()};
  const std::string_view shape = in.bytes();
  const std::string_view start = in.bytes();
  const std::string_view lengths = in.bytes();
  op_columns_reader made{shape, start, lengths, in.bytes()};
  std::vector<std::uint64_t> next_seq(participants.size(), 1);
  std::int64_t at_ms = 0;
  for (stored_op& entry : ops) {
    const std::size_t author = who.next(participants.size());
    entry.client = participants[author].client;
    entry.author = participants[author].name;
    entry.seq = next_seq[author] + static_cast<std::uint64_t>(seqs.difference());
    next_seq[author] = entry.seq + 1;
    at_ms = time_after(at_ms, times.difference());
    entry.at_ms = at_ms;
    entry.op = made.next();
  }
  if (!in.at_end() || !who.at_end() || !seqs.at_end() || !times.at_end() || !made.at_end())
    byte_reader::fail("bytes are left over");
  return ops;
}

}  // namespace tandem::storage
