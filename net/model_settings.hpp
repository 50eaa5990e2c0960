// Which language model is asked, and how: what an operator can set. Addresses
// and keys come from here alone, never from a request. Constant after the start.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace tandem::net {

// What this server may ask at all.
enum class model_provider : std::uint8_t { off, local, openai };

// What a new room may.
enum class room_ai : std::uint8_t { off, local, on };

// How a completion is asked for.
enum class completion_style : std::uint8_t {
  chat,     // in words, of the chat model: any server can
  suffix,   // /completions with a `suffix`: OpenAI's legacy API, DeepSeek's
  mistral,  // /fim/completions: Mistral, Codestral
  llama,    // /infill: llama.cpp
  // /completions with a prompt in the tokens of that family of models.
  starcoder,
  codellama,
  deepseek,
  qwen,
  codegemma,
  granite,
  codestral,
};

enum class key_header : std::uint8_t {
  bearer,  // Authorization: Bearer KEY
  azure,   // api-key: KEY
};

// A key: nothing prints it by accident.
class model_key {
 public:
  model_key() = default;
  explicit model_key(std::string text) : text_{std::move(text)} {}

  bool is_empty() const noexcept { return text_.empty(); }
  // For a request's header, and for taking it out of what is shown.
  const std::string& reveal() const noexcept { return text_; }

  friend bool operator==(const model_key&, const model_key&) = default;

 private:
  std::string text_;
};

struct model_settings {
  model_provider provider = model_provider::local;
  room_ai room_default = room_ai::local;

  std::string url;    // with what comes before /chat/completions; a query is kept
  std::string model;
  std::string completion_url;    // empty: `url`
  std::string completion_model;  // empty: `model`
  completion_style style = completion_style::chat;
  model_key key;
  key_header shown_as = key_header::bearer;
  std::string authority;  // a file (PEM): who signs the servers' certificates; empty: the system's

  std::uint32_t connect_timeout_ms = 5'000;
  std::uint32_t silence_timeout_ms = 30'000;  // before the first byte, and between two
  std::uint32_t completion_timeout_ms = 8'000;
  std::uint32_t chat_timeout_ms = 60'000;
  std::uint32_t retries = 2;
  std::uint32_t requests_at_once = 32;
  std::uint32_t answer_bytes = 256U << 10U;
  std::uint32_t context_tokens = 2'048;

  friend bool operator==(const model_settings&, const model_settings&) = default;
};

}  // namespace tandem::net
