// How often which token has followed a context, with blanks before it or without, and
// when last: the counts of an n-gram model that can be taken back. Pure; part of a
// predictor.
//
// Most contexts have one successor. So there is one hash table of all of them, whose
// chains hold the successors of all contexts that fall together: what was used last
// comes first, for it is likely to be used again.
//
// Invariants
//  1. What was added and taken back as often leaves nothing.
//  2. A context has at most successors_max different successors; more are not
//     counted.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace tandem::ai {

class successors {
 public:
  static constexpr std::size_t successors_max = 512;

  struct successor {
    std::uint64_t context = 0;
    std::uint32_t token = 0;
    std::uint32_t count = 0;
    std::uint32_t spaced = 0;  // of these, with blanks before it
    std::uint32_t last = 0;    // when it was added last: rises with each line
    std::uint32_t next = 0;    // of the chain
  };

  // O(successors of the context).
  void add(std::uint64_t context, std::uint32_t token, bool is_spaced, std::uint32_t now);
  void take_back(std::uint64_t context, std::uint32_t token, bool is_spaced);

  // Visits those of the context.
  template <class F>
  void for_each(std::uint64_t context, F visit) const {
    if (chains_.empty())
      return;
    for (std::uint32_t place = chains_[chain_of(context)]; place != 0;) {
      const successor& one = at(place);
      if (one.context == context)
        visit(one);
      place = one.next;
    }
  }

  // Of all contexts.
  std::size_t size() const noexcept { return size_; }
  // What it has taken of the heap, without what it can use again.
  std::uint64_t memory_bytes() const noexcept {
    return size_ * bytes_each + chains_.size() * sizeof(std::uint32_t);
  }

 private:
  static constexpr std::uint64_t bytes_each = sizeof(successor);
  static constexpr std::uint32_t block_size = 256;
  using block = std::array<successor, block_size>;

  std::size_t chain_of(std::uint64_t context) const noexcept {
    return (context * 0x9E3779B97F4A7C15U >> 32U) & (chains_.size() - 1);
  }
  const successor& at(std::uint32_t place) const {
    return (*blocks_[place / block_size])[place % block_size];
  }
  successor& at(std::uint32_t place) {
    return (*blocks_[place / block_size])[place % block_size];
  }
  std::uint32_t new_place();
  void put_first(std::uint32_t place);
  void grow();

  std::vector<std::unique_ptr<block>> blocks_;
  std::uint32_t places_ = 1;           // that have been used; 0 is none
  std::vector<std::uint32_t> chains_;  // a power of two of them
  std::uint32_t free_ = 0;             // a chain, too
  std::size_t size_ = 0;
};

}  // namespace tandem::ai
