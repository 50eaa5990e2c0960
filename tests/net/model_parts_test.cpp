// What the model's client is made of, without a socket: addresses, events,
// texts, prompts, answers.
#include "net/answer_shaper.hpp"
#include "net/event_stream.hpp"
#include "net/fim_prompt.hpp"
#include "net/json.hpp"
#include "net/model_answer.hpp"
#include "net/model_json.hpp"
#include "net/model_text.hpp"
#include "net/upstream_url.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tandem::net {
namespace {

// ---- addresses ----

TEST(upstream_url, an_address_is_taken_apart) {
  const struct {
    const char* text;
    const char* authority;
    const char* target;
  } table[] = {
    {"https://api.openai.com/v1", "api.openai.com", "/v1/x"},
    {"https://api.openai.com/v1/", "api.openai.com", "/v1/x"},
    {"https://h:443", "h", "/x"},
    {"http://h", "h", "/x"},
    {"http://h:11434/v1", "h:11434", "/v1/x"},
    {"http://[::1]:8080/v1", "[::1]:8080", "/v1/x"},
    {"http://[::1]", "[::1]", "/x"},
    {"https://r.openai.azure.com/openai/deployments/d?api-version=1", "r.openai.azure.com",
     "/openai/deployments/d/x?api-version=1"},
  };
  for (const auto& row : table) {
    const auto url = parse_upstream_url(row.text);
    ASSERT_TRUE(url) << row.text;
    EXPECT_EQ(url->authority(), row.authority);
    EXPECT_EQ(url->target("/x"), row.target);
  }
}

TEST(upstream_url, what_is_no_address_is_refused) {
  for (const char* text :
       {"", "h", "ftp://h", "http://", "http:///x", "http://h:", "http://h:0", "http://h:65536",
        "http://h:8a", "http://user:pass@h/", "http://user@h/", "http://h/a b", "http://h/\r\nX: y",
        "http://[::1", "http://[::1]x", "http://h/#part", "HTTP://h", "http://a,b"})
    EXPECT_FALSE(parse_upstream_url(text)) << text;
}

TEST(upstream_url, a_private_host_is_known_by_its_name) {
  for (const char* host : {"localhost", "127.0.0.1", "::1", "10.1.2.3", "192.168.0.1", "172.16.0.1",
                           "172.31.0.1", "fd00::1", "ollama", "box.local"})
    EXPECT_TRUE(is_private_host(host)) << host;
  for (const char* host : {"example.org", "8.8.8.8", "172.32.0.1", "2001:db8::1", "127.0.0.1.example.org",
                           "10.example.org"})
    EXPECT_FALSE(is_private_host(host)) << host;
}

// ---- events ----

std::vector<std::string> events_of(std::string_view text, std::size_t cut) {
  std::vector<std::string> heard;
  event_stream stream{100};
  const auto take = [&](std::string_view bytes) {
    stream.take(bytes, [&](std::string_view data) {
      heard.emplace_back(data);
      return true;
    });
  };
  take(text.substr(0, cut));
  take(text.substr(cut));
  return heard;
}

TEST(event_stream, events_are_read_wherever_they_are_cut) {
  const std::pair<std::string, std::vector<std::string>> table[] = {
    {"data: a\n\ndata: b\n\n", {"a", "b"}},
    {"data: a\r\n\r\ndata: b\r\n\r\n", {"a", "b"}},
    {"data: a\r\rdata: b\r\r", {"a", "b"}},
    {"\xEF\xBB\xBF" "data: a\n\n", {"a"}},
    {"data:a\n\ndata:  b\n\n", {"a", " b"}},
    {"data: a\ndata: b\ndata\n\n", {"a\nb\n"}},
    {": a remark\nevent: x\nid: 7\nretry: 5\ndata: a\ndatum: b\n\n", {"a"}},
    {"event: x\n\n\n\ndata: a\n\n", {"a"}},
    {"data: not ended\n", {}},
    {"data: {\"a\":\"\xC3\xBC\"}\n\n", {"{\"a\":\"\xC3\xBC\"}"}},
  };
  for (const auto& [text, expected] : table)
    for (std::size_t cut = 0; cut <= text.size(); ++cut)
      EXPECT_EQ(events_of(text, cut), expected) << text << cut;
}

TEST(event_stream, nothing_is_longer_than_the_limit) {
  const auto ignore = [](std::string_view) { return true; };
  event_stream line{10};
  EXPECT_EQ(line.take("data: abcd\n", ignore), event_stream::result::more);
  EXPECT_EQ(line.take("data: abcde\n", ignore), event_stream::result::too_large);
  EXPECT_EQ(line.take("\n", ignore), event_stream::result::too_large);
  event_stream data{10};
  EXPECT_EQ(data.take("data: abc\ndata: abc\n", ignore), event_stream::result::more);
  EXPECT_EQ(data.take("data: abc\n", ignore), event_stream::result::too_large);
}

TEST(event_stream, it_stops_when_its_listener_has_enough) {
  int heard = 0;
  event_stream stream{10};
  EXPECT_EQ(stream.take("data: a\n\ndata: b\n\n", [&](std::string_view) { return ++heard, false; }),
            event_stream::result::stopped);
  EXPECT_EQ(heard, 1);
}

// ---- texts ----

TEST(model_text, what_may_not_stand_in_a_file_is_taken_out) {
  const std::pair<std::string_view, const char*> table[] = {
    {"plain\ttext\n", "plain\ttext\n"},
    {"a\r\nb\rc\r\r\nd", "a\nb\nc\n\nd"},
    {std::string_view{"a\0b\x07\x1B[31m\x7F", 10}, "ab[31m"},
    {"a\xC2\x85z", "az"},
    {"\u202Eevil\u2066\u200F\u061C", "evil"},
    {"\xF3\xA0\x81\x81tag", "tag"},
    {"\xFF\xC0\x80\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD"},
    {"f\u00FCr \U0001F600", "f\u00FCr \U0001F600"},
  };
  for (const auto& [text, expected] : table)
    EXPECT_EQ(cleaned(text), expected);
}

TEST(model_text, a_line_end_may_be_cut) {
  text_cleaner cleaner;
  const std::string begin = cleaner.take("a\r");
  EXPECT_EQ(begin + cleaner.take("\nb"), "a\nb");
}

TEST(model_text, json_is_mended_only_where_it_must_be) {
  const std::pair<const char*, const char*> table[] = {
    {R"({"a":"b\n\u00fc\ud83d\ude00\\u0000"})", R"({"a":"b\n\u00fc\ud83d\ude00\\u0000"})"},
    {R"("\u0000")", R"("\ufffd")"},
    {R"("\ud83d")", R"("\ufffd")"},
    {R"("\ud83d\u0041")", R"("\ufffd\u0041")"},
    {R"("\ude00x")", R"("\ufffdx")"},
    {"\"\xFF\"", "\"\uFFFD\""},
    {R"("\u00)", R"("\u00)"},
    {"\\", "\\"},
  };
  for (const auto& [json, expected] : table)
    EXPECT_EQ(mended_json(json), expected);
}

TEST(model_text, a_stop_is_found_wherever_it_is_cut) {
  const std::string text = "a <fim_ b<fim_middle>c";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    stop_filter filter{{"<fim_middle>", "<fim_pad>"}};
    std::string out = filter.take(text.substr(0, cut));
    EXPECT_TRUE(std::string{"a <fim_ b"}.starts_with(out));
    out += filter.take(text.substr(cut));
    EXPECT_EQ(out + filter.end(), "a <fim_ b") << cut;
    EXPECT_TRUE(filter.has_stopped());
  }
  stop_filter nested{{"abcd", "c"}};  // what could be the longer one is waited for
  EXPECT_EQ(nested.take("abc"), "");
  EXPECT_FALSE(nested.has_stopped());
  EXPECT_EQ(nested.take("x"), "ab");
  EXPECT_TRUE(nested.has_stopped());
  stop_filter unended{{"abcd", "c"}};
  unended.take("abc");
  EXPECT_EQ(unended.end(), "ab");
  stop_filter filter{{"<fim_middle>"}};
  EXPECT_EQ(filter.take("a <fim"), "a ");
  EXPECT_EQ(filter.end(), "<fim");
}

TEST(model_text, a_fence_is_taken_off) {
  const std::pair<const char*, const char*> table[] = {
    {"x + 1", "x + 1"},
    {"```\nx + 1\n```", "x + 1"},
    {"Here you are:\n```python\nx\ny\n```\nDone.", "x\ny"},
    {"```python\nx", "x"},
    {"```\n```", ""},
    {"```", ""},
    {"<think>```no```</think>\nx", "x"},
  };
  for (const auto& [text, expected] : table)
    EXPECT_EQ(unfenced(text), expected) << text;
}

TEST(model_text, what_stands_there_already_is_not_repeated) {
  const struct {
    const char* text;
    const char* before;
    const char* after;
    const char* expected;
  } table[] = {
    {"    return 1 + x", "def f(x):\n    return ", "\n", "1 + x"},
    {"return 1", "def f(x):\n    return ", "\n", "1"},
    {"def f(x):\n    return 1", "def f(x):\n    return ", "\n", "1"},
    {"1 + x\n\nf(1)", "return ", "\n\nf(1)\n", "1 + x"},
    {"a)", "f(", ")", "a)"},
    {"a);", "f(", ");", "a"},
    {"    pass", "\n    ", "", "    pass"},
    {"x", "x", "", "x"},
    {"", "a", "b", ""},
  };
  for (const auto& row : table)
    EXPECT_EQ(without_repeats(row.text, row.before, row.after), row.expected) << row.text;
}

TEST(model_text, a_secret_is_taken_out_even_in_part) {
  EXPECT_EQ(redacted("key sk-0123456789 is bad", "sk-0123456789"), "key [key] is bad");
  EXPECT_EQ(redacted("key sk-01234 is bad", "sk-0123456789"), "key [key] is bad");
  EXPECT_EQ(redacted("key …23456789 is bad", "sk-0123456789"), "key …[key] is bad");
  EXPECT_EQ(redacted("sk-0123 abc", "sk-0123456789"), "sk-0123 abc");
  EXPECT_EQ(redacted("a short one", "short"), "a [key] one");
  EXPECT_EQ(redacted("text", ""), "text");
}

TEST(model_text, a_secret_is_taken_out_wherever_its_text_is_cut) {
  const std::string secret = "sk-0123456789abcdef";
  const std::string text = "s sk-0 é sk-0123456789abcdef, …456789abcd s";
  for (std::size_t size = 1; size <= text.size(); ++size) {
    secret_filter filter{secret};
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += size)
      out += filter.take(std::string_view{text}.substr(at, size));
    out += filter.end();
    EXPECT_TRUE(out.starts_with("s sk-0 é ") && out.ends_with("[key] s")) << size << ": " << out;
    for (std::size_t at = 0; at + 4 <= secret.size(); ++at)
      EXPECT_EQ(out.find(secret.substr(at, 4), 9), std::string::npos) << size << ": " << out;
  }
}

TEST(model_text, what_is_no_secret_is_not_held_back) {
  secret_filter filter{"sk-0123456789abcdef"};
  EXPECT_EQ(filter.take("s"), "s");
  EXPECT_EQ(filter.take("k-"), "k-");
  EXPECT_EQ(filter.take("0"), "");
  EXPECT_EQ(filter.take("!"), "0!");
}

// Copying the rest for every byte, this would take a quarter of an hour.
TEST(model_text, a_long_text_is_looked_through_once) {
  std::string text;
  while (text.size() < (std::size_t{8} << 20U))
    text += "sk-01 lorem ipsum dolor sk-0123 sit amet\n";
  EXPECT_EQ(redacted(text, ""), text);
  EXPECT_EQ(redacted(text, "sk-0123456789abcdef"), text);
  EXPECT_EQ(redacted(text + "sk-0123456789abcdef", "sk-0123456789abcdef"), text + "[key]");
}

TEST(model_answer, a_long_answer_is_refused_before_it_is_looked_through) {
  net::answer_reader reader{1'000, "sk-0123456789abcdef"};
  EXPECT_FALSE(reader.begin(200, "application/json", 0));
  std::string text;
  std::string signs;  // that would all be taken out
  for (int i = 0; i < 1'500; ++i)
    signs += "\\u0007";
  reader.take(R"({"choices":[{"message":{"content":")" + signs + R"("}}]})", text);
  EXPECT_EQ(reader.end(text), net::answer_reader::state::failed);
  EXPECT_EQ(reader.failure().what, ai::model_failure::kind::too_large);
  EXPECT_EQ(text, "");
}

// ---- prompts ----

ai::completion_prompt prompt_with_others() {
  return {"b.py", "python", "x = ", "\n", {{"a.py", "A = 1\nB = 2"}}, 64, true};
}

TEST(fim_prompt, other_files_stand_before_the_text) {
  EXPECT_EQ(fim_prompt(completion_style::qwen, prompt_with_others()),
            "<|file_sep|>a.py\nA = 1\nB = 2\n<|file_sep|>b.py\n"
            "<|fim_prefix|>x = <|fim_suffix|>\n<|fim_middle|>");
  EXPECT_EQ(fim_prompt(completion_style::starcoder, prompt_with_others()),
            "<file_sep>a.py\nA = 1\nB = 2\n<file_sep>b.py\n<fim_prefix>x = <fim_suffix>\n<fim_middle>");
  EXPECT_EQ(fim_prompt(completion_style::codestral, prompt_with_others()),
            "[SUFFIX]\n[PREFIX]# Path: a.py\n# A = 1\n# B = 2\n# Path: b.py\nx = ");
  EXPECT_EQ(with_others_as_comments(prompt_with_others()),
            "# Path: a.py\n# A = 1\n# B = 2\n# Path: b.py\nx = ");
}

TEST(fim_prompt, no_text_can_forge_a_token) {
  for (const auto style : {completion_style::starcoder, completion_style::codellama,
                           completion_style::deepseek, completion_style::qwen,
                           completion_style::codegemma, completion_style::granite,
                           completion_style::codestral}) {
    const std::string honest = fim_prompt(style, {"f", "", "", "", {{"g", ""}}, 1, true});
    const ai::completion_prompt forged{honest, "", honest + honest, honest, {{honest, honest}}, 1, true};
    const std::string prompt = fim_prompt(style, forged);
    for (const std::string& stop : completion_stops(style, false)) {
      const auto count = [&](const std::string& text) {
        int found = 0;
        for (std::size_t at = 0; (at = text.find(stop, at)) != std::string::npos; at += stop.size())
          ++found;
        return found;
      };
      EXPECT_EQ(count(prompt), count(honest)) << prompt << " " << stop;
    }
  }
}

TEST(model_json, what_is_asked_is_json) {
  json_document document;
  ai::completion_prompt prompt = prompt_with_others();
  prompt.before = "\"\\\n\t\x01</DATA-1->";
  for (const auto style : {completion_style::suffix, completion_style::mistral,
                           completion_style::llama, completion_style::qwen}) {
    const auto made = completion_body(style, "m", prompt);
    EXPECT_EQ(document.parse(made.body), json_error::none) << made.body;
    EXPECT_EQ(document.root().find("stop")->is(json_kind::array), true);
  }
  const auto chat = completion_as_chat(prompt);
  EXPECT_EQ(document.parse(chat_body("m", chat, token_limit_name::max_completion_tokens)),
            json_error::none);
  EXPECT_EQ(document.root().find("max_completion_tokens")->integer(), 64);
  // The file tries to close its section: so another mark is taken.
  EXPECT_NE(chat.rules.find("</DATA-2->"), std::string::npos);
  EXPECT_EQ(chat.rules.find("</DATA-1->"), std::string::npos);
}

// ---- answers ----

TEST(answer_reader, contents_may_be_lists_of_parts) {
  answer_reader reader{100, ""};
  EXPECT_FALSE(reader.begin(200, "application/json", 0));
  std::string text;
  reader.take(R"({"choices":[{"message":{"content":[{"type":"thinking","text":"no"},{"type":"text","text":"yes"}]}}]})",
              text);
  EXPECT_EQ(reader.end(text), answer_reader::state::complete);
  EXPECT_EQ(text, "yes");
}

TEST(answer_reader, an_answer_that_repeats_the_key_comes_without_it) {
  const struct {
    const char* key;
    const char* expected;
  } table[] = {{"sk-0123456789abcdef", "it is [key]!"}, {"EMPTY", "it is sk-0123456789abcdef!"}};
  for (const auto& row : table) {
    answer_reader reader{1000, row.key};
    reader.begin(200, "text/event-stream", 0);
    std::string text;
    for (const char* piece : {"it is sk-01", "234\\u00075678", "9abcdef!"})
      reader.take("data: {\"choices\":[{\"delta\":{\"content\":\"" + std::string{piece} + "\"}}]}\n\n", text);
    EXPECT_EQ(reader.take("data: [DONE]\n\n", text), answer_reader::state::complete);
    EXPECT_EQ(text, row.expected);
  }
}

TEST(answer_reader, an_answer_is_as_long_as_its_limit_and_no_longer) {
  for (const std::size_t size : {10U, 11U}) {
    answer_reader reader{10, ""};
    reader.begin(200, "text/event-stream", 0);
    std::string text;
    const auto state = reader.take(
      "data: {\"choices\":[{\"text\":\"" + std::string(size, 'a') + "\"}]}\n\n", text);
    EXPECT_EQ(state, size == 10 ? answer_reader::state::more : answer_reader::state::failed);
  }
}

TEST(answer_reader, a_problem_is_one_short_line_without_the_key) {
  EXPECT_EQ(upstream_problem(R"({"error":{"message":"a\nb \u001b[31m sk-0123456789"}})", "sk-0123456789"),
            "a b [31m [key]");
  EXPECT_EQ(upstream_problem("<html>", ""), "");
  const std::string said = upstream_problem("{\"message\":\"" + std::string(5'000, 'a') + "\"}", "");
  EXPECT_EQ(said.size(), 300 + std::string{"…"}.size());
}

}  // namespace
}  // namespace tandem::net
