#include "ot/history.hpp"

#include <cassert>

namespace tandem::ot {

namespace {

#if defined(NDEBUG) && !defined(TANDEM_OT_TINY_NODES)
constexpr std::uint64_t base_span_ops = 16;
#else
constexpr std::uint64_t base_span_ops = 4;
#endif

constexpr std::uint64_t span_ops(std::uint32_t level) noexcept {
  return base_span_ops << level;
}

}  // namespace

const committed_op& history::at(revision rev) const {
  assert(rev > first_ && rev <= head());
  return ops_[rev - first_ - 1];
}

std::uint64_t history::length_at(revision rev) const {
  return rev == first_ ? first_length_ : at(rev).length_after;
}

void history::append(committed_op op) {
  assert(op.op.reach_chars() <= length_at(head()));
  op.length_after = op.op.length_after(length_at(head()));
  ops_.push_back(std::move(op));
}

// The highest level of which a span starts at `from` and ends by `to`, plus
// one; 0 if not even the lowest level fits.
std::uint32_t history::highest_level(revision from, revision to) const noexcept {
  std::uint32_t level = 0;
  while (from % span_ops(level) == 0 && from + span_ops(level) <= to)
    ++level;
  return level;
}

const text_op& history::span(std::uint32_t level, std::uint64_t index) {
  const auto found = spans_.find({level, index});
  if (found != spans_.end())
    return found->second;
  text_op whole;
  if (level > 0) {
    whole = compose(span(level - 1, index * 2), span(level - 1, index * 2 + 1));
  } else {
    for (revision rev = index * base_span_ops + 1; rev <= (index + 1) * base_span_ops; ++rev)
      whole = compose(whole, at(rev).op);
  }
  return spans_.emplace(span_key{level, index}, std::move(whole)).first->second;
}

text_op history::composed(revision from, revision to) {
  assert(first_ <= from && from <= to && to <= head());
  text_op whole;
  while (from < to) {
    const std::uint32_t levels = highest_level(from, to);
    if (levels == 0) {
      whole = compose(whole, at(from + 1).op);
      ++from;
    } else {
      whole = compose(whole, span(levels - 1, from / span_ops(levels - 1)));
      from += span_ops(levels - 1);
    }
  }
  return whole;
}

void history::forget_before(revision rev) {
  assert(first_ <= rev && rev <= head());
  first_length_ = length_at(rev);
  ops_.erase(ops_.begin(), ops_.begin() + static_cast<std::ptrdiff_t>(rev - first_));
  first_ = rev;
  std::erase_if(spans_, [&](const auto& entry) {
    return entry.first.second * span_ops(entry.first.first) < rev;
  });
}

void history::truncate_to(revision rev) {
  assert(first_ <= rev && rev <= head());
  ops_.resize(rev - first_);
  std::erase_if(spans_, [&](const auto& entry) {
    return (entry.first.second + 1) * span_ops(entry.first.first) > rev;
  });
}

void history::check() const {
#ifndef NDEBUG
  std::uint64_t length = first_length_;
  for (const committed_op& entry : ops_) {
    entry.op.check();
    assert(entry.op.reach_chars() <= length);
    length = entry.op.length_after(length);
    assert(entry.length_after == length);
  }
  for (const auto& [key, op] : spans_) {
    const auto [level, index] = key;
    assert(index * span_ops(level) >= first_ && (index + 1) * span_ops(level) <= head());
    text_op whole;
    for (revision rev = index * span_ops(level) + 1; rev <= (index + 1) * span_ops(level); ++rev)
      whole = compose(whole, at(rev).op);
    op.check();
    assert(op == whole);  // composing is associative to the letter
  }
#endif
}

}  // namespace tandem::ot
