// An edit of a text, in the format of ot-text-unicode (docs/protocol.md): a
// sequence of components that keep, insert or remove characters from left to
// right; what it does not reach is kept. A value type: copy it, move it, share
// it read-only between threads.
//
//   [5, "abc", {"d": 2}]   is   text_op{}.keep(5).insert("abc").remove(2)
//
// Invariants (the normal form, held by construction; `check` asserts them)
//  1. No component is empty.
//  2. No two neighbours are of one kind.
//  3. The last component is not a keep.
//  4. Inserted text is valid UTF-8 without U+0000, and the byte and character
//     counts of the components are those of `inserted_text()`.
//
// Lengths are characters unless a name says bytes.
#pragma once

#include "ot/small_vector.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tandem::ot {

class rope;

enum class component_kind : std::uint8_t { keep, insert, remove };

struct component {
  component_kind kind = component_kind::keep;
  std::uint32_t chars = 0;
  std::uint32_t bytes = 0;  // of the inserted text; 0 for keep and remove

  friend bool operator==(const component&, const component&) = default;
};

class text_op {
 public:
  // Each appends to the right end and merges with the component there. A
  // length of 0 adds nothing. A keep is held back until something follows it.
  text_op& keep(std::uint32_t chars);
  text_op& remove(std::uint32_t chars);
  // REQUIRES: is_valid_text(text). The second form trusts the caller's count.
  text_op& insert(std::string_view text);
  text_op& insert(std::string_view text, std::uint32_t chars);

  std::span<const component> components() const noexcept {
    return {components_.begin(), components_.size()};
  }

  // The text of all inserts, one after the other.
  std::string_view inserted_text() const noexcept { return inserted_; }

  bool is_identity() const noexcept { return components_.empty(); }

  // Characters of the old text that the operation reaches: keep + remove.
  // It is valid against a text of at least this length.
  std::uint64_t reach_chars() const noexcept { return reach_chars_; }
  // The same with a last keep that was asked for and is no component: what the
  // maker of the operation took the text to be at least.
  std::uint64_t spanned_chars() const noexcept { return reach_chars_ + held_keep_; }
  std::uint64_t inserted_chars() const noexcept { return inserted_chars_; }
  std::uint64_t removed_chars() const noexcept { return removed_chars_; }

  // Length of the text after it. REQUIRES: reach_chars() <= length.
  std::uint64_t length_after(std::uint64_t length) const noexcept {
    return length - removed_chars_ + inserted_chars_;
  }

  // Asserts the invariants (debug builds).
  void check() const;

  friend bool operator==(const text_op& a, const text_op& b) noexcept;

 private:
  component& open(component_kind kind);

  small_vector<component, 4> components_;
  std::string inserted_;
  std::uint64_t reach_chars_ = 0;
  std::uint64_t inserted_chars_ = 0;
  std::uint64_t removed_chars_ = 0;
  std::uint32_t held_keep_ = 0;
};

// The text after the operation. REQUIRES: op.reach_chars() <= its length.
// O(text + op). For big texts see rope::apply.
std::string apply(const text_op& op, std::string_view text);

// One operation that does what `first` and then `second` do. O(first + second).
// Never transform against the result: see ot/README.md.
text_op compose(const text_op& first, const text_op& second);

// The operation that takes `op` back: apply(invert(op, t), apply(op, t)) == t.
// REQUIRES: op.reach_chars() <= length of `before`. O(op log text).
text_op invert(const text_op& op, const rope& before);

}  // namespace tandem::ot
