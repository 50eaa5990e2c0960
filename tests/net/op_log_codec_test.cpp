// The op log's lines as docs/protocol.md shows them, and what is refused.
#include "net/op_log_codec.hpp"
#include "tests/support/ops.hpp"

#include <gtest/gtest.h>

namespace tandem::test {
namespace {

using namespace storage;

ot::client_id some_client() {
  ot::client_id id;
  for (std::size_t i = 0; i < id.bytes.size(); ++i)
    id.bytes[i] = static_cast<std::uint8_t>(i * 17);
  return id;
}

TEST(op_log_codec, lines_are_as_the_protocol_shows_them_and_are_read_back) {
  const std::pair<log_line, const char*> table[] = {
    {log_header{"r1", "Room \"1\""},
     R"({"tandem":"oplog","version":1,"room":{"id":"r1","name":"Room \"1\""}})"},
    {log_file{"main.py", "python"}, R"({"file":"main.py","language":"python","rev":0})"},
    {log_entry{"main.py", 3, {make_op({2, "é", del(1)}), some_client(), 7, "Ada", 1'790'000'000'000}},
     R"({"file":"main.py","rev":3,"op":[2,"é",{"d":1}],"by":"Ada",)"
     R"("client":"00112233445566778899aabbccddeeff","seq":7,"at":1790000000000})"},
    {log_end{{{"a", 1, 2, "ab"}, {"b", 0, 0, ""}}},
     R"({"end":true,"files":[{"file":"a","rev":1,"length":2,"sha256":"ab"},)"
     R"({"file":"b","rev":0,"length":0,"sha256":""}]})"},
  };
  net::op_log_decoder decoder;
  for (const auto& [line, json] : table) {
    EXPECT_EQ(net::encode_log_line(line), std::string{json} + "\n");
    EXPECT_TRUE(decoder.decode(json) == line) << json;
  }
}

TEST(op_log_codec, what_is_optional_may_be_left_out) {
  net::op_log_decoder decoder;
  EXPECT_TRUE(decoder.decode(R"({"tandem":"oplog","version":1,"room":{},"more":[1]})") ==
              log_line{log_header{}});
  EXPECT_TRUE(decoder.decode(R"({"file":"a","rev":1,"op":["x"]})")
              == (log_line{log_entry{"a", 1, {make_op({"x"}), {}, 0, "", 0}}}));
}

TEST(op_log_codec, what_is_no_line_is_refused_with_a_word) {
  const std::pair<const char*, const char*> table[] = {
    {"", "no JSON, or not of the kind that is taken here"},
    {"{", "no JSON, or not of the kind that is taken here"},
    {"[]", "not an object"},
    {"{}", "missing or wrong: rev"},
    {R"({"tandem":"other","version":1,"room":{}})", "missing or wrong: tandem"},
    {R"({"tandem":"oplog","version":2,"room":{}})",
     "an op log of a version that is not known here"},
    {R"({"tandem":"oplog","version":1})", "missing or wrong: room"},
    {R"({"rev":0})", "missing or wrong: file"},
    {R"({"file":"a","rev":1})", "missing or wrong: op"},
    {R"({"file":"a","rev":1,"op":[-1]})", "missing or wrong: op"},
    {R"({"file":"a","rev":1,"op":[],"client":"zz"})", "missing or wrong: client"},
    {R"({"file":"a","rev":1,"op":[],"seq":-1})", "missing or wrong: seq"},
    {R"({"file":"a","rev":1,"op":[],"at":"now"})", "missing or wrong: at"},
    {R"({"end":true})", "missing or wrong: files"},
    {R"({"end":true,"files":[{"file":"a"}]})", "missing or wrong: rev"},
    {R"({"end":true,"files":[1]})", "missing or wrong: file"},
  };
  net::op_log_decoder decoder;
  for (const auto& [json, why] : table)
    try {
      decoder.decode(json);
      ADD_FAILURE() << json << " was taken";
    } catch (const op_log_error& error) {
      EXPECT_STREQ(error.what(), why) << json;
    }
}

}  // namespace
}  // namespace tandem::test
