// Takes an operation apart from left to right in pieces of a wished length:
// the shared walk of compose and transform. A private helper of ot/, alive for
// one call on one thread; the operation must outlive it.
//
// The shape is ot-text-unicode's `makeTake`; here every component carries its
// character count, so that nothing is counted twice.
#pragma once

#include "ot/text_op.hpp"
#include "ot/utf8.hpp"

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>

namespace tandem::ot {

struct op_piece {
  component_kind kind = component_kind::keep;
  std::uint32_t chars = 0;
  std::string_view text;  // of an insert
};

inline void append(text_op& op, const op_piece& piece) {
  switch (piece.kind) {
    case component_kind::keep: op.keep(piece.chars); break;
    case component_kind::insert: op.insert(piece.text, piece.chars); break;
    case component_kind::remove: op.remove(piece.chars); break;
  }
}

class op_reader {
 public:
  explicit op_reader(const text_op& op) noexcept
      : components_{op.components()}, text_{op.inserted_text()} {}

  bool at_end() const noexcept { return index_ == components_.size(); }

  bool at_insert() const noexcept {
    return !at_end() && components_[index_].kind == component_kind::insert;
  }

  // The next piece, at most `chars` long, but whole if it is of the kind
  // `whole`. Past the end an operation keeps.
  op_piece take(std::uint32_t chars, component_kind whole) {
    if (at_end())
      return {component_kind::keep, chars, {}};
    const component& current = components_[index_];
    const std::uint32_t left = current.chars - taken_chars_;
    if (left <= chars || current.kind == whole)
      return take_rest();
    op_piece piece{current.kind, chars, {}};
    if (current.kind == component_kind::insert)
      piece.text = take_text(byte_offset(text_, chars));
    taken_chars_ += chars;
    return piece;
  }

  // The rest of the current component. REQUIRES: !at_end().
  op_piece take_rest() {
    const component& current = components_[index_];
    op_piece piece{current.kind, current.chars - taken_chars_, {}};
    if (current.kind == component_kind::insert)
      piece.text = take_text(current.bytes - taken_bytes_);
    ++index_;
    taken_chars_ = 0;
    taken_bytes_ = 0;
    return piece;
  }

 private:
  std::string_view take_text(std::size_t bytes) {
    const std::string_view piece = text_.substr(0, bytes);
    text_.remove_prefix(bytes);
    taken_bytes_ += static_cast<std::uint32_t>(bytes);
    return piece;
  }

  std::span<const component> components_;
  std::string_view text_;  // inserted text not taken yet
  std::size_t index_ = 0;
  std::uint32_t taken_chars_ = 0;  // of components_[index_]
  std::uint32_t taken_bytes_ = 0;
};

}  // namespace tandem::ot
