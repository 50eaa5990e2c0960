#include "actors/ai/followed_text.hpp"

#include "ot/transform.hpp"

#include <cassert>

namespace tandem::ai {

namespace {

// Something was done to the old text's [at, at + removed).
bool touches(text_range range, std::uint64_t at, std::uint64_t removed, edges_count edges) {
  const std::uint64_t end = at + removed;
  if (edges == edges_count::yes)
    return at <= range.to && end >= range.from;
  return at < range.to && (removed == 0 ? at > range.from : end > range.from);
}

std::size_t memory_of(const ot::text_op& op) {
  return sizeof op + op.inserted_text().size() + op.components().size_bytes();
}

}  // namespace

std::optional<text_range> carried(text_range range, const ot::text_op& op, edges_count edges) {
  std::uint64_t at = 0;  // in the old text
  std::uint64_t added = 0;
  std::uint64_t gone = 0;
  for (const ot::component& part : op.components()) {
    if (part.kind == ot::component_kind::keep) {
      at += part.chars;
      continue;
    }
    const std::uint64_t removed = part.kind == ot::component_kind::remove ? part.chars : 0;
    if (touches(range, at, removed, edges))
      return std::nullopt;
    if (at > range.from || (at == range.from && removed > 0))
      break;  // it is behind the range
    if (part.kind == ot::component_kind::insert)
      added += part.chars;
    gone += removed;
    at += removed;
  }
  return text_range{range.from + added - gone, range.to + added - gone};
}

void followed_text::apply(ot::text_op op) {
  text_.apply(op);
  ++rev_;
  latest_bytes_ += memory_of(op);
  latest_.push_back(std::move(op));
  while (latest_.size() > operations_max || latest_bytes_ > operations_bytes_max) {
    latest_bytes_ -= memory_of(latest_.front());
    latest_.pop_front();
  }
}

std::uint64_t followed_text::carry_position(std::uint64_t position, ot::revision rev) const {
  assert(knows_way_from(rev));
  for (std::size_t i = latest_.size() - (rev_ - rev); i < latest_.size(); ++i)
    position = ot::transform_position(position, latest_[i]);
  return position;
}

std::optional<text_range> followed_text::carry(text_range range, ot::revision rev,
                                               edges_count edges) const {
  assert(knows_way_from(rev));
  std::optional<text_range> now = range;
  for (std::size_t i = latest_.size() - (rev_ - rev); i < latest_.size() && now; ++i)
    now = carried(*now, latest_[i], edges);
  return now;
}

text_range followed_text::line_around(std::uint64_t position) const {
  const ot::text_metrics before = text_.before(ot::text_unit::chars, position);
  const std::uint64_t from = text_.before(ot::text_unit::lines, before.lines).chars;
  const ot::text_metrics next = text_.before(ot::text_unit::lines, before.lines + 1);
  const bool is_last = next.lines == before.lines;
  return {from, is_last ? text_.chars() : next.chars - 1};
}

}  // namespace tandem::ai
