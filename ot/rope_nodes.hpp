// The nodes of `rope`: gap buffers as leaves, and inner nodes that know the
// size of every child in every unit. Private to rope.cpp.
//
// Nodes are shared between ropes by reference counts. A node with more than
// one reference is never written (copy on write), so a snapshot may be read on
// another thread while the original goes on.
#pragma once

#include "ot/utf8.hpp"

#include <array>
#include <atomic>
#include <cassert>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tandem::ot {

// Debug builds shrink the nodes so that small tests cross their edges.
#if defined(NDEBUG) && !defined(TANDEM_OT_TINY_NODES)
inline constexpr std::uint32_t leaf_capacity_bytes = 1008;
inline constexpr std::uint32_t inner_fanout = 32;
#else
inline constexpr std::uint32_t leaf_capacity_bytes = 16;
inline constexpr std::uint32_t inner_fanout = 4;
#endif
inline constexpr std::uint32_t leaf_underfull_bytes = leaf_capacity_bytes / 4;
inline constexpr std::uint32_t leaf_merge_bytes = leaf_capacity_bytes * 3 / 4;
inline constexpr std::uint32_t inner_underfull = inner_fanout / 4;

struct rope_node {
  explicit rope_node(std::uint8_t node_height) noexcept : height{node_height} {}

  std::atomic<std::uint32_t> references{1};
  const std::uint8_t height;  // 0: a leaf
};

struct rope_leaf : rope_node {
  rope_leaf() noexcept : rope_node{0} {}

  std::uint32_t size_bytes() const noexcept { return leaf_capacity_bytes - (gap_end - gap_begin); }
  std::uint32_t free_bytes() const noexcept { return gap_end - gap_begin; }
  std::string_view before_gap() const noexcept { return {bytes.data(), gap_begin}; }
  std::string_view after_gap() const noexcept {
    return {bytes.data() + gap_end, leaf_capacity_bytes - gap_end};
  }

  // O(distance).
  void move_gap(std::uint32_t to_byte) noexcept {
    if (to_byte < gap_begin) {
      const std::uint32_t distance = gap_begin - to_byte;
      std::memmove(bytes.data() + gap_end - distance, bytes.data() + to_byte, distance);
      gap_begin -= distance;
      gap_end -= distance;
    } else {
      const std::uint32_t distance = to_byte - gap_begin;
      std::memmove(bytes.data() + gap_begin, bytes.data() + gap_end, distance);
      gap_begin += distance;
      gap_end += distance;
    }
  }

  // REQUIRES: text.size() <= free_bytes().
  void insert_at_gap(std::string_view text) noexcept {
    assert(text.size() <= free_bytes());
    std::memcpy(bytes.data() + gap_begin, text.data(), text.size());
    gap_begin += static_cast<std::uint32_t>(text.size());
  }

  // Byte offset of a character, given the leaf's size. O(1) for ASCII.
  std::uint32_t byte_of_char(std::uint32_t chars, const text_metrics& size) const noexcept {
    if (size.bytes == size.chars)
      return chars;
    const std::uint32_t before = count_chars(before_gap());
    if (chars <= before)
      return static_cast<std::uint32_t>(byte_offset(before_gap(), chars));
    return gap_begin + static_cast<std::uint32_t>(byte_offset(after_gap(), chars - before));
  }

  std::uint32_t gap_begin = 0;
  std::uint32_t gap_end = leaf_capacity_bytes;
  std::array<char, leaf_capacity_bytes> bytes;
};

struct rope_inner : rope_node {
  struct child {
    rope_node* node = nullptr;
    text_metrics size;
  };

  explicit rope_inner(std::uint8_t node_height) noexcept : rope_node{node_height} {}

  text_metrics size() const noexcept {
    text_metrics sum;
    for (std::uint32_t i = 0; i < count; ++i)
      sum += children[i].size;
    return sum;
  }

  void insert_child(std::uint32_t at, child added) noexcept {
    assert(count < inner_fanout && at <= count);
    for (std::uint32_t i = count; i > at; --i)
      children[i] = children[i - 1];
    children[at] = added;
    ++count;
  }

  void erase_child(std::uint32_t at) noexcept {
    assert(at < count);
    --count;
    for (std::uint32_t i = at; i < count; ++i)
      children[i] = children[i + 1];
  }

  std::uint32_t count = 0;
  std::array<child, inner_fanout> children;
};

inline rope_leaf* as_leaf(rope_node* node) noexcept {
  assert(node->height == 0);
  return static_cast<rope_leaf*>(node);
}

inline rope_inner* as_inner(rope_node* node) noexcept {
  assert(node->height > 0);
  return static_cast<rope_inner*>(node);
}

}  // namespace tandem::ot
