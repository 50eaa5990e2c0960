#include "net/model_json.hpp"

#include "actors/ai/data_sections.hpp"
#include "net/fim_prompt.hpp"
#include "net/json_text.hpp"

#include <algorithm>

namespace tandem::net {

namespace {

// OpenAI takes no more; the rest of the list is for our own ears.
constexpr std::size_t stops_sent_max = 4;

void append_turn(std::string& out, std::string_view role, std::string_view text) {
  if (out.back() != '[')
    out += ',';
  out += '{';
  append_field(out, "role", role);
  append_field(out, "content", text);
  out += '}';
}

void append_stops(std::string& out, const std::vector<std::string>& stops) {
  if (stops.empty())
    return;
  append_key(out, "stop");
  out += '[';
  for (std::size_t i = 0; i < std::min(stops.size(), stops_sent_max); ++i) {
    if (i > 0)
      out += ',';
    append_json_string(out, stops[i]);
  }
  out += ']';
}

std::string llama_body(const ai::completion_prompt& prompt) {
  std::string out = "{";
  append_field(out, "input_prefix", prompt.before);
  append_field(out, "input_suffix", prompt.after);
  append_key(out, "input_extra");
  out += '[';
  for (const ai::excerpt& other : prompt.others) {
    out += out.back() == '[' ? "{" : ",{";
    append_field(out, "filename", other.file);
    append_field(out, "text", other.text);
    out += '}';
  }
  out += ']';
  append_field(out, "prompt", "");
  append_field(out, "n_predict", prompt.answer_tokens_max);
  append_field(out, "temperature", 0);
  append_stops(out, completion_stops(completion_style::llama, prompt.is_single_line));
  append_flag(out, "stream", true);
  // Its last event would tell every setting of the sampler, too many to be read.
  append_key(out, "response_fields");
  out += R"(["content","stop"]})";
  return out;
}

}  // namespace

std::string chat_body(std::string_view model, const ai::chat_prompt& prompt,
                      token_limit_name limit) {
  std::string out = "{";
  append_field(out, "model", model);
  append_key(out, "messages");
  out += '[';
  if (!prompt.rules.empty())
    append_turn(out, "system", prompt.rules);
  for (const ai::chat_turn& turn : prompt.turns)
    append_turn(out, turn.who == ai::chat_turn::role::user ? "user" : "assistant", turn.text);
  out += ']';
  append_field(out,
               limit == token_limit_name::max_tokens ? "max_tokens" : "max_completion_tokens",
               prompt.answer_tokens_max);
  append_flag(out, "stream", true);
  out += '}';
  return out;
}

ai::chat_prompt completion_as_chat(const ai::completion_prompt& prompt) {
  ai::data_sections data;
  for (const ai::excerpt& other : prompt.others)
    data.add("part of another file, " + other.file, other.text);
  data.add("before the caret, " + prompt.file + ", " + prompt.language, prompt.before);
  data.add("behind the caret", prompt.after);
  ai::chat_prompt chat;
  chat.rules =
    "You complete source code at a caret, inside an editor. You get the code before the caret and"
    " behind it, and perhaps parts of other files. Answer with the text to insert at the caret and"
    " with nothing else: no explanation, no code fence, nothing of what already stands before or"
    " behind the caret. If nothing should be inserted, answer with nothing. ";
  if (prompt.is_single_line)
    chat.rules += "Insert no more than the rest of the present line. ";
  chat.rules += data.rule();
  chat.turns.push_back(
    {ai::chat_turn::role::user, data.text() + "The text to insert at the caret:"});
  chat.answer_tokens_max = prompt.answer_tokens_max;
  return chat;
}

completion_request completion_body(completion_style style, std::string_view model,
                                   const ai::completion_prompt& prompt) {
  if (style == completion_style::llama)
    return {"/infill", llama_body(prompt)};
  std::string out = "{";
  append_field(out, "model", model);
  const bool is_template = is_fim_template(style);
  append_field(out, "prompt",
               is_template ? fim_prompt(style, prompt) : with_others_as_comments(prompt));
  if (!is_template && !prompt.after.empty())
    append_field(out, "suffix", prompt.after);
  append_field(out, "max_tokens", prompt.answer_tokens_max);
  append_field(out, "temperature", 0);
  append_stops(out, completion_stops(style, prompt.is_single_line));
  append_flag(out, "stream", true);
  out += '}';
  return {style == completion_style::mistral ? "/fim/completions" : "/completions", std::move(out)};
}

}  // namespace tandem::net
