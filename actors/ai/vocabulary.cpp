#include "actors/ai/vocabulary.hpp"

namespace tandem::ai {

std::uint32_t vocabulary::add(std::string_view text, std::uint64_t now) {
  auto found = numbers_.find(text);
  if (found == numbers_.end()) {
    std::uint32_t number = 0;
    if (free_.empty()) {
      number = static_cast<std::uint32_t>(entries_.size());
      entries_.emplace_back();
    } else {
      number = free_.back();
      free_.pop_back();
    }
    found = numbers_.emplace(std::string{text}, number).first;
    entries_[number].text = text;
  }
  entry& known = entries_[found->second];
  ++known.count;
  known.last = now;
  return found->second;
}

std::uint32_t vocabulary::take_back(std::string_view text) {
  const auto found = numbers_.find(text);
  if (found == numbers_.end())
    return 0;
  const std::uint32_t number = found->second;
  if (--entries_[number].count == 0) {
    entries_[number] = {};
    free_.push_back(number);
    numbers_.erase(found);
  }
  return number;
}

std::uint32_t vocabulary::find(std::string_view text) const {
  const auto found = numbers_.find(text);
  return found == numbers_.end() ? 0 : found->second;
}

}  // namespace tandem::ai
