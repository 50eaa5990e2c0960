// Runs of operations as bytes: there and back, and whatever a disk may make of
// them.
#include "storage/op_codec.hpp"
#include "storage/store.hpp"
#include "tests/support/random_op.hpp"
#include "tests/support/records.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace tandem::test {
namespace {

using storage::decode_run;
using storage::encode_run;
using storage::store_error;
using storage::stored_op;

std::vector<stored_op> random_run(random_source& random) {
  std::vector<stored_op> ops(random.below(6));
  for (stored_op& one : ops) {
    one.op = build(random_plan(random, random.below(20)));
    one.client = client(static_cast<std::uint8_t>(random.below(3)));
    one.seq = random.one_in(3) ? random.next() : random.below(300);
    one.author = to_utf8(random_text(random, 6));
    one.at_ms = static_cast<std::int64_t>(random.one_in(4) ? random.next() >> 1U
                                                           : random.below(1'000));
  }
  return ops;
}

// Whether the bytes were a run. Anything but a run or `corrupt` is a fault.
bool is_run(const std::string& bytes) {
  try {
    for (const stored_op& one : decode_run(bytes)) {
      one.op.check();
      EXPECT_EQ(normal_form_fault(one.op), "");
    }
    return true;
  } catch (const store_error& error) {
    EXPECT_EQ(error.why(), store_error::cause::corrupt);
    return false;
  }
}

TEST(op_codec, random_runs_come_back_as_they_were) {
  for (std::uint64_t seed = 1; seed <= 5'000; ++seed) {
    random_source random{seed};
    const std::vector<stored_op> ops = random_run(random);
    ASSERT_EQ(decode_run(encode_run(ops)), ops) << "seed " << seed;
  }
}

TEST(op_codec, the_extremes_come_back) {
  constexpr std::uint32_t longest = std::numeric_limits<std::int32_t>::max();
  ot::text_op far;
  far.keep(longest).remove(longest).insert(std::string(70'000, 'x'));
  const std::vector<stored_op> ops{
    entry(far, 1, std::numeric_limits<std::uint64_t>::max(), std::string(300, 'n'),
          std::numeric_limits<std::int64_t>::max()),
    entry({}, 0, 0, "", 0)};
  EXPECT_EQ(decode_run(encode_run(ops)), ops);
}

// Times from both ends of the range: their difference does not fit (found by
// tests/fuzz under the sanitizer).
TEST(op_codec, times_may_be_as_far_apart_as_can_be) {
  using all = std::numeric_limits<std::int64_t>;
  const std::vector<stored_op> ops{entry({}, 0, 0, "", all::min()), entry({}, 0, 0, "", all::max()),
                                   entry({}, 0, 0, "", all::min())};
  EXPECT_EQ(decode_run(encode_run(ops)), ops);
}

// Rows that exist must stay readable: these bytes are versions 1 and 3 for ever.
TEST(op_codec, versions_1_and_3_are_these_bytes) {
  const std::vector<stored_op> ops{entry(make_op({"hé"}), 7, 300, "Al", 1'000),
                                   entry(make_op({1, del(1)}), 7, 301, "Al", 999)};
  const std::string expected =
    std::string{"\x01\x01\x07"} + std::string(15, '\0') + "\x02" "Al"  // one participant
    + "\x02\xd0\x0f"                                                   // two ops, from 1000 ms
    + std::string{"\0\xac\x02\0\x01\x09\x03h\xc3\xa9", 10}             // 0, 300, +0, insert 2
    + std::string{"\0\xad\x02\x01\x02\x04\x06", 7};                    // 0, 301, -1, keep, remove
  EXPECT_EQ(decode_run(expected), ops);
  EXPECT_EQ(encode_run(ops), "\x03" + expected.substr(1) + "\xcc\xc9\xc0\x0e");
}

TEST(op_codec, no_truncation_of_a_run_is_a_run) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    random_source random{seed};
    const std::string whole = encode_run(random_run(random));
    for (std::size_t bytes = 0; bytes < whole.size(); ++bytes)
      ASSERT_FALSE(is_run(whole.substr(0, bytes))) << "seed " << seed << ", " << bytes;
    ASSERT_FALSE(is_run(whole + '\0')) << "seed " << seed;
  }
}

TEST(op_codec, no_flipped_byte_gives_a_run) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    random_source random{seed};
    const std::string whole = encode_run(random_run(random));
    for (std::size_t at = 0; at < whole.size(); ++at) {
      for (int mask = 1; mask < 256; ++mask) {
        std::string damaged = whole;
        damaged[at] = static_cast<char>(damaged[at] ^ mask);
        // As version 1, which has no sum, a run may come of it.
        ASSERT_TRUE(!is_run(damaged) || damaged.front() == 1) << "seed " << seed << ", " << at;
      }
    }
  }
}

TEST(op_codec, a_count_that_no_bytes_follow_costs_no_memory) {
  const std::string huge = "\xff\xff\xff\xff\xff\xff\xff\xff\x7f";
  EXPECT_FALSE(is_run("\x01" + huge));
  EXPECT_FALSE(is_run(std::string{"\x01\0", 2} + huge));
  EXPECT_FALSE(is_run(std::string{"\x01\0\x01\0", 4} + huge));
}

TEST(op_codec, refuses_what_no_encoder_writes) {
  const std::string who = "\x01\x01" + std::string(16, '\0') + std::string(1, '\0');
  const auto with_op = [&](const std::string& op) {
    return who + std::string{"\x01\0\0\x01\0", 5} + op;
  };
  EXPECT_TRUE(is_run(with_op(std::string{"\x01\x05\x01x", 4})));
  const std::pair<const char*, std::string> wrong[] = {
    {"an empty component", with_op(std::string{"\x01\0", 2})},
    {"an unknown kind", with_op("\x01\x07")},
    {"too long a keep", with_op("\x01\x80\x80\x80\x80\x20")},
    {"a wrong count", with_op("\x01\x09\x01x")},
    {"a NUL", with_op(std::string{"\x01\x05\x01\0", 4})},
    {"a surrogate", with_op("\x01\x05\x03\xed\xa0\x80")},
    {"two removes, too long as one", with_op("\x02\xfe\xff\xff\xff\x1f\xfe\xff\xff\xff\x1f")},
    {"two inserts", with_op("\x02\x05\x01x\x05\x01x")},
    {"a keep at the end", with_op("\x01\x04")},
    {"an unknown participant", who + std::string{"\x01\0\x01\x01\0\0", 6}},
    {"another version", "\x02" + who.substr(1) + std::string(2, '\0')},
  };
  for (const auto& [what, bytes] : wrong)
    EXPECT_FALSE(is_run(bytes)) << what;
}

}  // namespace
}  // namespace tandem::test
