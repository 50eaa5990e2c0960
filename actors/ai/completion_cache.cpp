#include "actors/ai/completion_cache.hpp"

#include <algorithm>

namespace tandem::ai {

namespace {

std::string_view tail_of(std::string_view text, std::size_t bytes) {
  return text.substr(text.size() - std::min(bytes, text.size()));
}

// How much of the answer was typed behind `then`, if `now` is that with nothing
// else added.
std::optional<std::size_t> typed_since(std::string_view then, std::string_view answer,
                                       std::string_view now) {
  for (std::size_t typed = 0; typed < answer.size() && typed <= now.size(); ++typed) {
    if (!now.ends_with(answer.substr(0, typed)))
      continue;
    const std::string_view rest = now.substr(0, now.size() - typed);
    if (tail_of(rest, completion_cache::context_bytes) == then)
      return typed;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> completion_cache::find(std::int64_t file, std::string_view before,
                                                  std::string_view after) {
  for (auto at = entries_.begin(); at != entries_.end(); ++at) {
    if (at->file != file || at->after != after.substr(0, context_bytes))
      continue;
    const auto typed = typed_since(at->before, at->answer, before);
    if (!typed)
      continue;
    entries_.splice(entries_.begin(), entries_, at);
    return entries_.front().answer.substr(*typed);
  }
  return std::nullopt;
}

void completion_cache::keep(std::int64_t file, std::string_view before, std::string_view after,
                            std::string answer) {
  if (answer.empty())
    return;
  entries_.push_front({file, std::string{tail_of(before, context_bytes)},
                       std::string{after.substr(0, context_bytes)}, std::move(answer)});
  if (entries_.size() > entries_max)
    entries_.pop_back();
}

}  // namespace tandem::ai
