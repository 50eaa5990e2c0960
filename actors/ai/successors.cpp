#include "actors/ai/successors.hpp"

#include <algorithm>

namespace tandem::ai {

void successors::add(std::uint64_t context, std::uint32_t token, std::uint64_t now) {
  std::vector<successor>& list = counts_[context];
  const auto found = std::ranges::find(list, token, &successor::token);
  if (found != list.end()) {
    ++found->count;
    found->last = now;
  } else if (list.size() < successors_max) {
    list.push_back({token, 1, now});
  }
}

void successors::take_back(std::uint64_t context, std::uint32_t token) {
  const auto entry = counts_.find(context);
  if (entry == counts_.end())
    return;
  std::vector<successor>& list = entry->second;
  const auto found = std::ranges::find(list, token, &successor::token);
  if (found != list.end() && --found->count == 0) {
    *found = list.back();
    list.pop_back();
  }
  if (list.empty())
    counts_.erase(entry);
}

const std::vector<successor>* successors::find(std::uint64_t context) const {
  const auto entry = counts_.find(context);
  return entry == counts_.end() ? nullptr : &entry->second;
}

}  // namespace tandem::ai
