#include "actors/ai/vocabulary.hpp"

namespace tandem::ai {

namespace {

// What a text takes beside its string, with the heap's own share.
std::uint64_t bytes_apart(std::string_view text) noexcept {
  constexpr std::size_t in_the_string = 15;
  constexpr std::uint64_t heap_share = 24;
  return text.size() <= in_the_string ? 0 : text.size() + heap_share;
}

}  // namespace

std::uint32_t vocabulary::add(std::string_view text, std::uint32_t now) {
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
    entries_[number].text = text;
    text_bytes_ += bytes_apart(text);
    found = numbers_.emplace(entries_[number].text, number).first;
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
    text_bytes_ -= bytes_apart(text);
    numbers_.erase(found);  // it looks at the entry's text
    entries_[number] = {};
    free_.push_back(number);
    if (numbers_.empty())
      *this = {};
  }
  return number;
}

std::uint32_t vocabulary::find(std::string_view text) const {
  const auto found = numbers_.find(text);
  return found == numbers_.end() ? 0 : found->second;
}

}  // namespace tandem::ai
