// What a chat model is asked with on behalf of a room: our rules, people's words
// and files as data. Pure. What it answers is read by actors/ai/answers.
//
// Invariants
//  1. Rules hold no text of people's. Files and chats are in sections that
//     cannot be forged (actors/ai/data_sections).
//  2. What one person asks for is in a section of its own, the last: the rules name it
//     as the one that says what is wanted, and that cannot change them either.
#pragma once

#include "actors/ai/language_model.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tandem::ai {

// A change of a part of a file, or an explanation of it.
struct refactor_question {
  std::string file;
  std::string language;
  std::string before;  // what stands around the part: all, or what is near
  std::string part;
  std::string after;
  std::vector<excerpt> others;
  std::string instruction;
};

chat_prompt refactor_prompt(const refactor_question& question);

// Some lines of a file.
struct file_lines {
  std::string file;
  std::string language;
  std::uint32_t first_line = 1;
  std::string text;
};

struct room_chat_line {
  std::string who;
  std::string text;
};

// What was said to the assistant in a room's chat.
struct assistant_question {
  std::vector<room_chat_line> recent;  // the oldest first, without the question
  std::string who;                     // asks
  std::string question;
  std::vector<file_lines> files;       // the most relevant first
};

chat_prompt assistant_prompt(const assistant_question& question);

}  // namespace tandem::ai
