// Texts (tokens, whole lines) as numbers, with how often each is there and when it
// was used last; by their beginnings, too. Pure; part of a predictor.
//
// Invariants
//  1. A text that is there no more (added and taken back as often) is not found.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::ai {

class vocabulary {
 public:
  struct entry {
    std::string text;
    std::uint32_t count = 0;
    std::uint32_t last = 0;
  };

  vocabulary() = default;
  vocabulary(vocabulary&&) = default;
  vocabulary& operator=(vocabulary&&) = default;

  // Its number, which stays its own as long as it is there. O(log n).
  std::uint32_t add(std::string_view text, std::uint32_t now);
  std::uint32_t take_back(std::string_view text);
  // 0: it is not there.
  std::uint32_t find(std::string_view text) const;
  const entry& at(std::uint32_t number) const { return entries_[number]; }
  std::size_t size() const noexcept { return numbers_.size(); }
  // What it has taken of the heap, without what it can use again.
  std::uint64_t memory_bytes() const noexcept {
    return numbers_.size() * bytes_each + text_bytes_;
  }

  // Visits those that begin so and are longer, at most `most`.
  template <class F>
  void for_each_longer(std::string_view beginning, std::size_t most, F visit) const {
    for (auto at = numbers_.upper_bound(beginning);
         at != numbers_.end() && most > 0 && at->first.starts_with(beginning); ++at, --most)
      visit(at->second, entries_[at->second]);
  }

 private:
  // A node of the map, an entry, a number that is free again.
  static constexpr std::uint64_t bytes_each = 80 + sizeof(entry) + sizeof(std::uint32_t) * 2;

  std::map<std::string_view, std::uint32_t> numbers_;  // views of the entries' texts
  std::deque<entry> entries_{1};                       // 0 is none
  std::vector<std::uint32_t> free_;
  std::uint64_t text_bytes_ = 0;  // of the texts that do not fit into a string itself
};

}  // namespace tandem::ai
