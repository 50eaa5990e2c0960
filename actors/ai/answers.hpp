// What a chat model answers to the prompts of actors/ai/prompts, read. Pure.
// What it proposes is text to be shown: nothing is done because of it. What it thinks
// aloud before it answers (<think>…</think>) is no part of the answer.
//
// A fenced block is as in CommonMark: three or more backticks or tildes, up to
// three blanks before them, closed by a line of at least as many. A block in a
// block (Markdown about code) is part of it if its fence names a language.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tandem::ai {

// Why there is no replacement though there was a block.
enum class answer_problem : std::uint8_t {
  none,
  cut_off,         // the block, or the thinking, has no end: the answer was too long
  several_blocks,  // more than one change
};

// For people, behind what the model says; empty: there is none.
const char* explained(answer_problem problem) noexcept;

struct refactor_answer {
  std::string summary;  // all but the block, without empty lines at its ends
  // Without the line end before the closing fence; nothing: no change.
  std::optional<std::string> replacement;
  answer_problem problem = answer_problem::none;
};

// Without what a model thinks first; empty if that has no end.
std::string_view without_thoughts(std::string_view text) noexcept;

refactor_answer read_refactor_answer(std::string_view text);

// Of the lines first to last of a file, both included; last is first - 1: an
// insertion before `first`. The lines count from 1, and may not exist.
struct assistant_edit {
  std::string file;
  std::uint32_t first_line = 1;
  std::uint32_t last_line = 1;
  std::string replacement;
};

struct assistant_answer {
  std::string text;  // all but the edit
  std::optional<assistant_edit> edit;
  answer_problem problem = answer_problem::none;
};

// The edit is the block right behind a line `EDIT path lines A-B`; other blocks
// belong to the text.
assistant_answer read_assistant_answer(std::string_view text);

enum class line_ends : std::uint8_t { lf, crlf };

// CR LF if there is one.
line_ends line_ends_of(std::string_view text);
std::string_view to_string(line_ends ends);
std::string with_line_ends(std::string_view text, line_ends ends);

// A replacement with the line ends of what it replaces: with one at its end if
// that has one, and with CR LF if that has them.
std::string fitted_to(std::string_view replacement, std::string_view replaced);

}  // namespace tandem::ai
