// Frames to clients, to the byte: clients in other languages read these.
#include "net/json_text.hpp"
#include "net/wire_codec.hpp"
#include "net/ws_frame.hpp"
#include "tests/support/ops.hpp"
#include "tests/support/random_op.hpp"

#include <gtest/gtest.h>

namespace tandem::test {
namespace {

const net::wire_encoder encoder;

// The JSON of a frame whose payload is at most 65,535 bytes; its header is
// checked on the way.
std::string json_of(const frame& bytes) {
  const std::string& whole = *bytes;
  EXPECT_EQ(whole[0], '\x81');
  const auto length = static_cast<unsigned char>(whole.at(1));
  if (length < 126) {
    EXPECT_EQ(whole.size(), 2U + length);
    return whole.substr(2);
  }
  EXPECT_EQ(length, 126);
  EXPECT_EQ(static_cast<unsigned char>(whole.at(2)) * 256U
              + static_cast<unsigned char>(whole.at(3)) + 4,
            whole.size());
  return whole.substr(4);
}

TEST(wire_encoder, a_frame_is_final_unmasked_text_of_every_size) {
  const std::pair<std::size_t, std::string> table[] = {
    {0, {"\x81\x00", 2}},
    {2, "\x81\x02"},
    {125, "\x81\x7d"},
    {126, {"\x81\x7e\x00\x7e", 4}},
    {255, {"\x81\x7e\x00\xff", 4}},
    {256, {"\x81\x7e\x01\x00", 4}},
    {65'535, "\x81\x7e\xff\xff"},
    {65'536, {"\x81\x7f\0\0\0\0\0\x01\0\0", 10}},
    {20'000'000, {"\x81\x7f\0\0\0\0\x01\x31\x2d\0", 10}},
  };
  for (const auto& [bytes, header] : table) {
    const std::string payload(bytes, 'x');
    EXPECT_TRUE(net::text_frame(payload) == header + payload) << bytes;
  }
}

TEST(wire_encoder, welcome) {
  server::welcome m{3, "editor", "r1", "Room \"1\"", {{"a.py", 7, "python", 5}, {"b", 0, "plaintext", 6}},
                    {{1, "Ada", "#112233", "editor"}, {2, "Bob", "#445566", "editor"}},
                    {{1, "Ada", "hi", 1'790'000'000'000, {}, {}}}, 524'288, 131'072, 500};
  EXPECT_EQ(json_of(encoder.encode(m)),
            R"({"type":"welcome","protocol":1,"site":3,"role":"editor",)"
            R"("room":{"id":"r1","name":"Room \"1\""},)"
            R"("files":[{"file":"a.py","id":5,"rev":7,"language":"python"},)"
            R"({"file":"b","id":6,"rev":0,"language":"plaintext"}],)"
            R"("peers":[{"site":1,"name":"Ada","color":"#112233","role":"editor"},)"
            R"({"site":2,"name":"Bob","color":"#445566","role":"editor"}],)"
            R"("chat":[{"n":1,"name":"Ada","text":"hi","at":1790000000000}],)"
            R"("limits":{"frame_bytes":524288,"op_chars":131072,"ops_per_second":500}})");
  EXPECT_EQ(json_of(encoder.encode(server::welcome{})),
            R"({"type":"welcome","protocol":1,"site":0,"role":"","room":{"id":"","name":""},)"
            R"("files":[],"peers":[],"chat":[],)"
            R"("limits":{"frame_bytes":0,"op_chars":0,"ops_per_second":0}})");
}

TEST(wire_encoder, opened) {
  EXPECT_EQ(json_of(encoder.encode(server::opened{"a", 7, "python", "x\n", 0, 5})),
            R"({"type":"opened","file":"a","id":5,"rev":7,"language":"python","text":"x\n"})");
  EXPECT_EQ(json_of(encoder.encode(server::opened{"a", 7, "python", "", 0, 5})),
            R"({"type":"opened","file":"a","id":5,"rev":7,"language":"python","text":""})");
  EXPECT_EQ(json_of(encoder.encode(server::opened{"a", 7, "python", {}, 0, 5})),
            R"({"type":"opened","file":"a","id":5,"rev":7,"language":"python","from":0})");
}

TEST(wire_encoder, op_names_where_it_starts_only_if_it_is_composed) {
  const ot::text_op op = make_op({5, "a\"é😀", del(2), 1, "b"});
  EXPECT_EQ(json_of(encoder.encode(server::op{"a", 6, 7, op, 3})),
            R"({"type":"op","file":"a","rev":7,"op":[5,"a\"é😀",{"d":2},1,"b"],"by":3})");
  EXPECT_EQ(json_of(encoder.encode(server::op{"a", 2, 7, make_op({}), 0})),
            R"({"type":"op","file":"a","rev":7,"from":2,"op":[]})");
}

TEST(wire_encoder, ack) {
  EXPECT_EQ(json_of(encoder.encode(server::ack{"a", ~std::uint64_t{0}, 7})),
            R"({"type":"ack","file":"a","seq":18446744073709551615,"rev":7})");
}

TEST(wire_encoder, cursor) {
  EXPECT_EQ(json_of(encoder.encode(server::cursor{2, "a", 7, {{1, 2}, {4, 3}}})),
            R"({"type":"cursor","site":2,"file":"a","rev":7,"ranges":[[1,2],[4,3]]})");
  EXPECT_EQ(json_of(encoder.encode(server::cursor{2, "a", 7, {}})),
            R"({"type":"cursor","site":2,"file":"a","rev":7,"ranges":[]})");
}

TEST(wire_encoder, join_and_leave) {
  EXPECT_EQ(json_of(encoder.encode(server::join{{2, "Ada", "#112233", "editor"}})),
            R"({"type":"join","site":2,"name":"Ada","color":"#112233","role":"editor"})");
  EXPECT_EQ(json_of(encoder.encode(server::leave{2})), R"({"type":"leave","site":2})");
}

TEST(wire_encoder, role) {
  EXPECT_EQ(json_of(encoder.encode(server::role{"viewer"})), R"({"type":"role","role":"viewer"})");
}

TEST(wire_encoder, chat) {
  EXPECT_EQ(json_of(encoder.encode(server::chat{4, "Ada", "hi", 99, 2, 7})),
            R"({"type":"chat","n":4,"name":"Ada","text":"hi","at":99,"site":2,"id":7})");
  EXPECT_EQ(json_of(encoder.encode(server::chat{4, "Ada", "hi", -1, {}, {}})),
            R"({"type":"chat","n":4,"name":"Ada","text":"hi","at":-1})");
}

TEST(wire_encoder, file) {
  using client::file_action;
  EXPECT_EQ(json_of(encoder.encode(
              server::file_changed{file_action::create, "a.py", "", "python", 2, 5})),
            R"({"type":"file","do":"create","file":"a.py","id":5,"language":"python","by":2})");
  EXPECT_EQ(json_of(encoder.encode(
              server::file_changed{file_action::rename, "a.py", "b.rs", "rust", 2, 5})),
            R"({"type":"file","do":"rename","file":"a.py","to":"b.rs","id":5,)"
            R"("language":"rust","by":2})");
  EXPECT_EQ(json_of(encoder.encode(server::file_changed{file_action::remove, "a.py", "", "", 0, 5})),
            R"({"type":"file","do":"delete","file":"a.py","id":5})");
}

TEST(wire_encoder, check) {
  EXPECT_EQ(json_of(encoder.encode(server::check{"a", 7, 3, 4'294'967'295U})),
            R"({"type":"check","file":"a","rev":7,"length":3,"crc32":4294967295})");
}

TEST(wire_encoder, error) {
  EXPECT_EQ(json_of(encoder.encode(
              server::error{error_code::rate_limited, "slow down", "a", 3, {}, 250})),
            R"({"type":"error","code":"rate_limited","message":"slow down","file":"a","seq":3,)"
            R"("retry_ms":250})");
  EXPECT_EQ(json_of(encoder.encode(
              server::error{error_code::too_large, "m", "", {}, 9, {}})),
            R"({"type":"error","code":"too_large","message":"m","id":9})");
}

TEST(wire_encoder, strings_are_escaped) {
  const auto literal = [](std::string_view text) {
    std::string out;
    net::append_json_string(out, text);
    return out;
  };
  EXPECT_EQ(literal(""), "\"\"");
  EXPECT_EQ(literal("a\"\\\n\r\t/"), R"("a\"\\\n\r\t/")");
  EXPECT_EQ(literal("\x01\x1f\x7f"), R"("\u0001\u001f\u007f")");
  EXPECT_EQ(literal("é\u2028😀"), "\"é\u2028😀\"");
}

// What goes out comes back: by our own decoder, which other tests hold to the
// protocol.
TEST(wire_encoder, random_operations_come_back_as_they_were) {
  net::json_document document;
  for (std::uint64_t seed = 1; seed <= 3'000; ++seed) {
    random_source random{seed};
    const ot::text_op op = build(random_plan(random, random.below(20)));
    std::string json;
    net::append_op(json, op);
    ASSERT_EQ(document.parse(json), net::json_error::none) << json;
    ASSERT_EQ(net::decode_op(document.root(), 1'000), op) << json;
  }
}

}  // namespace
}  // namespace tandem::test
