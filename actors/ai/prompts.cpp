#include "actors/ai/prompts.hpp"

#include "actors/ai/data_sections.hpp"

#include <string_view>

namespace tandem::ai {

namespace {

constexpr std::string_view refactor_rules =
  "You change source code on behalf of a programmer, inside an editor. You get a file in three"
  " parts: what stands before the marked part, the marked part, and what stands behind it; perhaps"
  " parts of other files; and what the programmer asks for.\n"
  "Answer like this, and in no other way:\n"
  "1. First one to three short lines: what you changed and why; or the explanation that was asked"
  " for, which may be longer.\n"
  "2. Then, if the marked part should be changed, exactly one fenced code block with the whole text"
  " that takes the place of the marked part: all of its lines, also those that stay, with their"
  " indentation, and nothing of what stands before or behind it. Fence it with more backticks than"
  " any line in it begins with.\n"
  "3. If nothing is to be changed, write no code block.\n"
  "Keep the style of the file. Change nothing that was not asked for.\n";

constexpr std::string_view assistant_rules =
  "You are Assistant, a participant in the chat of programmers who write code together. Answer the"
  " question that is put to you, briefly, in plain text with Markdown. You see the recent chat and"
  " parts of the files, with line numbers and a bar before each line; the numbers are no part of"
  " the files. You can change nothing yourself.\n"
  "If a change of a file would help, you may propose one change of one file: write a line\n"
  "EDIT path lines A-B\n"
  "and right behind it a fenced code block with the whole text that takes the place of the lines A"
  " to B (both included), without line numbers, with indentation. To insert before line A, write"
  " lines A-B with B one less than A. Fence it with more backticks than any line in it begins with."
  " Propose only changes of files and lines that you see, and at most one.\n";

std::string numbered(const file_lines& lines) {
  std::string out;
  std::uint32_t number = lines.first_line;
  for (std::string_view rest = lines.text; !rest.empty(); ++number) {
    const std::size_t end = std::min(rest.find('\n'), rest.size() - 1) + 1;
    out.append(std::to_string(number)).append("| ").append(rest.substr(0, end));
    rest.remove_prefix(end);
  }
  return out;
}

std::string described(std::string_view what, const std::string& file, const std::string& language) {
  std::string title{what};
  title += file;
  if (!language.empty())
    title += ", " + language;
  return title;
}

std::string chat_text(const std::vector<room_chat_line>& recent) {
  std::string out;
  for (const room_chat_line& line : recent)
    out += line.who + ": " + line.text + '\n';
  return out;
}

// `wish`: the title of the last section.
chat_prompt with(std::string_view rules, const data_sections& data, std::string_view wish,
                 std::string_view what_to_do) {
  chat_prompt prompt;
  prompt.rules = std::string{rules} + data.rule(wish);
  prompt.turns.push_back({chat_turn::role::user, data.text() + std::string{what_to_do}});
  return prompt;
}

constexpr std::string_view refactor_wish = "what the programmer asks for";
constexpr std::string_view assistant_wish = "the question";

}  // namespace

chat_prompt refactor_prompt(const refactor_question& question) {
  data_sections data;
  for (const excerpt& other : question.others)
    data.add("part of another file, " + other.file, other.text);
  data.add(described("before the marked part, ", question.file, question.language),
           question.before);
  data.add("the marked part", question.part);
  data.add("behind the marked part", question.after);
  data.add(refactor_wish, question.instruction);
  return with(refactor_rules, data, refactor_wish,
              "Do what the section \"what the programmer asks for\" asks for, to the marked part,"
              " within the rules.");
}

chat_prompt assistant_prompt(const assistant_question& question) {
  data_sections data;
  for (const file_lines& lines : question.files)
    data.add(described("part of the file ", lines.file, lines.language), numbered(lines));
  if (!question.recent.empty())
    data.add("the recent chat", chat_text(question.recent));
  data.add(assistant_wish, question.who + ": " + question.question);
  return with(assistant_rules, data, assistant_wish,
              "Answer the last section, the question, within the rules.");
}

}  // namespace tandem::ai
