// A file's text as it follows its room, and the way of a place through the latest
// edits. Pure. One owner at a time: the COMPANION.
//
// Invariants
//  1. text() is the text at revision().
//  2. The operations that are kept lead from first() to revision(), at most
//     operations_max of them and operations_bytes_max of memory.
#pragma once

#include "ot/ids.hpp"
#include "ot/rope.hpp"
#include "ot/text_op.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

namespace tandem::ai {

// The characters [from, to).
struct text_range {
  std::uint64_t from = 0;
  std::uint64_t to = 0;

  friend bool operator==(const text_range&, const text_range&) = default;
};

// Where a range is after an operation; nothing if that has changed something in
// it. `edges_count`: also what was put in at its ends, or taken away up to them,
// is in it. O(components).
enum class edges_count : std::uint8_t { no, yes };
std::optional<text_range> carried(text_range range, const ot::text_op& op, edges_count edges);

class followed_text {
 public:
  followed_text(ot::rope text, ot::revision rev) : text_{std::move(text)}, rev_{rev} {}

  const ot::rope& text() const noexcept { return text_; }
  ot::revision revision() const noexcept { return rev_; }
  ot::revision first() const noexcept { return rev_ - latest_.size(); }

  // REQUIRES: it was made on revision(). O(log n + k).
  void apply(ot::text_op op);

  // The operations that lead from `rev` to revision(); nothing if they are not all
  // kept. REQUIRES: rev <= revision().
  bool knows_way_from(ot::revision rev) const noexcept { return rev >= first(); }

  // REQUIRES for both: knows_way_from(rev). O(operations since).
  std::uint64_t carry_position(std::uint64_t position, ot::revision rev) const;
  std::optional<text_range> carry(text_range range, ot::revision rev, edges_count edges) const;

  // The line around a position, without its line feed. O(log n).
  text_range line_around(std::uint64_t position) const;

 private:
  static constexpr std::size_t operations_max = 1'000;
  static constexpr std::size_t operations_bytes_max = 256U << 10U;

  ot::rope text_;
  ot::revision rev_ = 0;
  std::deque<ot::text_op> latest_;
  std::size_t latest_bytes_ = 0;
};

}  // namespace tandem::ai
