// Where each character of a text comes from: carried along while operations are
// applied, it tells who wrote what, and what is left of an earlier text. A value
// type; one owner at a time.
//
// A list of runs in leaves of bounded size. An operation is applied from the
// place of the one before it, since people type where they are: O(components)
// there, O(leaves) for a jump through the whole text.
//
// Invariants
//  1. The runs' lengths add up to the text's.
//  2. Two neighbouring runs of a leaf are not one: they differ in author or, in
//     the first text, are not adjacent there.
//  3. No run is empty, and no leaf but the last that is left; what remains of the
//     first text is in order.
#pragma once

#include "ot/text_op.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace tandem::ot {

// A number that the caller gives each author.
using author_number = std::uint32_t;
inline constexpr author_number first_text = 0;  // what was there at the beginning

struct origin_run {
  author_number author = first_text;
  std::uint64_t chars = 0;
  std::uint64_t first = 0;  // of first_text: where it began there

  friend bool operator==(const origin_run&, const origin_run&) = default;
};

class provenance {
 public:
  explicit provenance(std::uint64_t first_text_chars = 0);

  // REQUIRES: op.reach_chars() <= length_chars(), author != first_text.
  void apply(const text_op& op, author_number author);

  std::uint64_t length_chars() const noexcept { return length_; }

  // From left to right.
  std::vector<origin_run> runs() const;

 private:
  struct leaf {
    std::vector<origin_run> runs;
    std::uint64_t chars = 0;
  };
  // A boundary between two runs: before run `run` of leaf `leaf`. The end is
  // {last leaf, its run count}.
  struct place {
    std::size_t leaf = 0;
    std::size_t run = 0;
  };

  place split_at(std::uint64_t position);
  void seek(std::uint64_t position);
  void insert(std::uint64_t position, origin_run run);
  void remove(std::uint64_t position, std::uint64_t chars);
  void merge_before(place at);
  void split_if_full(std::size_t index);

  std::vector<leaf> leaves_;
  std::uint64_t length_ = 0;
  // The leaf of the latest change, and what is before it.
  std::size_t near_ = 0;
  std::uint64_t before_near_ = 0;
};

// The operation that brings the first text back. `text` is it. O(runs + text).
text_op back_to_first_text(const provenance& now, std::string_view text);

}  // namespace tandem::ot
