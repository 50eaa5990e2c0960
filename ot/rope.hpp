// The text of a file: a B-tree of gap buffers, edited at character positions.
// One owner edits it; a copy is a snapshot that may be read on another thread.
//
// The shape is that of crop (Riccardo Mazzarini) and jumprope (Joseph Gentle).
// n is the length of the text in characters, k that of the edit.
//
// Invariants (`check` asserts them)
//  1. The text is valid UTF-8 without U+0000.
//  2. All leaves have one depth; only the root may be empty.
//  3. Every inner node knows the exact size of each child in bytes,
//     characters, UTF-16 units and line feeds.
//  4. A node that is shared with a snapshot is never written.
#pragma once

#include "ot/utf8.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace tandem::ot {

class text_op;
struct rope_node;
struct rope_leaf;
struct rope_inner;

// What an offset counts.
enum class text_unit : std::uint8_t { chars, utf16, lines };

class rope {
 public:
  rope();
  // REQUIRES: is_valid_text(text). O(n).
  explicit rope(std::string_view text);
  // A snapshot. O(1).
  rope(const rope& other) noexcept;
  rope(rope&& other) noexcept;
  rope& operator=(rope other) noexcept;
  ~rope();

  const text_metrics& size() const noexcept { return size_; }
  std::uint32_t bytes() const noexcept { return size_.bytes; }
  std::uint32_t chars() const noexcept { return size_.chars; }

  // REQUIRES: position <= chars(), is_valid_text(text). O(log n + k).
  void insert(std::uint64_t position, std::string_view text);

  // REQUIRES: position + chars <= chars(). O(log n + k).
  void remove(std::uint64_t position, std::uint64_t chars);

  // REQUIRES: op.reach_chars() <= chars(). O(components * log n + k).
  void apply(const text_op& op);

  std::string to_string() const;

  // REQUIRES: position + chars <= chars(). O(log n + k).
  std::string substring(std::uint64_t position, std::uint64_t chars) const;

  // The sizes, in every unit, of the text before an offset. For `lines` that
  // is the text up to and with the line feed of that number; inside a
  // surrogate pair, the text before the pair. An offset past the end yields
  // the whole (for `lines`: all up to the last line feed). O(log n).
  text_metrics before(text_unit unit, std::uint64_t offset) const;

  // The text in pieces, each valid UTF-8, left to right. O(n).
  using chunk_visitor = std::function<void(std::string_view)>;
  void for_each_chunk(const chunk_visitor& visit) const;

  void check() const;

 private:
  static constexpr std::size_t max_height = 24;

  struct step {
    rope_inner* node = nullptr;
    std::uint32_t index = 0;
  };

  // The way from the root to the leaf of the last edit. It is the cursor
  // cache: 4 of 5 edits in real histories touch the same leaf again.
  struct cursor {
    bool valid = false;
    std::uint32_t depth = 0;
    std::array<step, max_height> steps;
    rope_leaf* leaf = nullptr;
    std::uint64_t start_chars = 0;  // characters before the leaf
  };

  // Which leaf a position between two leaves means.
  enum class bias : std::uint8_t { left, right };

  bool cursor_serves(std::uint64_t position, bias toward) const noexcept;
  void seek(std::uint64_t position, bias toward);
  text_metrics leaf_size() const noexcept;
  void grow(const text_metrics& added) noexcept;
  void shrink(const text_metrics& removed) noexcept;
  void insert_piece(std::uint64_t position, std::string_view piece);
  std::uint64_t remove_in_leaf(std::uint64_t position, std::uint64_t chars);
  void split_leaf();
  void add_sibling(std::uint32_t level, rope_node* left, const text_metrics& left_size,
                   rope_node* right, const text_metrics& right_size);
  void rebalance_leaf();
  void rebalance_inner(std::uint32_t level);
  void drop_child(std::uint32_t level);
  void shorten_root();

  rope_node* root_;
  text_metrics size_;
  cursor cursor_;
};

}  // namespace tandem::ot
