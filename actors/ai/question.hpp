// What somebody asks a room's AI, and how they hear of it. Values; positions and
// lengths are characters.
#pragma once

#include "actors/protocol.hpp"
#include "storage/records.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>

namespace tandem::ai {

// By its key, if that is known: names change.
struct file_reference {
  std::string name;
  std::optional<storage::file_key> key;
};

// What could follow here?
struct completion_question {
  std::uint64_t ask = 0;
  file_reference file;
  std::optional<ot::revision> rev;  // none: the latest
  std::uint64_t position = 0;
};

// How could this part be changed?
struct change_question {
  std::uint64_t ask = 0;
  file_reference file;
  std::optional<ot::revision> rev;
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::string instruction;
};

// Perhaps somebody has mentioned the assistant in the chat: the frame of their message,
// which is durable.
struct mention {
  frame said;
};

// A text of one's own, of no room; perhaps a part of it.
struct text_question {
  std::string text;
  std::string language;
  std::uint64_t position = 0;  // at most the text's length
  std::uint64_t skipped = 0;   // characters before the part
};

using question = std::variant<completion_question, change_question, mention>;

// 0: it has none.
std::uint64_t number_of(const question& what) noexcept;
// Of the same asker: the older one is not wanted any more. Everybody may mention the
// assistant as often as the limits of the chat allow.
bool takes_place_of(const question& newer, const question& older) noexcept;

// What a question counts for where they are limited: what takes a model long counts
// for as many completions.
inline constexpr std::uint64_t completion_weight = 1;
inline constexpr std::uint64_t change_weight = 10;

// Who asks.
struct asker {
  std::uint64_t id = 0;  // of nobody else in this process
  // Called from any thread; of each question it hears any number of
  // server::thinking and completions with more to come, then one last word.
  std::function<void(const server::ai_event&)> tell;
};

// What a message in the chat must have in it for the assistant to answer.
inline constexpr std::string_view assistant_mention = "@assistant";
// As a word of its own: not in an address, nor in a longer name.
bool mentions_assistant(std::string_view text) noexcept;
// The message, if it mentions the assistant.
std::optional<server::chat> mention_in(const mention& perhaps, const frame_decoder& decoder);
inline constexpr std::string_view assistant_name = "Assistant";

}  // namespace tandem::ai
