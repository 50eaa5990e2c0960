// The operation that makes one text of another and keeps what they share, so that
// carets, authors and other people's edits stay where they are. Pure.
//
// Lines first (the longest common subsequence), then what is equal at the ends of
// what differs. O(lines of one * lines of the other), bounded: texts whose product
// is above cells_max are compared by their ends only.
#pragma once

#include "ot/text_op.hpp"

#include <cstdint>
#include <string_view>

namespace tandem::ai {

// REQUIRES: both are valid texts. Behind `kept_before` characters of a larger text.
ot::text_op difference(std::string_view before, std::string_view after,
                       std::uint32_t kept_before = 0);

}  // namespace tandem::ai
