// Carrying operations and positions over other operations. Pure functions.
//
// The algorithm is that of ot-text-unicode (Joseph Gentle), and the results
// are the same to the letter: tests/ot compares 100,000 vectors. With
// b' = transform(b, a, left) and a' = transform(a, b, right),
// apply(b', apply(a, t)) == apply(a', apply(b, t)): that is TP1.
//
// The tie rule: of two insertions at one place, `side::left` stands before the
// other. A server transforms the later operation as left against those
// committed, so the one that is committed later stands to the left.
#pragma once

#include "ot/text_op.hpp"

#include <cstdint>

namespace tandem::ot {

enum class side : std::uint8_t { left, right };

// `op`, as it must be after `against` was applied to the same text.
// O(op + against). `against` must be a single committed operation or one that
// its own client also met whole: see "the grouping rule" in ot/README.md.
text_op transform(const text_op& op, const text_op& against, side mine);

// Where the position between two characters is after `op`. An insertion
// exactly there does not move it. O(op).
std::uint64_t transform_position(std::uint64_t position, const text_op& op) noexcept;

}  // namespace tandem::ot
