#include "actors/ai/question.hpp"

#include <algorithm>

namespace tandem::ai {

namespace {

// Of names and addresses. Scripts without spaces between words are not among them.
bool is_of_a_name(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'
         || c == '-' || c == '@';
}

// A full stop within an address goes on; one at a sentence's end does not.
bool goes_on(std::string_view rest) noexcept {
  if (rest.starts_with('.'))
    rest.remove_prefix(1);
  return !rest.empty() && is_of_a_name(rest.front());
}

}  // namespace

std::uint64_t number_of(const question& what) noexcept {
  struct visitor {
    std::uint64_t operator()(const completion_question& q) const { return q.ask; }
    std::uint64_t operator()(const change_question& q) const { return q.ask; }
    std::uint64_t operator()(const mention&) const { return 0; }
  };
  return std::visit(visitor{}, what);
}

bool takes_place_of(const question& newer, const question& older) noexcept {
  return newer.index() == older.index() && !std::holds_alternative<mention>(newer);
}

bool mentions_assistant(std::string_view text) noexcept {
  for (std::size_t at = 0; (at = text.find(assistant_mention, at)) != std::string_view::npos; ++at) {
    const bool is_begun = at > 0 && (is_of_a_name(text[at - 1]) || text[at - 1] == '.');
    if (!is_begun && !goes_on(text.substr(at + assistant_mention.size())))
      return true;
  }
  return false;
}

std::optional<server::chat> mention_in(const mention& perhaps, const frame_decoder& decoder) {
  auto said = decoder.chat_in(*perhaps.said);
  if (said && !mentions_assistant(said->text))
    said.reset();
  return said;
}

}  // namespace tandem::ai
