// The committed operations of one file, from a first revision to its head, and
// any run of them as one composed operation. Owned by `document`.
//
// Composed spans are kept as a skip list: a span of level j covers 2^j * B
// operations from a multiple of that number on. They are composed when first
// asked for and kept, so a later catch-up over the same stretch is made from
// O(log n) pieces.
//
// A composed operation serves to rebuild text and to catch up a client that
// has nothing pending. Never transform against one: see "the grouping rule" in
// ot/README.md.
//
// Invariants
//  1. The operation that leads to revision r is at index r - first() - 1.
//  2. A kept span equals the composition of the operations that it covers.
#pragma once

#include "ot/ids.hpp"
#include "ot/text_op.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <utility>

namespace tandem::ot {

// One operation as it was committed.
struct committed_op {
  text_op op;
  client_id client;
  std::uint64_t seq = 0;
  site_id site = 0;                // who is shown as its author; 0: not present
  std::uint64_t length_after = 0;  // characters
};

class history {
 public:
  // `first_length`: characters of the text at revision `first`.
  history(revision first, std::uint64_t first_length) noexcept
      : first_{first}, first_length_{first_length} {}

  revision first() const noexcept { return first_; }
  revision head() const noexcept { return first_ + ops_.size(); }

  // The operation that leads to revision `rev`. REQUIRES: first() < rev <= head().
  const committed_op& at(revision rev) const;

  // Characters at revision `rev`. REQUIRES: first() <= rev <= head().
  std::uint64_t length_at(revision rev) const;

  void append(committed_op op);

  // The operation that leads from one revision to another.
  // REQUIRES: first() <= from <= to <= head(). O(log n) compositions once the
  // spans between are made; each costs the sizes of its two operations.
  text_op composed(revision from, revision to);

  // Forgets the operations up to revision `rev`, which becomes first().
  void forget_before(revision rev);

  // Forgets the operations after revision `rev`, which becomes head().
  void truncate_to(revision rev);

  void check() const;

 private:
  // (level, index): the span of level j and index i leads from revision
  // i * length(j) to (i + 1) * length(j).
  using span_key = std::pair<std::uint32_t, std::uint64_t>;

  const text_op& span(std::uint32_t level, std::uint64_t index);
  std::uint32_t highest_level(revision from, revision to) const noexcept;

  revision first_;
  std::uint64_t first_length_;
  std::deque<committed_op> ops_;
  std::map<span_key, text_op> spans_;
};

}  // namespace tandem::ot
