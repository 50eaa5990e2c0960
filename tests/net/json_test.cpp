// JSON from strangers: what is read, what is refused, and that nothing crashes.
#include "net/json.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tandem::net {
namespace {

// A document as text again, so that a test can compare the whole.
std::string shown(json_view value) {
  switch (value.kind()) {
    case json_kind::null: return "null";
    case json_kind::boolean: return "boolean";
    case json_kind::integer: return std::to_string(*value.integer());
    case json_kind::inexact: return "inexact";
    case json_kind::string: return "'" + std::string{*value.string()} + "'";
    case json_kind::array: {
      std::string out = "[";
      value.for_each([&](json_view one) {
        out += (out.size() > 1 ? "," : "") + shown(one);
        return true;
      });
      return out + "]";
    }
    case json_kind::object: return "object of " + std::to_string(value.member_count());
  }
  return "";
}

std::string read(std::string_view text) {
  json_document document;
  switch (document.parse(text)) {
    case json_error::none: return shown(document.root());
    case json_error::syntax: return "syntax";
    case json_error::bad_text: return "bad text";
    case json_error::bad_object: return "bad object";
    case json_error::too_large: return "too large";
  }
  return "";
}

TEST(json_document, reads_values) {
  const std::pair<std::string_view, std::string_view> table[] = {
    {"null", "null"},
    {"[true,false]", "[boolean,boolean]"},
    {" [ 1 , -2 ] ", "[1,-2]"},
    {"[]", "[]"},
    {"[[],[[]],{}]", "[[],[[]],object of 0]"},
    {R"(["a","","\u00e9é\ud83d\ude00😀\n\"\\\/"])", "['a','','éé😀😀\n\"\\/']"},
    {R"({"a":1,"b":[2]})", "object of 2"},
    {"\xEF\xBB\xBF[1]", "[1]"},
  };
  for (const auto& [text, expected] : table)
    EXPECT_EQ(read(text), expected) << text;
}

TEST(json_document, an_integer_is_exact_or_none) {
  const std::pair<std::string_view, std::string_view> table[] = {
    {"0", "0"},
    {"-0", "0"},
    {"9007199254740992", "9007199254740992"},
    {"-9007199254740992", "-9007199254740992"},
    {"9007199254740993", "inexact"},
    {"9223372036854775808", "inexact"},
    {"99999999999999999999999999999999", "inexact"},
    {"1.0", "inexact"},
    {"1.5", "inexact"},
    {"1e5", "inexact"},
    {"-1e-400", "inexact"},
  };
  for (const auto& [text, expected] : table)
    EXPECT_EQ(read("[" + std::string{text} + "]"), "[" + std::string{expected} + "]") << text;
}

// RapidJSON 1.1.0 crashes on it when it computes the value.
TEST(json_document, survives_the_number_that_crashes_rapidjson) {
  const std::string number = "0." + std::string(100, '1') + "e-2147483639";
  EXPECT_NE(read("[" + number + "]"), "");
  EXPECT_NE(read("[0." + std::string(100'000, '1') + "]"), "");
  EXPECT_NE(read("[" + std::string(100'000, '9') + "]"), "");
  EXPECT_NE(read("[1e99999999999999999999]"), "");
  EXPECT_EQ(read("[1E400]"), "syntax");
  EXPECT_NE(read("[1e-99999999999999999999]"), "");
}

TEST(json_document, refuses_what_is_no_json) {
  for (const std::string_view text :
       {"", " ", "[", "]", "[1", "[1,]", "[,1]", "[1 2]", "{", "{\"a\"}", "{\"a\":}", "{a:1}",
        "{\"a\":1,}", "{1:2}", "[1]x", "[1][2]", "NaN", "[NaN]", "Infinity", "[-Infinity]", "+1",
        "01", "[.5]", "[1.]", "[1e]", "0x10", "'a'", "\"a", "\"\\x\"", "\"\n\"", "\"\\u12\"",
        "tru", "nul", "// x", "[1]//", "undefined"})
    EXPECT_EQ(read(text), "syntax") << text;
}

TEST(json_document, refuses_texts_that_are_no_unicode_or_hold_a_nul) {
  using namespace std::string_view_literals;
  for (const std::string_view text :
       {"\"\\ud83d\""sv, "\"\\ude00\""sv, "\"\\ude00\\ud83d\""sv, "\"\\ud83dx\""sv,
        "\"\\u0000\""sv, "\"a\\u0000b\""sv, "\"\xff\""sv, "\"\xc0\xaf\""sv, "\"\xed\xa0\x80\""sv,
        "\"\xf4\x90\x80\x80\""sv, "\"\xe2\x82\""sv, "{\"\\ude00\":1}"sv, "[\"\\ud800\"]"sv})
    EXPECT_EQ(read(text), "bad text") << text;
  EXPECT_NE(read("\"\0\""sv), "'\0'"sv);
}

TEST(json_document, refuses_a_key_twice_and_too_many_keys) {
  EXPECT_EQ(read(R"({"a":1,"a":2})"), "bad object");
  EXPECT_EQ(read(R"([{"x":{"a":1,"b":[{}],"a":2}}])"), "bad object");
  EXPECT_EQ(read(R"({"a":1,"\u0061":2})"), "bad object");
  EXPECT_EQ(read(R"({"a":{"a":1},"b":{"a":2}})"), "object of 2");
  const auto object_of = [](int keys) {
    std::string text = "{";
    for (int i = 0; i < keys; ++i)
      text += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":[0,{}]";
    return text + "}";
  };
  EXPECT_EQ(read(object_of(64)), "object of 64");
  EXPECT_EQ(read(object_of(65)), "bad object");
  EXPECT_EQ(read(object_of(20'000)), "bad object");
}

TEST(json_document, refuses_depth) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_NE(read(nested(16)), "syntax");
  EXPECT_EQ(read(nested(17)), "syntax");
  EXPECT_EQ(read(std::string(1'000'000, '[')), "syntax");
  std::string objects;
  for (int i = 0; i < 100'000; ++i)
    objects += "{\"a\":";
  EXPECT_EQ(read(objects), "syntax");
}

TEST(json_document, refuses_more_nodes_than_allowed_wherever_the_last_one_is) {
  json_document document;
  const std::string_view texts[] = {"[1,2]", "[[],1]", "[1,[]]", "[1,{}]", "{\"a\":1}", "[[[]]]",
                                    "[[{}]]", "[\"a\",{\"b\":[]}]"};
  for (const std::string_view text : texts) {
    for (std::size_t most = 0; most < 3; ++most) {
      EXPECT_EQ(json_document{}.parse(text, most), json_error::too_large) << text << ' ' << most;
      document.parse(text, most);
    }
  }
  EXPECT_EQ(document.parse("[1,2]", 3), json_error::none);
}

TEST(json_document, finds_members_by_their_key) {
  json_document document;
  ASSERT_EQ(document.parse(R"({"x":{"b":0},"a":[1,{"b":1}],"b":2,"":3})"), json_error::none);
  EXPECT_EQ(document.root().find("b")->integer(), 2);
  EXPECT_EQ(document.root().find("")->integer(), 3);
  EXPECT_EQ(document.root().find("x")->find("b")->integer(), 0);
  EXPECT_FALSE(document.root().find("c"));
  EXPECT_FALSE(document.root().find("a")->find("b")) << "an array has no members";
  EXPECT_FALSE(document.root().find("b")->string());
  EXPECT_EQ(document.root().member_count(), 4U);
  EXPECT_EQ(document.root().find("a")->member_count(), 0U);
}

TEST(json_document, a_visitor_can_stop_and_only_arrays_are_visited) {
  json_document document;
  document.parse("[[1,2],3,4]");
  int visited = 0;
  EXPECT_FALSE(document.root().for_each([&](json_view) { return ++visited < 2; }));
  EXPECT_EQ(visited, 2);
  EXPECT_TRUE(document.root().for_each([](json_view) { return true; }));
  document.parse("{\"a\":1}");
  EXPECT_FALSE(document.root().for_each([](json_view) { return true; }));
}

// What could be read before an error can be looked at, and nothing else.
TEST(json_document, every_truncation_is_refused_and_leaves_something_sound) {
  const std::string whole =
    R"({"type":"op","file":"é.py","rev":12,"seq":3,)"
    R"("op":[5,"a\u00e9\ud83d\ude00",{"d":2}],"x":{"y":[[{}]]}})";
  json_document document;
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
    ASSERT_NE(document.parse(std::string_view{whole}.substr(0, bytes)), json_error::none) << bytes;
    if (document.is_empty())
      continue;
    shown(document.root());
    for (const char* key : {"type", "file", "rev", "seq", "op", "x", "none"})
      if (const auto found = document.root().find(key))
        shown(*found);
  }
  EXPECT_EQ(document.parse(whole), json_error::none);
  EXPECT_EQ(document.root().find("file")->string(), "é.py");
}

TEST(json_document, every_changed_byte_is_survived) {
  const std::string whole = R"({"type":"op","op":[5,"a\u00e9",{"d":2}],"x":[true,null,-1.5e3]})";
  json_document document;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = whole;
      changed[at] = static_cast<char>(byte);
      document.parse(changed);
      if (!document.is_empty())
        shown(document.root());
    }
  }
}

TEST(json_document, is_used_again_without_a_trace_of_the_last_text) {
  json_document document;
  document.parse(R"({"file":"secret"})");
  EXPECT_EQ(document.parse(""), json_error::syntax);
  EXPECT_TRUE(document.is_empty());
  EXPECT_EQ(document.parse("{}"), json_error::none);
  EXPECT_FALSE(document.root().find("file"));
}

}  // namespace
}  // namespace tandem::net
