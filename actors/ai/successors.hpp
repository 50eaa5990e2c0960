// How often which token has followed a context, and when last: the counts of an
// n-gram model that can be taken back. Pure; part of a predictor.
//
// Invariants
//  1. What was added and taken back as often leaves nothing.
//  2. A context has at most successors_max different successors; more are not
//     counted.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace tandem::ai {

struct successor {
  std::uint32_t token = 0;
  std::uint32_t count = 0;
  std::uint64_t last = 0;  // when it was added last: rises with each line
};

class successors {
 public:
  static constexpr std::size_t successors_max = 512;

  // O(successors of the context).
  void add(std::uint64_t context, std::uint32_t token, std::uint64_t now);
  void take_back(std::uint64_t context, std::uint32_t token);
  // Null: none.
  const std::vector<successor>* find(std::uint64_t context) const;
  std::size_t size() const noexcept { return counts_.size(); }

 private:
  std::unordered_map<std::uint64_t, std::vector<successor>> counts_;
};

}  // namespace tandem::ai
