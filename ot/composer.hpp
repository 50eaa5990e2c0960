// Composes a long run of operations one after the other. A value type.
//
// As a binary counter counts: what has been composed of equally many operations
// is composed with each other, so n small operations cost O(n log n) and not n
// times the whole. Never transform against the result (ot/README.md).
//
// Invariants
//  1. pieces_[i], if there is one, is 2^i operations; a higher one is earlier.
#pragma once

#include "ot/text_op.hpp"

#include <optional>
#include <utility>
#include <vector>

namespace tandem::ot {

class composer {
 public:
  void add(text_op next) {
    for (auto& piece : pieces_) {
      if (!piece) {
        piece = std::move(next);
        return;
      }
      next = compose(*std::exchange(piece, std::nullopt), next);
    }
    pieces_.emplace_back(std::move(next));
  }

  // What all of them do together.
  text_op composed() const {
    text_op later;
    for (const auto& piece : pieces_)
      if (piece)
        later = compose(*piece, later);
    return later;
  }

 private:
  std::vector<std::optional<text_op>> pieces_;
};

}  // namespace tandem::ot
