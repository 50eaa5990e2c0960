// The reading half of rope: text, parts of it, and conversions between units.
#include "ot/rope.hpp"
#include "ot/rope_nodes.hpp"

#include <algorithm>

namespace tandem::ot {

namespace {

void visit_chunks(rope_node* node, const rope::chunk_visitor& visit) {
  if (node->height == 0) {
    const rope_leaf* leaf = as_leaf(node);
    if (!leaf->before_gap().empty())
      visit(leaf->before_gap());
    if (!leaf->after_gap().empty())
      visit(leaf->after_gap());
    return;
  }
  const rope_inner* inner = as_inner(node);
  for (std::uint32_t i = 0; i < inner->count; ++i)
    visit_chunks(inner->children[i].node, visit);
}

// Appends up to `chars` characters of `text` after skipping `skip`; both are
// lowered by what was met.
void append_part(std::string_view text, std::uint64_t& skip, std::uint64_t& chars,
                 std::string& out) {
  const std::uint64_t length = count_chars(text);
  const std::uint64_t skipped = std::min(skip, length);
  skip -= skipped;
  text.remove_prefix(byte_offset(text, static_cast<std::uint32_t>(skipped)));
  const std::uint64_t taken = std::min(chars, length - skipped);
  chars -= taken;
  out.append(text.substr(0, byte_offset(text, static_cast<std::uint32_t>(taken))));
}

void collect(rope_node* node, std::uint64_t& skip, std::uint64_t& chars, std::string& out) {
  if (node->height == 0) {
    append_part(as_leaf(node)->before_gap(), skip, chars, out);
    append_part(as_leaf(node)->after_gap(), skip, chars, out);
    return;
  }
  const rope_inner* inner = as_inner(node);
  for (std::uint32_t i = 0; i < inner->count && chars > 0; ++i) {
    const auto& child = inner->children[i];
    if (skip >= child.size.chars)
      skip -= child.size.chars;
    else
      collect(child.node, skip, chars, out);
  }
}

std::uint64_t in_unit(const text_metrics& size, text_unit unit) noexcept {
  switch (unit) {
    case text_unit::chars: return size.chars;
    case text_unit::utf16: return size.utf16;
    case text_unit::lines: return size.lines;
  }
  return 0;
}

// The prefix of `text` that is `offset` long in `unit`.
std::string_view prefix(std::string_view text, text_unit unit, std::uint64_t offset) {
  switch (unit) {
    case text_unit::chars:
      return text.substr(0, byte_offset(text, static_cast<std::uint32_t>(offset)));
    case text_unit::utf16:
      return text.substr(
        0, byte_offset(text, chars_before_utf16(text, static_cast<std::uint32_t>(offset))));
    case text_unit::lines: break;
  }
  std::size_t end = 0;
  for (; offset > 0; --offset)
    end = text.find('\n', end) + 1;
  return text.substr(0, end);
}

}  // namespace

void rope::for_each_chunk(const chunk_visitor& visit) const {
  visit_chunks(root_, visit);
}

std::string rope::to_string() const {
  std::string text;
  text.reserve(size_.bytes);
  for_each_chunk([&](std::string_view chunk) { text.append(chunk); });
  return text;
}

std::string rope::substring(std::uint64_t position, std::uint64_t chars) const {
  assert(position + chars <= size_.chars);
  std::string text;
  collect(root_, position, chars, text);
  return text;
}

text_metrics rope::before(text_unit unit, std::uint64_t offset) const {
  if (offset >= in_unit(size_, unit) && unit != text_unit::lines)
    return size_;
  offset = std::min(offset, in_unit(size_, unit));
  text_metrics sum;
  rope_node* node = root_;
  while (node->height > 0) {
    const rope_inner* inner = as_inner(node);
    std::uint32_t i = 0;
    for (; i + 1 < inner->count && offset > in_unit(inner->children[i].size, unit); ++i) {
      offset -= in_unit(inner->children[i].size, unit);
      sum += inner->children[i].size;
    }
    node = inner->children[i].node;
  }
  for (const std::string_view half : {as_leaf(node)->before_gap(), as_leaf(node)->after_gap()}) {
    const text_metrics whole = measure(half);
    if (offset > in_unit(whole, unit)) {
      offset -= in_unit(whole, unit);
      sum += whole;
      continue;
    }
    sum += measure(prefix(half, unit, offset));
    break;
  }
  return sum;
}

namespace {

text_metrics check_node(rope_node* node, [[maybe_unused]] bool is_root) {
  assert(node->references.load() >= 1);
  if (node->height == 0) {
    const rope_leaf* leaf = as_leaf(node);
    assert(leaf->gap_begin <= leaf->gap_end && leaf->gap_end <= leaf_capacity_bytes);
    assert(is_valid_text(leaf->before_gap()) && is_valid_text(leaf->after_gap()));
    assert(is_root || leaf->size_bytes() > 0);
    text_metrics size = measure(leaf->before_gap());
    size += measure(leaf->after_gap());
    return size;
  }
  const rope_inner* inner = as_inner(node);
  assert(inner->count >= (is_root ? 2U : 1U) && inner->count <= inner_fanout);
  text_metrics sum;
  for (std::uint32_t i = 0; i < inner->count; ++i) {
    const auto& child = inner->children[i];
    assert(child.node->height + 1 == inner->height);
    [[maybe_unused]] const text_metrics real = check_node(child.node, false);
    assert(real == child.size);
    sum += child.size;
  }
  return sum;
}

}  // namespace

void rope::check() const {
  [[maybe_unused]] const text_metrics real = check_node(root_, true);
  assert(real == size_);
}

}  // namespace tandem::ot
