// What a model's server answers with.
//
// Input: a first byte that chooses the status and the type, a second that cuts,
// and the body.
// Must hold
//  1. It is an answer, or a failure that says why in one short line; nothing is
//     thrown.
//  2. What comes out is clean text (no control characters but line feeds and
//     tabs, nothing that is no Unicode scalar value), at most as long as allowed.
//  3. The key is in no failure.
//  4. Cutting the body elsewhere changes nothing: neither the text nor the end.
//  5. What the two prompts' answers are read into is text of the answer's own.
#include "actors/ai/answers.hpp"
#include "net/answer_shaper.hpp"
#include "net/event_stream.hpp"
#include "net/model_answer.hpp"
#include "tests/fuzz/support/fuzz.hpp"

#include <algorithm>
#include <cctype>

namespace tandem::fuzz {
namespace {

constexpr std::size_t text_bytes = 300;
const std::string key = "sk-abcdefgh";

struct outcome {
  std::string text;
  bool is_complete = false;
  std::string why;

  friend bool operator==(const outcome&, const outcome&) = default;
};

bool is_clean(std::string_view text) {
  return is_text(text) && std::ranges::none_of(text, [](unsigned char c) {
    return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7F;
  });
}

void must_be_a_reason(const std::string& why) {
  must(!why.empty() && is_clean(why), "a failure says why, in clean text");
  must(why.find('\n') == std::string::npos, "a failure is one line");
  must(why.size() < 1'600, "a failure is short");
  must(why.find(key) == std::string::npos, "a failure does not show the key");
}

outcome read(unsigned status, std::string_view type, std::string_view body, std::size_t piece) {
  net::answer_reader reader{text_bytes, key};
  outcome got;
  if (const auto failure = reader.begin(status, type, 0)) {
    got.why = failure->why;
    return got;
  }
  using state = net::answer_reader::state;
  state now = state::more;
  for (; !body.empty() && now == state::more; body.remove_prefix(std::min(piece, body.size())))
    now = reader.take(body.substr(0, piece), got.text);
  if (now == state::more)
    now = reader.end(got.text);
  must(now != state::more, "an answer has an end");
  got.is_complete = now == state::complete;
  if (!got.is_complete)
    got.why = reader.failure().why;
  return got;
}

void check_reading(unsigned status, std::string_view type, std::string_view body, std::size_t cut) {
  const outcome whole = read(status, type, body, body.size() + 1);
  must(is_clean(whole.text) && whole.text.size() <= text_bytes, "what comes out is clean and short");
  if (!whole.is_complete)
    must_be_a_reason(whole.why);
  must(read(status, type, body, cut) == whole, "it does not matter where an answer is cut");
}

void check_prompts(std::string_view body) {
  const std::string text = net::cleaned(body);
  must(is_clean(text) && net::cleaned(text) == text, "what is clean stays as it is");
  const auto refactor = ai::read_refactor_answer(text);
  must(is_text(refactor.summary) && is_text(refactor.replacement.value_or("")),
       "a refactoring is text");
  const auto assistant = ai::read_assistant_answer(text);
  must(is_text(assistant.text), "the assistant says text");
  if (assistant.edit) {
    must(is_text(assistant.edit->file) && is_text(assistant.edit->replacement), "an edit is text");
    must(assistant.edit->first_line >= 1
           && assistant.edit->last_line + 1 >= assistant.edit->first_line,
         "an edit is of lines");
  }
  const std::size_t half = text.size() / 2;
  const std::string_view before = std::string_view{text}.substr(0, half);
  if (is_text(before)) {
    auto shaper = net::answer_shaper::between(std::string{before}, text.substr(half), false);
    shaper.take(text);
    must(is_text(shaper.end()), "what is cut to fit is text");
  }
}

void check_stops(std::string_view body, std::size_t cut) {
  const std::vector<std::string> stops{"\n\n", "<|x|>", "<|x|>y", "<|"};
  const auto filtered = [&](std::size_t piece) {
    auto shaper = net::answer_shaper::until(stops);
    std::string out;
    for (std::string_view rest = body; !rest.empty();
         rest.remove_prefix(std::min(piece, rest.size())))
      out += shaper.take(rest.substr(0, piece));
    return out + shaper.end();
  };
  std::size_t end = body.size();
  for (const std::string& stop : stops)
    end = std::min(end, body.find(stop));
  must(filtered(body.size() + 1) == body.substr(0, end), "a text ends at its first stop");
  must(filtered(cut) == body.substr(0, end), "a stop is found wherever it is cut");
}

}  // namespace
}  // namespace tandem::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem::fuzz;
  if (size < 2)
    return 0;
  constexpr unsigned statuses[] = {200, 200, 200, 200, 401, 429, 500, 302};
  constexpr std::string_view types[] = {"text/event-stream", "application/json", "text/html", ""};
  const std::string_view body = as_text(data + 2, size - 2);
  const std::size_t cut = data[1] % 64 + 1U;
  check_reading(statuses[data[0] % 8], types[data[0] / 8 % 4], body, cut);
  check_prompts(body);
  check_stops(body, cut);
  return 0;
}
