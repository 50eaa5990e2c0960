#include "actors/ai/successors.hpp"

#include <algorithm>
#include <utility>

namespace tandem::ai {

void successors::add(std::uint64_t context, std::uint32_t token, bool is_spaced,
                     std::uint32_t now) {
  if (size_ >= chains_.size())
    grow();
  std::size_t of_context = 0;
  for (std::uint32_t* link = &chains_[chain_of(context)]; *link != 0; link = &at(*link).next) {
    const std::uint32_t place = *link;
    successor& one = at(place);
    if (one.context != context)
      continue;
    if (one.token == token) {
      ++one.count;
      one.spaced += is_spaced ? 1 : 0;
      one.last = now;
      *link = one.next;
      return put_first(place);
    }
    ++of_context;
  }
  if (of_context >= successors_max)
    return;
  const std::uint32_t place = new_place();
  at(place) = {context, token, 1, is_spaced ? 1U : 0U, now, 0};
  put_first(place);
  ++size_;
}

void successors::take_back(std::uint64_t context, std::uint32_t token, bool is_spaced) {
  if (chains_.empty())
    return;
  for (std::uint32_t* link = &chains_[chain_of(context)]; *link != 0; link = &at(*link).next) {
    const std::uint32_t place = *link;
    successor& one = at(place);
    if (one.context != context || one.token != token)
      continue;
    *link = one.next;
    one.spaced -= is_spaced ? 1 : 0;
    if (--one.count > 0)
      return put_first(place);
    one.next = std::exchange(free_, place);
    if (--size_ == 0)
      *this = {};
    return;
  }
}

std::uint32_t successors::new_place() {
  if (free_ != 0)
    return std::exchange(free_, at(free_).next);
  if (places_ / block_size >= blocks_.size())
    blocks_.push_back(std::make_unique<block>());
  return places_++;
}

void successors::put_first(std::uint32_t place) {
  successor& one = at(place);
  one.next = std::exchange(chains_[chain_of(one.context)], place);
}

void successors::grow() {
  const std::vector<std::uint32_t> old = std::exchange(
    chains_, std::vector<std::uint32_t>(std::max<std::size_t>(64, chains_.size() * 2)));
  for (std::uint32_t place : old)
    while (place != 0)
      put_first(std::exchange(place, at(place).next));
}

}  // namespace tandem::ai
