// The OpenAI API, and its neighbours, as JSON: what they are asked with. Pure.
#pragma once

#include "actors/ai/language_model.hpp"
#include "net/model_settings.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::net {

// How the limit of an answer is called: OpenAI's newer models refuse the one
// name, everybody else's servers the other.
enum class token_limit_name : std::uint8_t { max_tokens, max_completion_tokens };

// For /chat/completions, streamed.
std::string chat_body(std::string_view model, const ai::chat_prompt& prompt,
                      token_limit_name limit);

// A completion asked for in words: strict rules, and the text around the caret
// as data.
ai::chat_prompt completion_as_chat(const ai::completion_prompt& prompt);

// What is asked with this style, and where, behind the address's path.
// REQUIRES: style != completion_style::chat.
struct completion_request {
  std::string path;
  std::string body;
};
completion_request completion_body(completion_style style, std::string_view model,
                                   const ai::completion_prompt& prompt);

}  // namespace tandem::net
