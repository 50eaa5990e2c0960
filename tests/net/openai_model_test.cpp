// The provider against a server that plays scripts: every way an answer can come,
// and not come.
#include "net/openai_model.hpp"

#include "tests/net/scripted_server.hpp"
#include "tests/net/test_certificate.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tandem::test {
namespace {

using kind = ai::model_failure::kind;
using net::completion_style;
using script = scripted_server::script;

const std::string key = "sk-a-key-that-nobody-may-see-0123456789";

// What the hooks of one question heard. They may still be announcing the end
// when a test is over with it: so they share it.
class hearer {
 public:
  ai::model_hooks hooks() {
    return {[all = all_](std::string piece) {
              all->news.change([&] { all->pieces.push_back(std::move(piece)); });
            },
            [all = all_](std::string whole) {
              all->news.change([&] { ++all->ends, all->whole = std::move(whole); });
            },
            [all = all_](ai::model_failure why) {
              all->news.change([&] { ++all->ends, all->failure = std::move(why); });
            }};
  }

  bool await_end() {
    return all_->news.await([&] { return all_->ends > 0; });
  }
  bool await_pieces(std::size_t count) {
    return all_->news.await([&] { return all_->pieces.size() >= count; });
  }

  bool is_answered() {
    return all_->news.look([&] { return all_->whole.has_value(); });
  }

  // REQUIRES: await_end().
  std::string whole() {
    EXPECT_TRUE(await_end());
    EXPECT_FALSE(all_->failure) << all_->failure->why;
    EXPECT_EQ(all_->ends, 1);
    return all_->whole.value_or("(none)");
  }
  ai::model_failure failure() {
    EXPECT_TRUE(await_end());
    EXPECT_FALSE(all_->whole) << *all_->whole;
    EXPECT_EQ(all_->ends, 1);
    const auto failed = all_->failure.value_or(ai::model_failure{});
    EXPECT_EQ(failed.why.find(key), std::string::npos) << failed.why;
    return failed;
  }
  std::vector<std::string> pieces() {
    return all_->news.look([&] { return all_->pieces; });
  }
  int ends() {
    return all_->news.look([&] { return all_->ends; });
  }

 private:
  struct heard_things {
    watched news;
    std::vector<std::string> pieces;
    std::optional<std::string> whole;
    std::optional<ai::model_failure> failure;
    int ends = 0;
  };
  const std::shared_ptr<heard_things> all_ = std::make_shared<heard_things>();
};

net::model_settings settings_for(const scripted_server& server) {
  net::model_settings all;
  all.provider = net::model_provider::openai;
  all.url = "http://127.0.0.1:" + server.port() + "/v1";
  all.model = "a-model";
  all.key = net::model_key{key};
  all.retries = 0;
  return all;
}

ai::chat_prompt greeting() {
  return {"Be brief.", {{ai::chat_turn::role::user, "Hello?"}}, 100};
}

std::string event(const std::string& json) {
  return "data: " + json + "\n\n";
}

std::string delta(const std::string& text) {
  return event(R"({"choices":[{"index":0,"delta":{"content":")" + text + R"("}}]})");
}

const std::string done = event("[DONE]");
const std::string stream_head =
  "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string plain(unsigned status, const std::string& body, const std::string& more = "",
                  const std::string& type = "application/json") {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: " + type + "\r\n" + more
         + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string message(const std::string& text) {
  return plain(200, R"({"choices":[{"message":{"role":"assistant","content":")" + text + R"("}}]})");
}

// Answers each request of a connection with these bytes.
script answering(const std::string& bytes) {
  return [=](scripted_peer& peer) {
    while (peer.read_request())
      peer.send(bytes);
  };
}

// Answers one request, and waits until the other side ends the connection.
script answering_once(const std::string& bytes) {
  return [=](scripted_peer& peer) {
    if (peer.read_request())
      peer.send(bytes);
    peer.is_ended();
  };
}

// Answers the first request with these bytes, and those behind it, if the
// connection is used again, with the others.
script answering_first(const std::string& first, const std::string& others) {
  return [=](scripted_peer& peer) {
    for (bool is_first = true; peer.read_request(); is_first = false)
      peer.send(is_first ? first : others);
  };
}

script streaming(const std::vector<std::string>& pieces) {
  return [=](scripted_peer& peer) {
    while (peer.read_request()) {
      peer.send(stream_head);
      for (const std::string& piece : pieces)
        peer.send_chunk(piece);
      peer.send_chunk("");
    }
  };
}

// Asks a server of this script once.
ai::model_failure failure_with(const script& play, net::model_settings (*with)(net::model_settings) =
                                                     +[](net::model_settings all) { return all; }) {
  scripted_server server{{play}};
  const auto model = make_openai_model(with(settings_for(server)));
  hearer heard;
  const auto call = model->chat(greeting(), heard.hooks());
  return heard.failure();
}

// ---- answers ----

TEST(openai_model, there_is_none_for_other_providers) {
  net::model_settings all;
  EXPECT_EQ(net::make_openai_model(all), nullptr);
  all.provider = net::model_provider::off;
  EXPECT_EQ(net::make_openai_model(all), nullptr);
}

TEST(openai_model, a_chat_is_streamed_piece_by_piece) {
  watched news;
  bool may_go_on = false;
  seen_request seen;
  scripted_server server{{[&](scripted_peer& peer) {
    seen = *peer.read_request();
    peer.send(stream_head);
    peer.send_chunk(event(R"({"choices":[],"prompt_filter_results":[]})") + delta("Hel"));
    news.await([&] { return may_go_on; });
    peer.send_chunk(delta("lo.") + done);
    peer.send_chunk("");
    peer.is_ended();
  }}};
  hearer heard;
  {
    const auto model = make_openai_model(settings_for(server));
    const auto call = model->chat(greeting(), heard.hooks());
    ASSERT_TRUE(heard.await_pieces(1));
    EXPECT_EQ(heard.ends(), 0);
    news.change([&] { may_go_on = true; });
    EXPECT_EQ(heard.whole(), "Hello.");
    EXPECT_EQ(heard.pieces(), (std::vector<std::string>{"Hel", "lo."}));
    EXPECT_EQ(model->counts().answered, 1U);
    EXPECT_EQ(model->counts().under_way, 0U);
    EXPECT_EQ(model->facts().host, "127.0.0.1:" + server.port());
  }
  EXPECT_EQ(seen.line, "POST /v1/chat/completions HTTP/1.1");
  EXPECT_NE(seen.head.find("Authorization: Bearer " + key), std::string::npos);
  EXPECT_EQ(seen.body,
            R"({"model":"a-model","messages":[{"role":"system","content":"Be brief."},)"
            R"({"role":"user","content":"Hello?"}],"max_tokens":100,"stream":true})");
}

TEST(openai_model, bytes_may_be_cut_anywhere) {
  const std::string text = "f\xC3\xBCr \xF0\x9F\x98\x80";
  scripted_server server{{[&](scripted_peer& peer) {
    while (peer.read_request()) {
      peer.trickle(stream_head);
      for (const char& byte : delta(text) + ": a remark\r\n\r\n" + delta("!") + done)
        peer.send_chunk({&byte, 1});
      peer.trickle("0\r\n\r\n");
    }
  }}};
  const auto model = make_openai_model(settings_for(server));
  hearer heard;
  const auto call = model->chat(greeting(), heard.hooks());
  EXPECT_EQ(heard.whole(), text + "!");
}

TEST(openai_model, an_answer_in_one_body_is_taken_too) {
  scripted_server server{{answering(message("All at once."))}};
  const auto model = make_openai_model(settings_for(server));
  hearer heard;
  const auto call = model->chat(greeting(), heard.hooks());
  EXPECT_EQ(heard.whole(), "All at once.");
}

TEST(openai_model, what_it_says_is_clean) {
  const std::string said = R"(a\u0000b\u0007c\r\nd\rc\u202Ee\ud800f)" "\xFF" "g";
  scripted_server server{{streaming({delta(said), done})}};
  const auto model = make_openai_model(settings_for(server));
  hearer heard;
  const auto call = model->chat(greeting(), heard.hooks());
  EXPECT_EQ(heard.whole(), "a\uFFFDbc\nd\nce\uFFFDf\uFFFDg");
}

// ---- completions, in every style ----

struct style_case {
  completion_style style;
  const char* line;
  std::string body;  // a part of it
  std::string answer;
};

TEST(openai_model, every_style_asks_in_its_own_way) {
  const std::string text_answer = event(R"({"choices":[{"text":"1 + x\nmore"}]})") + done;
  const std::string chat_answer =
    delta(R"(```python\n    return 1 + x\n```)") + done;
  const style_case table[] = {
    {completion_style::chat, "POST /v1/chat/completions", R"("role":"system")", chat_answer},
    {completion_style::suffix, "POST /v1/completions",
     R"("prompt":"def f(x):\n    return ","suffix":"\n\nf(1)\n")", text_answer},
    {completion_style::mistral, "POST /v1/fim/completions", R"("suffix":"\n\nf(1)\n")",
     delta("1 + x\\nmore") + done},
    {completion_style::llama, "POST /infill", R"("input_prefix":"def f(x):\n    return ")",
     event(R"({"content":"1 + x\nmore","stop":false})") + event(R"({"content":"","stop":true})")},
    {completion_style::starcoder, "POST /v1/completions",
     R"("<fim_prefix>def f(x):\n    return <fim_suffix>\n\nf(1)\n<fim_middle>")", text_answer},
    {completion_style::codellama, "POST /v1/completions",
     R"("<PRE> def f(x):\n    return  <SUF>\n\nf(1)\n <MID>")", text_answer},
    {completion_style::deepseek, "POST /v1/completions",
     R"("<｜fim▁begin｜>def f(x):\n    return <｜fim▁hole｜>\n\nf(1)\n<｜fim▁end｜>")", text_answer},
    {completion_style::qwen, "POST /v1/completions",
     R"("<|fim_prefix|>def f(x):\n    return <|fim_suffix|>\n\nf(1)\n<|fim_middle|>")", text_answer},
    {completion_style::codestral, "POST /v1/completions",
     R"("[SUFFIX]\n\nf(1)\n[PREFIX]def f(x):\n    return ")", text_answer},
  };
  for (const style_case& row : table) {
    SCOPED_TRACE(row.line + row.body);
    seen_request seen;
    scripted_server server{{[&](scripted_peer& peer) {
      seen = *peer.read_request();
      peer.send(stream_head);
      peer.send_chunk(row.answer);
      peer.send_chunk("");
      peer.is_ended();
    }}};
    hearer heard;
    {
      net::model_settings all = settings_for(server);
      all.style = row.style;
      const auto model = make_openai_model(all);
      const auto call = model->complete(
        {"f.py", "python", "def f(x):\n    return ", "\n\nf(1)\n", {}, 64, true}, heard.hooks());
      EXPECT_EQ(heard.whole(), "1 + x");
    }
    EXPECT_TRUE(seen.line.starts_with(std::string{row.line} + " ")) << seen.line;
    EXPECT_NE(seen.body.find(row.body), std::string::npos) << seen.body;
  }
}

TEST(openai_model, completions_may_come_from_another_server) {
  scripted_server chat{{answering(message("chat"))}};
  scripted_server completion{{answering(plain(200, R"({"choices":[{"text":"code"}]})"))}};
  net::model_settings all = settings_for(chat);
  all.completion_url = "http://127.0.0.1:" + completion.port() + "/v1/";
  all.style = completion_style::qwen;
  const auto model = make_openai_model(all);
  hearer one;
  hearer other;
  const auto first = model->chat(greeting(), one.hooks());
  const auto second = model->complete({"f", "", "a", "b", {}, 8, true}, other.hooks());
  EXPECT_EQ(one.whole(), "chat");
  EXPECT_EQ(other.whole(), "code");
  EXPECT_EQ(model->facts().host, "127.0.0.1:" + chat.port() + ", 127.0.0.1:" + completion.port());
}

TEST(openai_model, azure_gets_its_header_and_its_version) {
  seen_request seen;
  scripted_server server{{[&](scripted_peer& peer) {
    seen = *peer.read_request();
    peer.send(message("x"));
    peer.is_ended();
  }}};
  hearer heard;
  {
    net::model_settings all = settings_for(server);
    all.url = "http://127.0.0.1:" + server.port() + "/openai/deployments/d?api-version=2024-10-21";
    all.shown_as = net::key_header::azure;
    const auto model = make_openai_model(all);
    const auto call = model->chat(greeting(), heard.hooks());
    EXPECT_EQ(heard.whole(), "x");
  }
  EXPECT_EQ(seen.line, "POST /openai/deployments/d/chat/completions?api-version=2024-10-21 HTTP/1.1");
  EXPECT_NE(seen.head.find("api-key: " + key), std::string::npos);
  EXPECT_EQ(seen.head.find("Authorization"), std::string::npos);
}

TEST(openai_model, a_newer_model_is_told_the_limit_by_its_newer_name) {
  std::vector<seen_request> seen;
  scripted_server server{{[&](scripted_peer& peer) {
    while (const auto request = peer.read_request()) {
      seen.push_back(*request);
      peer.send(seen.size() == 1
                  ? plain(400, R"({"error":{"message":"Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."}})")
                  : message("x"));
    }
  }}};
  {
    const auto model = make_openai_model(settings_for(server));
    for (int round = 0; round < 2; ++round) {
      hearer heard;
      const auto call = model->chat(greeting(), heard.hooks());
      EXPECT_EQ(heard.whole(), "x");
    }
    EXPECT_EQ(model->counts().retried, 1U);
  }
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_NE(seen[1].body.find(R"("max_completion_tokens":100)"), std::string::npos);
  EXPECT_NE(seen[2].body.find(R"("max_completion_tokens":100)"), std::string::npos);
}

// ---- what goes wrong ----

TEST(openai_model, a_failure_says_what_and_why) {
  const struct {
    const char* name;
    script play;
    kind what;
    const char* why;
  } table[] = {
    {"bad key", answering_once(plain(401, R"({"error":{"message":"Incorrect API key provided: )" + key + R"("}})")),
     kind::refused, "401 (is the key right?): Incorrect API key provided: [key]"},
    {"no such model", answering_once(plain(404, R"({"error":"model 'x' not found"})")), kind::refused,
     "model 'x' not found"},
    {"as FastAPI", answering_once(plain(422, R"({"detail":[{"msg":"field required"}]})")), kind::refused,
     "field required"},
    {"limited", answering_once(plain(429, "{}", "Retry-After: 7\r\n")), kind::limited, "429"},
    {"failing", answering_once(plain(500, "oh", "", "text/plain")), kind::unavailable, "500"},
    {"redirect", answering_once(plain(302, "", "Location: http://127.0.0.1:1/\r\n")), kind::refused,
     "redirects are not followed"},
    {"a page", answering_once(plain(200, "<html>", "", "text/html")), kind::garbage, "text/html"},
    {"no JSON", answering_once(plain(200, "{\"choices\":")), kind::garbage, "not JSON"},
    {"other JSON", answering_once(plain(200, "{\"a\":1}")), kind::garbage, "no text"},
    {"no HTTP", answering_once("SSH-2.0-OpenSSH\r\n\r\n"), kind::garbage, "does not answer in HTTP"},
    {"an event that is no JSON", streaming({event("hello")}), kind::garbage, "not JSON"},
    {"an error in the stream", streaming({event(R"({"error":{"message":"overloaded"}})")}),
     kind::unavailable, "overloaded"},
    {"withheld", streaming({event(R"({"choices":[{"delta":{},"finish_reason":"content_filter"}]})")}),
     kind::refused, "withheld"},
    {"no end", streaming({delta("a")}), kind::unavailable, "ended too early"},
    {"packed", answering_once(plain(200, "{}", "Content-Encoding: gzip\r\n")), kind::garbage, "encoding"},
    {"closed", [](scripted_peer& peer) { peer.read_request(); }, kind::unavailable, "without an answer"},
    {"reset", [](scripted_peer& peer) { peer.read_request(), peer.reset(); }, kind::unavailable,
     "without an answer"},
    {"closed in the middle",
     [](scripted_peer& peer) { peer.read_request(), peer.send(stream_head + "ff\r\ndata: "); },
     kind::unavailable, "broke off"},
    {"reset in the middle",
     [](scripted_peer& peer) {
       peer.read_request();
       peer.send(stream_head);
       peer.send_chunk(delta("a"));
       peer.reset();
     },
     kind::unavailable, ""},
  };
  for (const auto& row : table) {
    SCOPED_TRACE(row.name);
    const ai::model_failure failed = failure_with(row.play);
    EXPECT_EQ(failed.what, row.what);
    EXPECT_NE(failed.why.find(row.why), std::string::npos) << failed.why;
    EXPECT_EQ(failed.retry_ms, row.what == kind::limited ? 7'000U : 0U);
  }
}

TEST(openai_model, too_much_is_not_taken) {
  const auto small = +[](net::model_settings all) {
    all.answer_bytes = 1'024;
    return all;
  };
  const auto endless = [](const std::string& head, const std::string& piece) {
    return [=](scripted_peer& peer) {
      peer.read_request();
      peer.send(head);
      for (int i = 0; i < 4'000 && peer.socket().is_open(); ++i)
        peer.send(piece);
      peer.is_ended();
    };
  };
  const std::string k(1'024, 'a');
  const std::string no_length = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
  const struct {
    const char* name;
    script play;
    const char* why;
  } table[] = {
    {"text", streaming({delta(k), delta("b"), done}), "answer is too long"},
    {"an event", endless(no_length, k), "too long an event"},
    {"remarks", endless(no_length, ":" + k + "\n"), "too much"},
    {"one body", endless("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n", k), "too long"},
    {"said length", answering_once("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                                   "Content-Length: 99999999999\r\n\r\n"), "too much"},
    {"header", endless("HTTP/1.1 200 OK\r\n", "X: " + k + "\r\n"), "too long a header"},
    {"a chunk's header", endless(stream_head + "1;a=", k), "too long a header"},
  };
  for (const auto& row : table) {
    SCOPED_TRACE(row.name);
    const ai::model_failure failed = failure_with(row.play, small);
    EXPECT_EQ(failed.what, kind::too_large);
    EXPECT_NE(failed.why.find(row.why), std::string::npos) << failed.why;
  }
}

TEST(openai_model, silence_ends) {
  const auto impatient = +[](net::model_settings all) {
    all.silence_timeout_ms = 1'000;
    return all;
  };
  const auto short_of_time = +[](net::model_settings all) {
    all.chat_timeout_ms = 1'000;
    return all;
  };
  const script says_nothing = [](scripted_peer& peer) { peer.is_ended(); };
  const script stops = [](scripted_peer& peer) {
    peer.read_request();
    peer.send(stream_head);
    peer.send_chunk(delta("a"));
    peer.is_ended();
  };
  const script never_ends = [](scripted_peer& peer) {
    peer.read_request();
    peer.send(stream_head);
    bool is_open = true;
    while (is_open) {
      boost::system::error_code gone;
      boost::asio::write(peer.socket(), boost::asio::buffer(":\n\n", 0), gone);
      peer.send_chunk(": still there\n");
      char byte = 0;
      peer.socket().non_blocking(true);
      peer.socket().read_some(boost::asio::buffer(&byte, 1), gone);
      peer.socket().non_blocking(false);
      is_open = gone == boost::asio::error::would_block;
    }
  };
  const struct {
    script play;
    net::model_settings (*with)(net::model_settings);
    const char* why;
  } table[] = {
    {says_nothing, impatient, "says nothing"},
    {stops, impatient, "stopped in the middle"},
    {says_nothing, short_of_time, "not answered in time"},
    {never_ends, short_of_time, "not answered in time"},
  };
  for (const auto& row : table) {
    const ai::model_failure failed = failure_with(row.play, row.with);
    EXPECT_EQ(failed.what, kind::timed_out);
    EXPECT_NE(failed.why.find(row.why), std::string::npos) << failed.why;
  }
}

TEST(openai_model, nobody_there_is_unavailable) {
  std::optional<scripted_server> server{std::in_place, std::vector<script>{answering("")}};
  const auto model = make_openai_model(settings_for(*server));
  server.reset();
  hearer heard;
  const auto call = model->chat(greeting(), heard.hooks());
  EXPECT_EQ(heard.failure().what, kind::unavailable);
}

// ---- again ----

TEST(openai_model, it_asks_again_when_that_may_help) {
  const struct {
    const char* name;
    script first;
  } table[] = {
    {"limited", answering_first(plain(429, "{}", "retry-after-ms: 20\r\n"), message("at last"))},
    {"failing", answering_first(plain(503, "{}"), message("at last"))},
    {"closed", [](scripted_peer& peer) { peer.read_request(); }},
  };
  for (const auto& row : table) {
    SCOPED_TRACE(row.name);
    scripted_server server{{row.first, answering(message("at last"))}};
    net::model_settings all = settings_for(server);
    all.retries = 1;
    const auto model = make_openai_model(all);
    hearer heard;
    const auto call = model->chat(greeting(), heard.hooks());
    EXPECT_EQ(heard.whole(), "at last");
    EXPECT_EQ(model->counts().retried, 1U);
  }
}

TEST(openai_model, nothing_of_a_try_that_failed_is_in_the_next) {
  const struct {
    completion_style style;
    std::string half;  // which is held back, for it could be other than it looks
    std::string whole;
  } table[] = {
    {completion_style::chat, delta("```python"), delta("x = 1") + done},
    {completion_style::qwen, event(R"({"choices":[{"text":"<|fim"}]})"),
     event(R"({"choices":[{"text":"x = 1"}]})") + done},
  };
  for (const auto& row : table) {
    const script breaks = [&](scripted_peer& peer) {
      peer.read_request();
      peer.send(stream_head);
      peer.send_chunk(row.half);
    };
    scripted_server server{{breaks, streaming({row.whole})}};
    net::model_settings all = settings_for(server);
    all.style = row.style;
    all.retries = 1;
    const auto model = make_openai_model(all);
    hearer heard;
    const auto call = model->complete({"f", "", "a = ", "\n", {}, 8, true}, heard.hooks());
    EXPECT_EQ(heard.whole(), "x = 1");
    EXPECT_EQ(model->counts().retried, 1U);
  }
}

TEST(openai_model, it_does_not_ask_again_when_that_cannot_help) {
  const struct {
    const char* name;
    script first;
    kind what;
  } table[] = {
    {"refused", answering_once(plain(400, "{}")), kind::refused},
    {"too late", answering_once(plain(429, "{}", "Retry-After: 3600\r\n")), kind::limited},
    {"a piece is out",
     [](scripted_peer& peer) {
       peer.read_request();
       peer.send(stream_head);
       peer.send_chunk(delta("a"));
     },
     kind::unavailable},
  };
  for (const auto& row : table) {
    SCOPED_TRACE(row.name);
    scripted_server server{{row.first, answering(message("never"))}};
    net::model_settings all = settings_for(server);
    all.retries = 3;
    const auto model = make_openai_model(all);
    hearer heard;
    const auto call = model->chat(greeting(), heard.hooks());
    EXPECT_EQ(heard.failure().what, row.what);
    EXPECT_EQ(model->counts().retried, 0U);
  }
}

TEST(openai_model, a_server_that_keeps_failing_is_left_alone) {
  scripted_server server{{answering(plain(500, R"({"error":{"message":"no such key: )" + key + R"("}})"))}};
  testing::internal::CaptureStderr();
  const auto model = make_openai_model(settings_for(server));
  ai::model_failure last;
  int rounds = 0;
  while (last.what != kind::resting && ++rounds < 20) {
    hearer heard;
    const auto call = model->chat(greeting(), heard.hooks());
    last = heard.failure();
  }
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("is not asked for a while: unavailable, status 500"), std::string::npos) << log;
  EXPECT_EQ(log.find("no such key"), std::string::npos) << "a server's own words: " << log;
  EXPECT_EQ(log.find(key), std::string::npos);
  EXPECT_EQ(rounds, 6);
  EXPECT_GT(last.retry_ms, 0U);
  EXPECT_TRUE(model->counts().is_resting);
}

TEST(openai_model, after_its_rest_a_server_is_tried_and_then_trusted_again) {
  std::atomic<bool> is_well = false;
  std::atomic<int> asked = 0;
  scripted_server server{{[&](scripted_peer& peer) {
    while (peer.read_request()) {
      ++asked;
      peer.send(is_well ? message("well again") : plain(500, "{}"));
    }
  }}};
  const auto model =
    make_openai_model(settings_for(server), {.failures_in_a_row = 3, .rest_ms = 2'000});
  const auto ask = [&] {
    hearer heard;
    const auto call = model->chat(greeting(), heard.hooks());
    EXPECT_TRUE(heard.await_end());
    return heard;
  };
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(ask().failure().what, kind::unavailable);
  EXPECT_EQ(ask().failure().what, kind::resting);
  EXPECT_EQ(asked, 3);
  is_well = true;
  EXPECT_TRUE(await_polling([&] { return ask().is_answered(); }));
  EXPECT_FALSE(model->counts().is_resting);
  EXPECT_EQ(ask().whole(), "well again");
  EXPECT_EQ(asked, 5);
}

// A model may be too slow for completions, whose deadline is short, and good for the rest.
TEST(openai_model, completions_that_come_too_late_do_not_keep_questions_away) {
  scripted_server server{{[](scripted_peer& peer) {
    while (const auto request = peer.read_request())
      if (request->body.find("Be brief.") != std::string::npos)
        peer.send(message("here I am"));
  }}};
  net::model_settings all = settings_for(server);
  all.completion_timeout_ms = 50;
  const auto model = make_openai_model(all, {.failures_in_a_row = 2, .rest_ms = 60'000});
  const auto complete = [&] {
    hearer heard;
    const auto call = model->complete({"f", "", "a", "b", {}, 8, true}, heard.hooks());
    return heard.failure();
  };
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(complete().what, kind::timed_out);
  EXPECT_EQ(complete().what, kind::resting);
  EXPECT_TRUE(model->counts().is_resting);
  hearer heard;
  const auto call = model->chat(greeting(), heard.hooks());
  EXPECT_EQ(heard.whole(), "here I am");
  EXPECT_EQ(complete().what, kind::resting) << "and their answers say nothing of completions";
}

// ---- connections ----

TEST(openai_model, a_connection_is_used_again) {
  const auto connections_for_three = [](const script& play) {
    scripted_server server{{play}};
    const auto model = make_openai_model(settings_for(server));
    for (int round = 0; round < 3; ++round) {
      hearer heard;
      const auto call = model->chat(greeting(), heard.hooks());
      EXPECT_EQ(heard.whole(), "a");
    }
    return server.connections();
  };
  EXPECT_EQ(connections_for_three(answering(message("a"))), 1);
  // The second question may begin before the first answer's last chunk is here.
  EXPECT_LE(connections_for_three(streaming({delta("a"), done})), 2);
}

TEST(openai_model, a_kept_connection_that_has_died_is_no_failure) {
  watched news;
  bool may_die = false;
  const script dies = [&](scripted_peer& peer) {
    peer.read_request();
    peer.send(message("first"));
    peer.read_request();  // the second question, which it leaves unanswered
    news.await([&] { return may_die; });
  };
  scripted_server server{{dies, answering(message("second"))}};
  const auto model = make_openai_model(settings_for(server));
  hearer first;
  const auto one = model->chat(greeting(), first.hooks());
  EXPECT_EQ(first.whole(), "first");
  hearer second;
  const auto other = model->chat(greeting(), second.hooks());
  news.change([&] { may_die = true; });
  EXPECT_EQ(second.whole(), "second");
  EXPECT_EQ(model->counts().retried, 0U);
}

TEST(openai_model, cancelling_closes_the_connection_at_once) {
  watched news;
  bool is_ended = false;
  scripted_server server{{[&](scripted_peer& peer) {
    peer.read_request();
    peer.send(stream_head);
    peer.send_chunk(delta("a"));
    const bool ended = peer.is_ended();
    news.change([&] { is_ended = ended; });
  }}};
  const auto model = make_openai_model(settings_for(server));
  hearer heard;
  auto call = model->chat(greeting(), heard.hooks());
  ASSERT_TRUE(heard.await_pieces(1));
  call.reset();
  EXPECT_TRUE(news.await([&] { return is_ended; }));
  EXPECT_TRUE(await_polling([&] { return model->counts().cancelled == 1; }));
  EXPECT_EQ(heard.ends(), 0);
  EXPECT_EQ(model->counts().under_way, 0U);
}

TEST(openai_model, no_more_than_its_limit_are_under_way) {
  scripted_server server{{[](scripted_peer& peer) { peer.is_ended(); }}};
  net::model_settings all = settings_for(server);
  all.requests_at_once = 1;
  const auto model = make_openai_model(all);
  hearer first;
  hearer second;
  auto one = model->chat(greeting(), first.hooks());
  const auto other = model->chat(greeting(), second.hooks());
  EXPECT_EQ(second.failure().what, kind::busy);
  EXPECT_EQ(first.ends(), 0);
}

TEST(openai_model, a_model_that_goes_fails_what_is_under_way) {
  scripted_server server{{[](scripted_peer& peer) { peer.is_ended(); }}};
  auto model = make_openai_model(settings_for(server));
  hearer heard;
  const auto call = model->chat(greeting(), heard.hooks());
  model.reset();
  EXPECT_EQ(heard.failure().what, kind::unavailable);
}  // the call goes after its model

// ---- TLS ----

net::model_settings tls_settings_for(const scripted_server& server, const std::string& host,
                                     const std::string& authority) {
  net::model_settings all = settings_for(server);
  all.url = "https://" + host + ":" + server.port() + "/v1";
  all.authority = authority;
  return all;
}

TEST(openai_model, tls_is_verified) {
  test_certificate right{"DNS:localhost,IP:127.0.0.1"};
  test_certificate wrong{"DNS:example.org,IP:127.0.0.2"};
  test_certificate stranger{"DNS:localhost,IP:127.0.0.1"};
  const struct {
    const char* name;
    test_certificate& shown;
    const char* host;
    std::string authority;
    bool is_taken;
  } table[] = {
    {"by name", right, "localhost", right.file(), true},
    {"by address", right, "127.0.0.1", right.file(), true},
    {"another name", wrong, "localhost", wrong.file(), false},
    {"another address", wrong, "127.0.0.1", wrong.file(), false},
    {"another authority", right, "localhost", stranger.file(), false},
    {"the system's authorities", right, "localhost", "", false},
  };
  for (const auto& row : table) {
    SCOPED_TRACE(row.name);
    scripted_server server{{answering(message("secret"))}, &row.shown.tls()};
    const auto model = make_openai_model(tls_settings_for(server, row.host, row.authority));
    hearer heard;
    const auto call = model->chat(greeting(), heard.hooks());
    if (row.is_taken) {
      EXPECT_EQ(heard.whole(), "secret");
    } else {
      const ai::model_failure failed = heard.failure();
      EXPECT_EQ(failed.what, kind::unavailable);
      EXPECT_NE(failed.why.find("certificate"), std::string::npos) << failed.why;
    }
  }
}

TEST(openai_model, what_cannot_be_used_is_refused_at_the_start) {
  net::model_settings good;
  good.provider = net::model_provider::openai;
  good.url = "https://127.0.0.1:1/v1";
  EXPECT_NO_THROW(make_openai_model(good));
  net::model_settings bad = good;
  bad.url = "ftp://x/";
  EXPECT_THROW(make_openai_model(bad), std::runtime_error);
  bad = good;
  bad.completion_url = "x";
  EXPECT_THROW(make_openai_model(bad), std::runtime_error);
  bad = good;
  bad.authority = "/nowhere.pem";  // read only if it is needed
  EXPECT_THROW(make_openai_model(bad), std::runtime_error);
  bad = good;
  bad.key = net::model_key{"a\r\nHost: evil"};
  EXPECT_THROW(make_openai_model(bad), std::runtime_error);
  net::model_settings with_a_sign = good;
  with_a_sign.key = net::model_key{"a#key/with+signs="};
  EXPECT_NO_THROW(make_openai_model(with_a_sign));
}

}  // namespace
}  // namespace tandem::test
