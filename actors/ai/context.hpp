// What of a room goes to a model: what is near a place, and what in other files
// has to do with it, within a budget. Pure.
//
// Invariants
//  1. All of people's words together at most the budget; a token counts as four
//     bytes, which is about right for code and too careful for most other text.
//  2. No file goes out whose name says that it holds secrets.
//  3. Cuts are at line ends, but within a line that is too long itself; never
//     in a character.
//  4. A function of its arguments: the same question, the same context.
#pragma once

#include "actors/ai/language_model.hpp"
#include "actors/ai/prompts.hpp"
#include "actors/ai/text_parts.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::ai {

inline constexpr std::size_t bytes_per_token = 4;

// By its name: .env, keys, credentials. Such a file is neither sent nor asked
// about.
bool is_secret_file(std::string_view name);

// A file that could have to do with a question. The views outlive the call.
struct room_text {
  std::string_view name;
  std::string_view language;
  std::shared_ptr<const text_parts> parts;  // not null
  std::uint32_t edited_rank = 0;  // 0: edited last
};

struct place_context {
  std::string before;
  std::string after;
  std::vector<excerpt> others;  // the most relevant first
};

// Around a place in a file: `before` and `after` are all of it but the part that
// is asked about, which counts into the budget and is the caller's. `others`:
// without that file.
place_context context_around(std::string_view before, std::string_view part,
                             std::string_view after, const std::vector<room_text>& others,
                             std::uint32_t tokens);

// For a question that is at no place: the files' parts that share the most words
// with it, and then what was edited last.
std::vector<file_lines> context_for(std::string_view question,
                                    const std::vector<room_text>& files, std::uint32_t tokens);

// A question to the assistant with what it is shown: of the question itself at most
// half of the budget, of the chat (the latest of what is in `asked`) a quarter, of the
// files what is left.
assistant_question with_context(assistant_question asked, const std::vector<room_text>& files,
                                std::uint32_t tokens);

}  // namespace tandem::ai
