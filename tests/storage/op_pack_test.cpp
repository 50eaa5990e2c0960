// Packed runs: there and back, small, and whatever a disk may make of them.
#include "storage/bytes.hpp"
#include "storage/op_codec.hpp"
#include "storage/op_pack.hpp"
#include "storage/store.hpp"
#include "tests/support/random_op.hpp"
#include "tests/support/records.hpp"
#include "tests/support/trace_reader.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <limits>

namespace tandem::test {
namespace {

using storage::decode_run;
using storage::pack_run;
using storage::store_error;
using storage::stored_op;
using storage::unpack_run;

std::vector<stored_op> random_run(random_source& random) {
  std::vector<stored_op> ops(random.below(30));
  for (stored_op& one : ops) {
    one.op = build(random_plan(random, random.below(20)));
    one.client = client(static_cast<std::uint8_t>(random.below(3)));
    one.seq = random.one_in(10) ? random.next() : random.below(300);
    one.author = to_utf8(random_text(random, 6));
    one.at_ms = static_cast<std::int64_t>(random.one_in(10) ? random.next()
                                                            : random.below(1'000));
  }
  return ops;
}

bool is_packed_run(const std::string& bytes) {
  try {
    for (const stored_op& one : unpack_run(bytes))
      EXPECT_EQ(normal_form_fault(one.op), "");
    return true;
  } catch (const store_error& error) {
    EXPECT_EQ(error.why(), store_error::cause::corrupt);
    return false;
  }
}

TEST(op_pack, random_runs_come_back_as_they_were) {
  for (std::uint64_t seed = 1; seed <= 5'000; ++seed) {
    random_source random{seed};
    const std::vector<stored_op> ops = random_run(random);
    ASSERT_EQ(unpack_run(pack_run(ops)), ops) << "seed " << seed;
  }
}

TEST(op_pack, the_extremes_come_back) {
  constexpr std::uint32_t longest = std::numeric_limits<std::int32_t>::max();
  using all = std::numeric_limits<std::int64_t>;
  ot::text_op far;
  far.keep(longest).remove(longest).insert(std::string(70'000, 'x'));
  const std::vector<stored_op> ops{
    entry(far, 1, std::numeric_limits<std::uint64_t>::max(), std::string(300, 'n'), all::min()),
    entry({}, 1, 0, "", all::max()), entry(far, 2, 1, "", all::min()), entry({}, 1, 7, "", 0)};
  EXPECT_EQ(unpack_run(pack_run(ops)), ops);
  EXPECT_EQ(unpack_run(pack_run({})), std::vector<stored_op>{});
}

TEST(op_pack, the_logs_reader_takes_both_formats) {
  const std::vector<stored_op> ops{entry(letter_op(1), 1, 1, "Ada", 5)};
  EXPECT_EQ(decode_run(pack_run(ops)), ops);
  EXPECT_EQ(decode_run(storage::encode_run(ops)), ops);
}

// A bit that pads deflate's last byte means nothing.
TEST(op_pack, no_damaged_byte_changes_what_is_read) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    random_source random{seed};
    const std::vector<stored_op> ops = random_run(random);
    const std::string whole = pack_run(ops);
    for (std::size_t at = 1; at < whole.size(); ++at)
      for (int mask = 1; mask < 256; mask <<= 1) {
        std::string damaged = whole;
        damaged[at] = static_cast<char>(damaged[at] ^ mask);
        if (is_packed_run(damaged)) {
          EXPECT_EQ(unpack_run(damaged), ops) << "seed " << seed << " byte " << at;
        }
      }
    for (std::size_t bytes = 0; bytes < whole.size(); ++bytes)
      EXPECT_FALSE(is_packed_run(whole.substr(0, bytes)));
  }
}

std::string packed(const std::string& body) {
  uLongf bytes = compressBound(static_cast<uLong>(body.size()));
  std::string deflated(bytes, '\0');
  compress(reinterpret_cast<Bytef*>(deflated.data()), &bytes,
           reinterpret_cast<const Bytef*>(body.data()), static_cast<uLong>(body.size()));
  deflated.resize(bytes);
  std::string size;
  for (std::size_t left = body.size(); left > 0 || size.empty(); left >>= 7)
    size += static_cast<char>((left & 0x7F) | (left >= 0x80 ? 0x80 : 0));
  return std::string{storage::packed_version} + size + deflated;
}

// One insert of `text` that says it has so many characters.
std::string insert_of(std::uint64_t chars, std::string_view text) {
  storage::byte_writer lengths;
  lengths.number(chars);
  storage::byte_writer body;
  body.number(1);  // participant: a client without a name
  body.raw(std::string(17, '\0'));
  body.number(1);  // operation
  const std::string columns[] = {{'\0', '\1'}, {'\0'}, {'\0'}, {'\x05'}, {'\0'}, lengths.take()};
  for (const std::string& column : columns)
    body.text(column);
  body.text(text);
  return packed(body.take());
}

// Found by tests/fuzz: it was looked for behind the text's end.
TEST(op_pack, an_insert_is_as_long_as_it_says) {
  std::string text;
  for (int i = 0; i < 400'000; ++i)
    text += "€";
  EXPECT_TRUE(is_packed_run(insert_of(400'000, text)));
  for (const std::uint64_t chars : {1U, 399'999U, 400'001U, 1'200'000U, 1'200'001U})
    EXPECT_FALSE(is_packed_run(insert_of(chars, text))) << chars;
}

// Behind deflate's checksum: a body of any bytes.
TEST(op_pack, no_body_does_harm) {
  std::size_t refused = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    random_source random{seed};
    const std::string whole = pack_run(random_run(random));
    std::size_t at = 1;
    uLongf body_bytes = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(whole[at++]);
      body_bytes |= static_cast<uLongf>(byte & 0x7FU) << shift;
      if (byte < 0x80)
        break;
    }
    std::string body(body_bytes, '\0');
    ASSERT_EQ(uncompress(reinterpret_cast<Bytef*>(body.data()), &body_bytes,
                         reinterpret_cast<const Bytef*>(whole.data() + at),
                         static_cast<uLong>(whole.size() - at)),
              Z_OK);
    ASSERT_TRUE(is_packed_run(packed(body)));
    for (std::size_t i = 0; i < body.size(); ++i)
      for (int mask = 1; mask < 256; mask <<= 1) {
        std::string damaged = body;
        damaged[i] = static_cast<char>(damaged[i] ^ mask);
        refused += is_packed_run(packed(damaged)) ? 0 : 1;
      }
  }
  EXPECT_GT(refused, 1'000U);
}

TEST(op_pack, a_size_that_no_bytes_follow_costs_no_memory) {
  EXPECT_FALSE(is_packed_run("\x02\xff\xff\xff\x7f"));
  EXPECT_FALSE(is_packed_run("\x02\xff\xff\xff\xff\xff\xff\xff\xff\x7f"));
}

// A real history at a typist's pace (times are made up: the trace has none).
TEST(op_pack, typing_takes_four_bytes_an_operation_at_most) {
  const auto folder = trace_folder(TANDEM_TRACES_DIR);
  if (folder.empty())
    GTEST_SKIP() << "no traces";
  const trace history = read_trace(folder / "seph-blog1.json.gz");
  random_source random{1};
  std::vector<stored_op> ops;
  std::size_t count = 0;
  std::size_t bytes = 0;
  std::int64_t at_ms = 1'790'000'000'000;
  const auto flush = [&] {
    bytes += pack_run(ops).size();
    count += ops.size();
    ops.clear();
  };
  for (const trace_txn& txn : history.txns)
    for (const trace_patch& patch : txn.patches) {
      ot::text_op op;
      op.keep(static_cast<std::uint32_t>(patch.position));
      op.remove(static_cast<std::uint32_t>(patch.removed));
      op.insert(patch.inserted);
      at_ms += 60 + random.below(300);
      ops.push_back(entry(std::move(op), 1, count + ops.size() + 1, "Joseph", at_ms));
      if (ops.size() == 4'096)
        flush();
    }
  flush();
  const double each = static_cast<double>(bytes) / static_cast<double>(count);
  RecordProperty("bytes_per_operation", std::to_string(each));
  std::printf("%zu operations, %.2f bytes each\n", count, each);
  EXPECT_LE(each, 4.0);
}

}  // namespace
}  // namespace tandem::test
