// What a model is told, and how its answers are read. Pure. What people wrote is
// data in these prompts, never instructions; what comes back is inert text.
#pragma once

#include "actors/ai/language_model.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::ai {

// A part of a file that somebody wants to be changed, or explained.
struct refactor_question {
  std::string file;
  std::string language;
  std::string before;  // what stands in front of the part
  std::string part;
  std::string after;
  std::vector<excerpt> others;
  std::string instruction;  // the person's
};

chat_prompt refactor_prompt(const refactor_question& asked);

struct refactor_answer {
  std::string summary;                     // or the explanation
  std::optional<std::string> replacement;  // of the part; none: nothing is to be changed
};

refactor_answer read_refactor_answer(std::string_view text);

struct remembered_chat {
  std::string name;
  std::string text;
};

// Somebody has mentioned the assistant; the last of `chat` may be that message.
struct assistant_question {
  std::vector<remembered_chat> chat;
  std::string question;
  std::vector<excerpt> files;
  std::vector<std::string> file_names;  // of all the room's files
};

chat_prompt assistant_prompt(const assistant_question& asked);

struct assistant_answer {
  struct change {
    std::string file;
    std::uint64_t first_line = 1;  // of those that are replaced, from 1
    std::uint64_t last_line = 0;   // below the first: nothing is replaced
    std::string text;              // instead, with its line feeds
  };
  std::string text;
  std::optional<change> edit;
};

assistant_answer read_assistant_answer(std::string_view text);

}  // namespace tandem::ai
