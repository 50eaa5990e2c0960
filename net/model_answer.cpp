#include "net/model_answer.hpp"

#include "ot/utf8.hpp"

#include <algorithm>
#include <utility>

namespace tandem::net {

namespace {

using kind = ai::model_failure::kind;

// Shorter ones are words that mean nothing, for servers that want some key: EMPTY, ollama.
constexpr std::size_t real_key_bytes = 16;
constexpr std::size_t nodes_max = 20'000;
constexpr std::size_t refusal_bytes_max = 64U << 10U;
constexpr std::size_t problem_chars_max = 300;

std::optional<json_view> find(std::optional<json_view> object, std::string_view key) {
  return object ? object->find(key) : std::nullopt;
}

std::optional<std::string_view> text_of(std::optional<json_view> value) {
  return value ? value->string() : std::nullopt;
}

std::optional<json_view> first_of(std::optional<json_view> list) {
  std::optional<json_view> first;
  if (list)
    list->for_each([&](json_view one) {
      first = one;
      return false;
    });
  return first;
}

// A content is a text, or a list of parts of which some are texts.
void append_content(std::optional<json_view> content, std::string& out) {
  if (!content)
    return;
  if (const auto text = content->string())
    out += *text;
  content->for_each([&](json_view part) {
    if (text_of(part.find("type")) == "text")
      out += text_of(part.find("text")).value_or("");
    return true;
  });
}

// What an event, or a whole answer, says.
struct said {
  bool is_known = false;  // it has the shape of one
  bool is_finished = false;
  bool is_withheld = false;  // by a filter of the server's
  std::string text;
};

said read(json_view root) {
  said got;
  if (const auto choices = root.find("choices"); choices && choices->is(json_kind::array)) {
    got.is_known = true;
    const auto choice = first_of(choices);
    append_content(find(find(choice, "delta"), "content"), got.text);
    append_content(find(find(choice, "message"), "content"), got.text);
    append_content(find(choice, "text"), got.text);
    const auto reason = text_of(find(choice, "finish_reason"));
    got.is_finished = reason && !reason->empty();
    got.is_withheld = reason == "content_filter";
  } else if (const auto content = root.find("content"); content && content->is(json_kind::string)) {
    got.is_known = true;
    append_content(content, got.text);
    const auto stop = root.find("stop");
    got.is_finished = stop && stop->boolean().value_or(false);
  }
  return got;
}

// As OpenAI, Ollama, Mistral, FastAPI say it.
std::string problem_of(json_view root) {
  const auto error = root.find("error");
  const auto detail = root.find("detail");
  for (const auto& place : {find(error, "message"), error, root.find("message"), detail,
                            find(first_of(detail), "msg"), find(root.find("message"), "detail")})
    if (const auto text = text_of(place))
      return std::string{*text};
  return {};
}

// One line of at most so many characters.
std::string one_line(std::string_view text) {
  std::string line = cleaned(text);
  std::ranges::replace_if(line, [](char c) { return c == '\n' || c == '\t'; }, ' ');
  if (ot::count_chars(line) > problem_chars_max)
    line.resize(ot::byte_offset(line, problem_chars_max)), line += "…";
  return line;
}

kind kind_of(unsigned status) {
  if (status == 429)
    return kind::limited;
  if (status == 408)
    return kind::timed_out;
  return status >= 500 ? kind::unavailable : kind::refused;
}

std::string meaning_of(unsigned status) {
  const std::string number = std::to_string(status);
  switch (status) {
    case 401:
    case 403: return number + " (is the key right?)";
    case 404: return number + " (is there such a model, and is the address right?)";
    case 429: return number + " (too many requests, or no credit)";
    default: return number;
  }
}

}  // namespace

std::string upstream_problem(std::string_view body, std::string_view key) {
  json_document document;
  document.parse(mended_json(body.substr(0, refusal_bytes_max)), nodes_max);
  if (document.is_empty())
    return {};
  return one_line(redacted(problem_of(document.root()), key));
}

answer_reader::answer_reader(std::size_t text_bytes, std::string key)
    : text_bytes_{text_bytes},
      key_{std::move(key)},
      events_{message_bytes_max(text_bytes)},
      without_key_{key_.size() >= real_key_bytes ? key_ : std::string{}} {
}

std::optional<ai::model_failure> answer_reader::begin(unsigned status,
                                                      std::string_view content_type,
                                                      std::uint32_t retry_after_ms) {
  status_ = status;
  retry_after_ms_ = retry_after_ms;
  if (status >= 300 && status < 400)
    return ai::model_failure{kind::refused, "the model's server answered " + std::to_string(status)
                                              + ": redirects are not followed", 0};
  if (status != 200) {
    body_ = body::refusal;
    return std::nullopt;
  }
  if (content_type == "text/event-stream")
    body_ = body::events;
  else if (content_type == "application/json")
    body_ = body::one_json;
  else
    return ai::model_failure{kind::garbage, "the model's server answered with \""
                                              + one_line(redacted(content_type, key_))
                                              + "\", not with JSON or events", 0};
  return std::nullopt;
}

answer_reader::state answer_reader::fail(kind what, std::string why) {
  failure_ = {what, std::move(why), retry_after_ms_};
  return state_ = state::failed;
}

answer_reader::state answer_reader::take(std::string_view bytes, std::string& text) {
  if (state_ != state::more)
    return state_;
  if (body_ == body::events) {
    const auto result = events_.take(bytes, [&](std::string_view data) {
      return take_event(data, text) == state::more;
    });
    if (result == event_stream::result::too_large)
      return fail(kind::too_large, "the model's server sent too long an event");
    return state_;
  }
  const std::size_t most =
    body_ == body::refusal ? refusal_bytes_max : message_bytes_max(text_bytes_);
  if (body_ == body::one_json && whole_.size() + bytes.size() > most)
    return fail(kind::too_large, "the model's answer is too long");
  whole_ += bytes.substr(0, most - whole_.size());
  return state_;
}

answer_reader::state answer_reader::end(std::string& text) {
  if (state_ != state::more)
    return state_;
  if (body_ == body::refusal)
    return refuse();
  if (body_ == body::one_json) {
    take_json(whole_, text);
    return state_ == state::more ? complete(text) : state_;
  }
  if (!is_finished_)
    return fail(kind::unavailable, "the model's answer ended too early");
  return complete(text);
}

answer_reader::state answer_reader::take_event(std::string_view data, std::string& text) {
  if (data == "[DONE]")
    return complete(text);
  return take_json(data, text);
}

answer_reader::state answer_reader::take_json(std::string_view json, std::string& text) {
  if (document_.parse(mended_json(json), nodes_max) != json_error::none)
    return fail(kind::garbage, "the model's answer is not JSON, or not such as is taken");
  const json_view root = document_.root();
  if (root.find("error") && !root.find("error")->is(json_kind::null)) {
    const std::string problem = one_line(redacted(problem_of(root), key_));
    return fail(kind::unavailable,
                "the model's server: " + (problem.empty() ? "an error" : problem));
  }
  const said got = read(root);
  const bool says_something = got.is_known && (got.is_finished || !got.text.empty());
  if (body_ == body::one_json && !says_something)
    return fail(kind::garbage, "the model's answer has no text");
  if (!got.is_known)  // a server's remark
    return state_;
  is_finished_ = is_finished_ || got.is_finished;
  if (got.is_withheld && given_bytes_ + got.text.size() == 0)
    return fail(kind::refused, "the model's server withheld its answer");
  return add(got.text, text);
}

// Too much is refused before it is looked through.
answer_reader::state answer_reader::add(std::string_view piece, std::string& text) {
  taken_bytes_ += piece.size();
  if (taken_bytes_ > text_bytes_)
    return fail(kind::too_large, "the model's answer is too long");
  return hand_out(without_key_.take(cleaner_.take(piece)), text);
}

answer_reader::state answer_reader::complete(std::string& text) {
  if (hand_out(without_key_.end(), text) == state::more)
    state_ = state::complete;
  return state_;
}

answer_reader::state answer_reader::hand_out(std::string_view clean, std::string& text) {
  if (given_bytes_ + clean.size() > text_bytes_)
    return fail(kind::too_large, "the model's answer is too long");
  given_bytes_ += clean.size();
  text += clean;
  return state_;
}

answer_reader::state answer_reader::refuse() {
  const std::string problem = upstream_problem(whole_, key_);
  std::string why = "the model's server answered " + meaning_of(status_);
  if (!problem.empty())
    why += ": " + problem;
  return fail(kind_of(status_), std::move(why));
}

}  // namespace tandem::net
