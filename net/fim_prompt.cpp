#include "net/fim_prompt.hpp"

#include <array>
#include <string_view>

namespace tandem::net {

namespace {

// The tokens of a family. An empty `file` token: it has none, and other files
// are comments.
struct fim_tokens {
  completion_style style;
  std::string_view prefix;
  std::string_view suffix;
  std::string_view middle;
  std::string_view file;
  std::array<std::string_view, 3> ends;  // what the model says when it is done
};

// As the models' cards and tokenizers have them. DeepSeek's bars are U+FF5C, its
// blanks U+2581.
constexpr fim_tokens table[] = {
  {completion_style::starcoder, "<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<file_sep>",
   {"<|endoftext|>", "<file_sep>", "<fim_pad>"}},
  {completion_style::codellama, "<PRE>", "<SUF>", "<MID>", "", {"<EOT>", "</s>", ""}},
  {completion_style::deepseek, "<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>", "",
   {"<｜end▁of▁sentence｜>", "<|EOT|>", ""}},
  {completion_style::qwen, "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|file_sep|>",
   {"<|endoftext|>", "<|file_sep|>", "<|fim_pad|>"}},
  {completion_style::codegemma, "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>",
   "<|file_separator|>", {"<|file_separator|>", "<eos>", ""}},
  {completion_style::granite, "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "",
   {"<|end_of_text|>", "<|endoftext|>", "<|fim_pad|>"}},
  {completion_style::codestral, "[PREFIX]", "[SUFFIX]", "[MIDDLE]", "", {"</s>", "", ""}},
};

const fim_tokens* tokens_of(completion_style style) noexcept {
  for (const fim_tokens& one : table)
    if (one.style == style)
      return &one;
  return nullptr;
}

void break_up(std::string& text, std::string_view token) {
  if (token.empty())
    return;
  for (std::size_t at = 0; (at = text.find(token, at)) != std::string::npos; at += token.size() + 1)
    text.insert(at + 1, 1, ' ');
}

// People's text, in which nothing is a token of the model's.
std::string inert(const fim_tokens& tokens, std::string_view text) {
  std::string out{text};
  for (const std::string_view token : {tokens.prefix, tokens.suffix, tokens.middle, tokens.file,
                                       tokens.ends[0], tokens.ends[1], tokens.ends[2]})
    break_up(out, token);
  if (tokens.style == completion_style::qwen)
    break_up(out, "<|repo_name|>");
  return out;
}

// What begins a comment line. Most of the languages that people pair in have one
// of these; a wrong one does no harm in a prompt.
std::string_view comment_of(std::string_view language) {
  constexpr std::string_view with_hash[] = {
    "python", "ruby",     "shell",      "shellscript", "yaml",  "toml",      "perl",
    "r",      "makefile", "dockerfile", "elixir",      "julia", "powershell"};
  for (const std::string_view one : with_hash)
    if (language == one)
      return "# ";
  return language == "sql" || language == "lua" || language == "haskell" ? "-- " : "// ";
}

// One line, whatever a name holds.
std::string path_line(std::string_view name) {
  std::string line{name};
  for (char& c : line)
    if (static_cast<unsigned char>(c) < 0x20)
      c = ' ';
  return line;
}

// Every line of the excerpts as a comment: what comes behind is code that
// stands for itself.
std::string commented(const ai::completion_prompt& prompt) {
  const std::string_view comment = comment_of(prompt.language);
  std::string out;
  for (const ai::excerpt& other : prompt.others) {
    out.append(comment).append("Path: ").append(path_line(other.file)) += '\n';
    std::string_view rest = other.text;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size() - 1);
      out.append(comment).append(rest.substr(0, end + 1));
      rest.remove_prefix(end + 1);
    }
    if (!out.ends_with('\n'))
      out += '\n';
  }
  if (!prompt.others.empty())
    out.append(comment).append("Path: ").append(path_line(prompt.file)) += '\n';
  return out;
}

// The excerpts, each behind the token for a file, and the token and the name of
// the file that is written.
std::string as_files(const fim_tokens& tokens, const ai::completion_prompt& prompt) {
  std::string out;
  for (const ai::excerpt& other : prompt.others) {
    out += tokens.file;
    out += inert(tokens, path_line(other.file)) + '\n' + inert(tokens, other.text);
    if (!out.ends_with('\n'))
      out += '\n';
  }
  if (!prompt.others.empty()) {
    out += tokens.file;
    out += inert(tokens, path_line(prompt.file)) + '\n';
  }
  return out;
}

}  // namespace

bool is_fim_template(completion_style style) noexcept {
  return tokens_of(style) != nullptr;
}

std::string fim_prompt(completion_style style, const ai::completion_prompt& prompt) {
  const fim_tokens& tokens = *tokens_of(style);
  const std::string others = tokens.file.empty() ? inert(tokens, commented(prompt)) : "";
  const std::string before = others + inert(tokens, prompt.before);
  const std::string after = inert(tokens, prompt.after);
  std::string out = tokens.file.empty() ? "" : as_files(tokens, prompt);
  const auto add = [&](std::string_view token, std::string_view text) {
    out.append(token).append(text);
  };
  if (style == completion_style::codestral) {
    add(tokens.suffix, after);
    add(tokens.prefix, before);
  } else if (style == completion_style::codellama) {  // its blanks belong to the tokens
    add(tokens.prefix, ' ' + before + ' ');
    add(tokens.suffix, after + ' ');
    add(tokens.middle, "");
  } else {
    add(tokens.prefix, before);
    add(tokens.suffix, after);
    add(tokens.middle, "");
  }
  return out;
}

std::vector<std::string> completion_stops(completion_style style, bool is_single_line) {
  std::vector<std::string> stops;
  if (is_single_line && style != completion_style::chat)
    stops.emplace_back("\n");
  if (const fim_tokens* tokens = tokens_of(style)) {
    for (const std::string_view end : tokens->ends)
      if (!end.empty())
        stops.emplace_back(end);
    for (const std::string_view token : {tokens->prefix, tokens->suffix, tokens->middle})
      stops.emplace_back(token);
  }
  return stops;
}

std::string with_others_as_comments(const ai::completion_prompt& prompt) {
  return commented(prompt) + prompt.before;
}

}  // namespace tandem::net
