// Frames from clients: one table a message type.
#include "net/wire_codec.hpp"
#include "tests/support/ops.hpp"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

namespace tandem::test {
namespace {

// A decoded message in a line.
struct message_text {
  std::ostringstream out;

  template <class T>
  void optional(const char* name, const std::optional<T>& value) {
    if (value)
      out << ' ' << name << ' ' << *value;
  }
  void operator()(const client::hello& m) {
    out << "hello " << m.client << " [" << m.name << "]";
    for (const client::open& open : m.opens) {
      out << " ";
      (*this)(open);
    }
    if (m.attempt != 0)
      out << " attempt " << m.attempt;
  }
  void operator()(const client::open& m) {
    out << "open " << m.file;
    optional("rev", m.rev);
    optional("seq", m.seq);
    optional("id", m.id);
  }
  void operator()(const client::close& m) {
    out << "close " << m.file;
    optional("id", m.id);
  }
  void operator()(const client::edit& m) {
    out << "op " << m.file << " rev " << m.rev << " seq " << m.seq << ' ' << to_json(m.op);
    optional("id", m.id);
    out << (m.by_ai ? " by AI" : "");
  }
  void operator()(const client::cursor& m) {
    out << "cursor " << m.file << " rev " << m.rev;
    for (const client::selection& range : m.ranges)
      out << ' ' << range.anchor << '-' << range.head;
    optional("id", m.id);
  }
  void operator()(const client::chat& m) { out << "chat " << m.id << " [" << m.text << "]"; }
  void operator()(const client::diverged& m) {
    out << "diverged " << m.file << " rev " << m.rev << ' ' << m.length << ' ' << m.crc32;
  }
  void operator()(const client::change_file& m) {
    constexpr const char* actions[] = {"create", "rename", "delete"};
    out << actions[static_cast<int>(m.action)] << ' ' << m.file << " to [" << m.to << "] text ["
        << m.text << "] language [" << m.language << "]";
  }
  void operator()(const client::complete& m) {
    out << "complete " << m.ask << ' ' << m.file << " rev " << m.rev << " at " << m.position;
    optional("id", m.id);
  }
  void operator()(const client::refactor& m) {
    out << "refactor " << m.ask << ' ' << m.file << " rev " << m.rev << ' ' << m.from << '-' << m.to
        << " [" << m.instruction << "]";
    optional("id", m.id);
  }
  void operator()(const client::cancel& m) { out << "cancel " << m.ask; }
  void operator()(const client::malformed& m) {
    out << to_string(m.code);
    if (!m.file.empty())
      out << " file " << m.file;
    optional("seq", m.seq);
    optional("ask", m.ask);
  }
};

struct row {
  std::string_view json;
  std::string_view decoded;
};

class message_decoding : public testing::Test {
 protected:
  std::string decode(std::string_view json) {
    const client::message message = decoder.decode(json);
    message_text text;
    std::visit(text, message);
    return text.out.str();
  }

  template <std::size_t N>
  void expect(const row (&table)[N]) {
    for (const auto& [json, decoded] : table)
      EXPECT_EQ(decode(json), decoded) << json;
  }

  limits bounds;
  net::message_decoder decoder{bounds};
};

TEST_F(message_decoding, hello) {
  bounds.files_per_room = 2;
  expect({
    {R"({"type":"hello","client":"c1"})", "hello c1 []"},
    {R"({"client":"c1","name":"Ádá","token":"t","type":"hello","more":{"x":[1]}})",
     "hello c1 [Ádá]"},
    {R"({"type":"hello","client":"c","open":[]})", "hello c []"},
    {R"({"type":"hello","client":"c","attempt":1790000000000})", "hello c [] attempt 1790000000000"},
    {R"({"type":"hello","client":"c","attempt":"1"})", "bad_message"},
    {R"({"type":"hello","client":"c","open":[{"file":"a"},{"file":"b","rev":3,"seq":4,"z":0}]})",
     "hello c [] open a open b rev 3 seq 4"},
    {R"({"type":"hello"})", "bad_message"},
    {R"({"type":"hello","client":1})", "bad_message"},
    {R"({"type":"hello","client":null})", "bad_message"},
    {R"({"type":"hello","client":"c","name":1})", "bad_message"},
    {R"({"type":"hello","client":"c","token":1})", "bad_message"},
    {R"({"type":"hello","client":"c","open":{}})", "bad_message"},
    {R"({"type":"hello","client":"c","open":["a"]})", "bad_message"},
    {R"({"type":"hello","client":"c","open":[{"rev":1}]})", "bad_message"},
    {R"({"type":"hello","client":"c","open":[{"file":"a"},{"file":"a"},{"file":"a"}]})",
     "bad_message"},
  });
}

TEST_F(message_decoding, open_and_close) {
  expect({
    {R"({"type":"open","file":"a"})", "open a"},
    {R"({"type":"open","file":"a","id":7})", "open a id 7"},
    {R"({"type":"open","file":"a","id":-7})", "bad_message file a"},
    {R"({"type":"open","file":"a","rev":0,"seq":0})", "open a rev 0 seq 0"},
    {R"({"type":"open","file":"a","rev":9007199254740992})", "open a rev 9007199254740992"},
    {R"({"type":"open"})", "bad_message"},
    {R"({"type":"open","file":7})", "bad_message"},
    {R"({"type":"open","file":"a","rev":-1})", "bad_message file a"},
    {R"({"type":"open","file":"a","rev":1.5})", "bad_message file a"},
    {R"({"type":"open","file":"a","rev":9007199254740993})", "bad_message file a"},
    {R"({"type":"open","file":"a","rev":"3"})", "bad_message file a"},
    {R"({"type":"open","file":"a","rev":null})", "bad_message file a"},
    {R"({"type":"open","file":"a","seq":[]})", "bad_message file a"},
    {R"({"type":"close","file":"a"})", "close a"},
    {R"({"type":"close"})", "bad_message"},
  });
}

TEST_F(message_decoding, op) {
  expect({
    {R"({"type":"op","file":"a","id":7,"rev":3,"seq":1,"op":["x"]})",
     R"(op a rev 3 seq 1 ["x"] id 7)"},
    {R"({"type":"close","file":"a","id":7})", "close a id 7"},
    {R"({"type":"cursor","file":"a","id":7,"rev":3,"ranges":[]})", "cursor a rev 3 id 7"},
    {R"({"type":"op","file":"a","rev":3,"seq":1,"op":[2,"é",{"d":1}]})",
     R"(op a rev 3 seq 1 [2,"é",{"d":1}])"},
    {R"({"type":"op","file":"a","rev":3,"seq":1,"op":[],"at":1e5})", "op a rev 3 seq 1 []"},
    {R"({"type":"op","file":"a","rev":3,"seq":0,"op":[]})", "bad_message file a seq 0"},
    {R"({"type":"op","file":"a","rev":3,"op":[]})", "bad_message file a"},
    {R"({"type":"op","file":"a","seq":1,"op":[]})", "bad_message file a seq 1"},
    {R"({"type":"op","rev":3,"seq":1,"op":[]})", "bad_message seq 1"},
    {R"({"type":"op","file":"a","rev":3,"seq":1})", "bad_message file a seq 1"},
    {R"({"type":"op","file":"a","rev":3,"seq":1,"op":{}})", "bad_op file a seq 1"},
    {R"({"type":"op","file":"a","rev":3,"seq":1,"op":[1.5]})", "bad_op file a seq 1"},
    {R"({"type":"op","file":"a","rev":3,"seq":1,"op":["\ud800"]})", "bad_op file a seq 1"},
    {R"({"type":"op","file":"a","rev":3,"seq":1,"op":["\u0000"]})", "bad_op file a seq 1"},
  });
}

TEST_F(message_decoding, an_edit_that_was_taken_over_from_a_proposal) {
  expect({
    {R"({"type":"op","file":"a","rev":3,"seq":1,"op":[],"by_ai":true})", "op a rev 3 seq 1 [] by AI"},
    {R"({"type":"op","file":"a","rev":3,"seq":1,"op":[],"by_ai":false})", "op a rev 3 seq 1 []"},
    {R"({"type":"op","file":"a","rev":3,"seq":1,"op":[],"by_ai":1})", "op a rev 3 seq 1 []"},
  });
}

TEST_F(message_decoding, what_the_ai_is_asked) {
  expect({
    {R"({"type":"complete","ask":1,"file":"a","rev":3,"position":9})", "complete 1 a rev 3 at 9"},
    {R"({"type":"complete","ask":1,"file":"a","id":7,"rev":3,"position":9})",
     "complete 1 a rev 3 at 9 id 7"},
    {R"({"type":"complete","file":"a","rev":3,"position":9})", "bad_message file a"},
    {R"({"type":"complete","ask":0,"file":"a","rev":3,"position":9})", "bad_message file a ask 0"},
    {R"({"type":"complete","ask":1,"file":"a","rev":3})", "bad_message file a ask 1"},
    {R"({"type":"complete","ask":1,"file":"a","rev":3,"position":-1})", "bad_message file a ask 1"},
    {R"({"type":"refactor","ask":2,"file":"a","rev":3,"range":[4,6],"instruction":"x"})",
     "refactor 2 a rev 3 4-6 [x]"},
    {R"({"type":"refactor","ask":2,"file":"a","rev":3,"range":[6,4],"instruction":"x"})",
     "bad_message file a ask 2"},
    {R"({"type":"refactor","ask":2,"file":"a","rev":3,"range":[6],"instruction":"x"})",
     "bad_message file a ask 2"},
    {R"({"type":"refactor","ask":2,"file":"a","rev":3,"range":[-1,6],"instruction":"x"})",
     "bad_message file a ask 2"},
    {R"({"type":"refactor","ask":2,"file":"a","rev":3,"range":[4,6]})", "bad_message file a ask 2"},
    {R"({"type":"cancel","ask":2})", "cancel 2"},
    {R"({"type":"cancel"})", "bad_message"},
  });
}

TEST_F(message_decoding, cursor) {
  bounds.cursor_ranges = 2;
  expect({
    {R"({"type":"cursor","file":"a","rev":3,"ranges":[[1,2],[4,3]]})", "cursor a rev 3 1-2 4-3"},
    {R"({"type":"cursor","file":"a","rev":3,"ranges":[]})", "cursor a rev 3"},
    {R"({"type":"cursor","file":"a","rev":3})", "bad_message file a"},
    {R"({"type":"cursor","file":"a","ranges":[]})", "bad_message file a"},
    {R"({"type":"cursor","file":"a","rev":3,"ranges":[1]})", "bad_message file a"},
    {R"({"type":"cursor","file":"a","rev":3,"ranges":[[1]]})", "bad_message file a"},
    {R"({"type":"cursor","file":"a","rev":3,"ranges":[[1,2,3]]})", "bad_message file a"},
    {R"({"type":"cursor","file":"a","rev":3,"ranges":[[-1,2]]})", "bad_message file a"},
    {R"({"type":"cursor","file":"a","rev":3,"ranges":[[0,2147483648]]})", "bad_message file a"},
    {R"({"type":"cursor","file":"a","rev":3,"ranges":[[0,0],[0,0],[0,0]]})", "bad_message file a"},
  });
}

TEST_F(message_decoding, chat_and_diverged) {
  expect({
    {R"({"type":"chat","id":7,"text":"hi"})", "chat 7 [hi]"},
    {R"({"type":"chat","id":7,"text":""})", "chat 7 []"},
    {R"({"type":"chat","text":"hi"})", "bad_message"},
    {R"({"type":"chat","id":"7","text":"hi"})", "bad_message"},
    {R"({"type":"chat","id":7})", "bad_message"},
    {R"({"type":"diverged","file":"a","rev":3,"length":4,"crc32":4294967295})",
     "diverged a rev 3 4 4294967295"},
    {R"({"type":"diverged","file":"a","rev":3,"length":4})", "bad_message file a"},
    {R"({"type":"diverged","file":"a","rev":3,"crc32":4})", "bad_message file a"},
  });
}

TEST_F(message_decoding, file) {
  expect({
    {R"({"type":"file","do":"create","file":"a"})", "create a to [] text [] language []"},
    {R"({"type":"file","do":"create","file":"a","text":"x\ny","language":"go"})",
     "create a to [] text [x\ny] language [go]"},
    {R"({"type":"file","do":"rename","file":"a","to":"b"})",
     "rename a to [b] text [] language []"},
    {R"({"type":"file","do":"delete","file":"a"})", "delete a to [] text [] language []"},
    {R"({"type":"file","do":"rename","file":"a"})", "bad_message file a"},
    {R"({"type":"file","do":"create"})", "bad_message"},
    {R"({"type":"file","file":"a"})", "bad_message file a"},
    {R"({"type":"file","do":"destroy","file":"a"})", "bad_message file a"},
    {R"({"type":"file","do":"create","file":"a","text":5})", "bad_message file a"},
  });
}

TEST_F(message_decoding, what_is_no_message) {
  expect({
    {"", "bad_message"},
    {"[]", "bad_message"},
    {"3", "bad_message"},
    {"{}", "bad_message"},
    {R"({"type":3})", "bad_message"},
    {R"({"type":"unknown","file":"a","seq":3})", "bad_message"},
    {R"({"type":"Open","file":"a"})", "bad_message"},
    {R"({"file":"a","seq":3})", "bad_message"},
    {R"({"type":"open","file":"a","file":"b"})", "bad_message file a"},
    {R"({"type":"chat","id":1,"text":"\ud800"})", "bad_message"},
    {R"({"file":"a","seq":3,"type":"open")", "bad_message file a seq 3"},
    {R"({"file":"a","seq":-3,"type":"open")", "bad_message file a"},
  });
}

TEST_F(message_decoding, too_many_components_are_a_bad_op) {
  bounds.op_components = 3;
  EXPECT_EQ(decode(R"({"type":"op","file":"a","rev":0,"seq":1,"op":["a",1,"b"]})"),
            R"(op a rev 0 seq 1 ["a",1,"b"])");
  EXPECT_EQ(decode(R"({"type":"op","file":"a","rev":0,"seq":1,"op":["a",1,"b",1]})"),
            "bad_op file a seq 1");
}

TEST_F(message_decoding, operations_are_normalised_or_refused) {
  const auto op_of = [&](const std::string& json) -> std::string {
    net::json_document document;
    if (document.parse(json) != net::json_error::none)
      return "no JSON";
    const auto op = net::decode_op(document.root(), 100);
    return op ? to_json(*op) : "none";
  };
  const row table[] = {
    {"[]", "[]"},
    {R"([1,2,"a","b",{"d":1},{"d":2},3,4])", R"([3,"ab",{"d":3}])"},
    {R"([0,"",{"d":0},"a"])", R"(["a"])"},
    {"[5]", "[]"},
    {"[2147483647]", "[]"},
    {R"([2147483647,"x"])", R"([2147483647,"x"])"},
    {"[2147483648]", "none"},
    {R"([2147483647,1,"x"])", "none"},
    {R"([{"d":2147483647},{"d":1}])", "none"},
    {"[-1]", "none"},
    {"[1.0]", "none"},
    {"[1e1]", "none"},
    {"[true]", "none"},
    {"[null]", "none"},
    {"[[1]]", "none"},
    {"[{}]", "none"},
    {R"([{"d":"1"}])", "none"},
    {R"([{"d":-1}])", "none"},
    {R"([{"d":1,"e":1}])", "none"},
    {R"([{"i":1}])", "none"},
    {R"({"d":1})", "none"},
    {"3", "none"},
    {R"("abc")", "none"},
  };
  for (const auto& [json, decoded] : table)
    EXPECT_EQ(op_of(std::string{json}), decoded) << json;
}

// A trailing keep is no component, but it says how long the text was thought.
TEST_F(message_decoding, a_trailing_keep_counts_for_the_length) {
  net::json_document document;
  document.parse(R"(["a",{"d":1},4,1])");
  const auto op = net::decode_op(document.root(), 100);
  ASSERT_TRUE(op);
  EXPECT_EQ(op->reach_chars(), 1U);
  EXPECT_EQ(op->spanned_chars(), 6U);
}

TEST_F(message_decoding, every_truncation_is_malformed) {
  const std::string_view frames[] = {
    R"({"type":"hello","client":"c","name":"n","open":[{"file":"a","rev":3,"seq":4}]})",
    R"({"type":"op","file":"é","rev":3,"seq":1,"op":[2,"é😀",{"d":1}]})",
    R"({"type":"cursor","file":"a","rev":3,"ranges":[[1,2],[4,3]]})",
    R"({"type":"file","do":"rename","file":"a","to":"b"})"};
  for (const std::string_view frame : frames) {
    for (std::size_t bytes = 0; bytes < frame.size(); ++bytes)
      EXPECT_TRUE(std::holds_alternative<client::malformed>(decoder.decode(frame.substr(0, bytes))))
        << frame.substr(0, bytes);
  }
}

}  // namespace
}  // namespace tandem::test
