#include "ot/rope.hpp"

#include "ot/rope_nodes.hpp"
#include "ot/text_op.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace tandem::ot {

namespace {

void retain(rope_node* node) noexcept {
  node->references.fetch_add(1, std::memory_order_relaxed);
}

void release(rope_node* node) noexcept {
  if (node->references.fetch_sub(1, std::memory_order_acq_rel) != 1)
    return;
  if (node->height == 0) {
    delete as_leaf(node);
    return;
  }
  rope_inner* inner = as_inner(node);
  for (std::uint32_t i = 0; i < inner->count; ++i)
    release(inner->children[i].node);
  delete inner;
}

rope_node* clone(rope_node* node) {
  if (node->height == 0) {
    const rope_leaf* old = as_leaf(node);
    auto* copy = new rope_leaf;
    copy->gap_begin = old->gap_begin;
    copy->gap_end = old->gap_end;
    copy->bytes = old->bytes;
    return copy;
  }
  const rope_inner* old = as_inner(node);
  auto* copy = new rope_inner{old->height};
  copy->count = old->count;
  copy->children = old->children;
  for (std::uint32_t i = 0; i < copy->count; ++i)
    retain(copy->children[i].node);
  return copy;
}

// Makes the slot's node ours alone.
void make_unique(rope_node*& slot) {
  if (slot->references.load(std::memory_order_acquire) == 1)
    return;
  rope_node* copy = clone(slot);
  release(slot);
  slot = copy;
}

// The longest prefix of at most `limit` bytes that ends between characters.
std::string_view whole_prefix(std::string_view text, std::size_t limit) noexcept {
  if (text.size() <= limit)
    return text;
  while (is_continuation(text[limit]))
    --limit;
  return text.substr(0, limit);
}

rope_leaf* make_leaf(std::string_view text) {
  auto* leaf = new rope_leaf;
  leaf->insert_at_gap(text);
  return leaf;
}

// Builds a tree over the given nodes of one height, level by level.
rope_inner::child build_tree(std::vector<rope_inner::child> level) {
  constexpr std::uint32_t fill = std::max(2U, inner_fanout * 3 / 4);
  while (level.size() > 1) {
    std::vector<rope_inner::child> above;
    for (std::size_t i = 0; i < level.size(); i += fill) {
      auto* inner = new rope_inner{static_cast<std::uint8_t>(level[i].node->height + 1)};
      for (std::size_t j = i; j < std::min(level.size(), i + fill); ++j)
        inner->insert_child(inner->count, level[j]);
      above.push_back({inner, inner->size()});
    }
    level = std::move(above);
  }
  return level.front();
}

}  // namespace

rope::rope() : root_{new rope_leaf} {
}

rope::rope(std::string_view text) : rope{} {
  if (text.empty())
    return;
  std::vector<rope_inner::child> leaves;
  while (!text.empty()) {
    const std::string_view piece = whole_prefix(text, leaf_merge_bytes);
    leaves.push_back({make_leaf(piece), measure(piece)});
    text.remove_prefix(piece.size());
  }
  const rope_inner::child top = build_tree(std::move(leaves));
  release(root_);
  root_ = top.node;
  size_ = top.size;
}

rope::rope(const rope& other) noexcept : root_{other.root_}, size_{other.size_} {
  retain(root_);
}

rope::rope(rope&& other) noexcept : rope{} {
  std::swap(root_, other.root_);
  std::swap(size_, other.size_);
  other.cursor_.valid = false;
}

rope& rope::operator=(rope other) noexcept {
  std::swap(root_, other.root_);
  std::swap(size_, other.size_);
  cursor_.valid = false;
  other.cursor_.valid = false;
  return *this;
}

rope::~rope() {
  release(root_);
}

text_metrics rope::leaf_size() const noexcept {
  if (cursor_.depth == 0)
    return size_;
  const step& last = cursor_.steps[cursor_.depth - 1];
  return last.node->children[last.index].size;
}

// Whether the cached way ends in the leaf that an edit at `position` belongs
// to, and no node on it has come to be shared with a snapshot since.
bool rope::cursor_serves(std::uint64_t position, bias toward) const noexcept {
  if (!cursor_.valid || position < cursor_.start_chars)
    return false;
  const std::uint64_t inside = position - cursor_.start_chars;
  const std::uint64_t length = leaf_size().chars;
  if (toward == bias::left ? inside > length || (inside == 0 && position > 0) : inside >= length)
    return false;
  const auto ours = [](const rope_node* node) {
    return node->references.load(std::memory_order_acquire) == 1;
  };
  if (!ours(root_))
    return false;
  for (std::uint32_t i = 0; i < cursor_.depth; ++i)
    if (!ours(cursor_.steps[i].node->children[cursor_.steps[i].index].node))
      return false;
  return true;
}

void rope::seek(std::uint64_t position, bias toward) {
  if (cursor_serves(position, toward))
    return;
  make_unique(root_);
  rope_node* node = root_;
  std::uint64_t left = position;
  cursor_.depth = 0;
  while (node->height > 0) {
    rope_inner* inner = as_inner(node);
    std::uint32_t i = 0;
    while (i + 1 < inner->count
           && (toward == bias::left ? left > inner->children[i].size.chars
                                    : left >= inner->children[i].size.chars)) {
      left -= inner->children[i].size.chars;
      ++i;
    }
    assert(cursor_.depth < max_height);
    cursor_.steps[cursor_.depth++] = {inner, i};
    make_unique(inner->children[i].node);
    node = inner->children[i].node;
  }
  cursor_.leaf = as_leaf(node);
  cursor_.start_chars = position - left;
  cursor_.valid = true;
}

void rope::grow(const text_metrics& added) noexcept {
  for (std::uint32_t i = 0; i < cursor_.depth; ++i)
    cursor_.steps[i].node->children[cursor_.steps[i].index].size += added;
  size_ += added;
}

void rope::shrink(const text_metrics& removed) noexcept {
  for (std::uint32_t i = 0; i < cursor_.depth; ++i)
    cursor_.steps[i].node->children[cursor_.steps[i].index].size -= removed;
  size_ -= removed;
}

void rope::insert(std::uint64_t position, std::string_view text) {
  assert(position <= chars());
  while (!text.empty()) {
    const std::string_view piece = whole_prefix(text, leaf_capacity_bytes / 2);
    insert_piece(position, piece);
    position += text.size() == piece.size() ? 0 : count_chars(piece);
    text.remove_prefix(piece.size());
  }
}

void rope::insert_piece(std::uint64_t position, std::string_view piece) {
  seek(position, bias::left);
  while (cursor_.leaf->free_bytes() < piece.size()) {
    split_leaf();
    seek(position, bias::left);
  }
  rope_leaf& leaf = *cursor_.leaf;
  const auto inside = static_cast<std::uint32_t>(position - cursor_.start_chars);
  leaf.move_gap(leaf.byte_of_char(inside, leaf_size()));
  leaf.insert_at_gap(piece);
  grow(measure(piece));
}

void rope::split_leaf() {
  rope_leaf* left = cursor_.leaf;
  const text_metrics whole = leaf_size();
  std::uint32_t middle = left->size_bytes() / 2;
  left->move_gap(middle);
  while (is_continuation(left->after_gap().front()))
    left->move_gap(++middle);
  rope_leaf* right = make_leaf(left->after_gap());
  left->gap_end = leaf_capacity_bytes;
  const text_metrics right_size = measure(right->before_gap());
  text_metrics left_size = whole;
  left_size -= right_size;
  add_sibling(cursor_.depth, left, left_size, right, right_size);
  cursor_.valid = false;
}

// Puts `right` behind `left`, a node at `level` steps below the root, and
// splits the nodes above that have no room for it.
void rope::add_sibling(std::uint32_t level, rope_node* left, const text_metrics& left_size,
                       rope_node* right, const text_metrics& right_size) {
  if (level == 0) {
    auto* top = new rope_inner{static_cast<std::uint8_t>(left->height + 1)};
    top->insert_child(0, {left, left_size});
    top->insert_child(1, {right, right_size});
    root_ = top;
    return;
  }
  const step& parent = cursor_.steps[level - 1];
  rope_inner* inner = parent.node;
  inner->children[parent.index].size = left_size;
  if (inner->count < inner_fanout) {
    inner->insert_child(parent.index + 1, {right, right_size});
    return;
  }
  auto* other = new rope_inner{inner->height};
  const std::uint32_t half = inner_fanout / 2;
  for (std::uint32_t i = half; i < inner->count; ++i)
    other->insert_child(other->count, inner->children[i]);
  inner->count = half;
  if (parent.index < half)
    inner->insert_child(parent.index + 1, {right, right_size});
  else
    other->insert_child(parent.index + 1 - half, {right, right_size});
  add_sibling(level - 1, inner, inner->size(), other, other->size());
}

void rope::remove(std::uint64_t position, std::uint64_t chars) {
  assert(position + chars <= size_.chars);
  while (chars > 0)
    chars -= remove_in_leaf(position, chars);
}

std::uint64_t rope::remove_in_leaf(std::uint64_t position, std::uint64_t chars) {
  seek(position, bias::right);
  rope_leaf& leaf = *cursor_.leaf;
  const text_metrics size = leaf_size();
  const auto inside = static_cast<std::uint32_t>(position - cursor_.start_chars);
  const auto taken = static_cast<std::uint32_t>(
    std::min<std::uint64_t>(chars, size.chars - inside));
  leaf.move_gap(leaf.byte_of_char(inside, size));
  const std::string_view tail = leaf.after_gap();
  const std::size_t bytes = size.bytes == size.chars ? taken : byte_offset(tail, taken);
  shrink(taken == size.chars ? size : measure(tail.substr(0, bytes)));
  leaf.gap_end += static_cast<std::uint32_t>(bytes);
  if (leaf.size_bytes() < leaf_underfull_bytes && cursor_.depth > 0)
    rebalance_leaf();
  return taken;
}

// The leaf at the cursor has become small: drop it if it is empty, or join it
// with a neighbour under the same parent if both fit in one leaf.
void rope::rebalance_leaf() {
  if (cursor_.leaf->size_bytes() == 0) {
    drop_child(cursor_.depth - 1);
    shorten_root();
    cursor_.valid = false;
    return;
  }
  const step& parent = cursor_.steps[cursor_.depth - 1];
  rope_inner& inner = *parent.node;
  for (const std::uint32_t left : {parent.index, parent.index - 1}) {
    if (left >= inner.count || left + 1 >= inner.count)
      continue;
    auto& a = inner.children[left];
    auto& b = inner.children[left + 1];
    if (a.size.bytes + b.size.bytes > leaf_merge_bytes)
      continue;
    make_unique(a.node);
    rope_leaf* target = as_leaf(a.node);
    target->move_gap(a.size.bytes);
    target->insert_at_gap(as_leaf(b.node)->before_gap());
    target->insert_at_gap(as_leaf(b.node)->after_gap());
    a.size += b.size;
    release(b.node);
    inner.erase_child(left + 1);
    rebalance_inner(cursor_.depth - 1);
    cursor_.valid = false;
    return;
  }
}

// The inner node at `level` of the cursor's way has lost a child.
void rope::rebalance_inner(std::uint32_t level) {
  const rope_inner& node = *cursor_.steps[level].node;
  if (level > 0 && node.count <= inner_underfull) {
    const step& parent = cursor_.steps[level - 1];
    rope_inner& inner = *parent.node;
    for (const std::uint32_t left : {parent.index, parent.index - 1}) {
      if (left >= inner.count || left + 1 >= inner.count)
        continue;
      auto& a = inner.children[left];
      auto& b = inner.children[left + 1];
      if (as_inner(a.node)->count + as_inner(b.node)->count > inner_fanout)
        continue;
      make_unique(a.node);
      make_unique(b.node);
      rope_inner* target = as_inner(a.node);
      rope_inner* source = as_inner(b.node);
      for (std::uint32_t i = 0; i < source->count; ++i)
        target->insert_child(target->count, source->children[i]);
      source->count = 0;
      a.size += b.size;
      release(source);
      inner.erase_child(left + 1);
      rebalance_inner(level - 1);
      return;
    }
  }
  shorten_root();
}

// Removes the child that the step at `level` points at, and every node above
// that is empty without it; the root has two children and is never among them.
void rope::drop_child(std::uint32_t level) {
  const step& parent = cursor_.steps[level];
  release(parent.node->children[parent.index].node);
  parent.node->erase_child(parent.index);
  if (parent.node->count > 0) {
    rebalance_inner(level);
  } else {
    assert(level > 0);
    drop_child(level - 1);
  }
}

void rope::shorten_root() {
  while (root_->height > 0 && as_inner(root_)->count == 1) {
    rope_node* only = as_inner(root_)->children[0].node;
    retain(only);
    release(root_);
    root_ = only;
  }
}

void rope::apply(const text_op& op) {
  assert(op.reach_chars() <= chars());
  std::uint64_t at = 0;
  std::string_view inserted = op.inserted_text();
  for (const component& c : op.components()) {
    switch (c.kind) {
      case component_kind::keep: at += c.chars; break;
      case component_kind::insert:
        insert(at, inserted.substr(0, c.bytes));
        inserted.remove_prefix(c.bytes);
        at += c.chars;
        break;
      case component_kind::remove: remove(at, c.chars); break;
    }
  }
}

}  // namespace tandem::ot
