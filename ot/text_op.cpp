#include "ot/text_op.hpp"

#include "ot/op_reader.hpp"
#include "ot/rope.hpp"
#include "ot/utf8.hpp"

#include <algorithm>
#include <cassert>

namespace tandem::ot {

component& text_op::open(component_kind kind) {
  if (held_keep_ > 0) {
    components_.push_back({component_kind::keep, held_keep_, 0});
    reach_chars_ += held_keep_;
    held_keep_ = 0;
  }
  if (components_.empty() || components_.back().kind != kind)
    components_.push_back({kind, 0, 0});
  return components_.back();
}

text_op& text_op::keep(std::uint32_t chars) {
  held_keep_ += chars;
  return *this;
}

text_op& text_op::remove(std::uint32_t chars) {
  if (chars == 0)
    return *this;
  open(component_kind::remove).chars += chars;
  removed_chars_ += chars;
  reach_chars_ += chars;
  return *this;
}

text_op& text_op::insert(std::string_view text) {
  return insert(text, count_chars(text));
}

text_op& text_op::insert(std::string_view text, std::uint32_t chars) {
  if (text.empty())
    return *this;
  component& target = open(component_kind::insert);
  target.chars += chars;
  target.bytes += static_cast<std::uint32_t>(text.size());
  inserted_.append(text);
  inserted_chars_ += chars;
  return *this;
}

void text_op::check() const {
#ifndef NDEBUG
  std::uint64_t reach = 0;
  std::uint64_t removed = 0;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < components_.size(); ++i) {
    const component& c = components_[i];
    assert(c.chars > 0);
    assert(i == 0 || components_[i - 1].kind != c.kind);
    if (c.kind == component_kind::insert) {
      assert(count_chars(std::string_view{inserted_}.substr(bytes, c.bytes)) == c.chars);
      bytes += c.bytes;
    } else {
      assert(c.bytes == 0);
      reach += c.chars;
      removed += c.kind == component_kind::remove ? c.chars : 0;
    }
  }
  assert(components_.empty() || components_[components_.size() - 1].kind != component_kind::keep);
  assert(bytes == inserted_.size() && is_valid_text(inserted_));
  assert(reach == reach_chars_ && removed == removed_chars_);
  assert(count_chars(inserted_) == inserted_chars_);
#endif
}

bool operator==(const text_op& a, const text_op& b) noexcept {
  return std::ranges::equal(a.components(), b.components())
         && a.inserted_text() == b.inserted_text();
}

std::string apply(const text_op& op, std::string_view text) {
  std::string result;
  result.reserve(text.size() + op.inserted_text().size());
  std::string_view inserted = op.inserted_text();
  for (const component& c : op.components()) {
    if (c.kind == component_kind::insert) {
      result.append(inserted.substr(0, c.bytes));
      inserted.remove_prefix(c.bytes);
      continue;
    }
    const std::size_t bytes = byte_offset(text, c.chars);
    if (c.kind == component_kind::keep)
      result.append(text.substr(0, bytes));
    text.remove_prefix(bytes);
  }
  result.append(text);
  return result;
}

namespace {

// What `first` did to the next `chars` characters of its result, which the
// second operation keeps.
void compose_keep(text_op& result, op_reader& first, std::uint32_t chars) {
  while (chars > 0) {
    const op_piece piece = first.take(chars, component_kind::remove);
    append(result, piece);
    if (piece.kind != component_kind::remove)
      chars -= piece.chars;
  }
}

// The same for characters that the second operation removes: what the first
// had inserted vanishes, what it had kept is removed now.
void compose_remove(text_op& result, op_reader& first, std::uint32_t chars) {
  while (chars > 0) {
    const op_piece piece = first.take(chars, component_kind::remove);
    if (piece.kind != component_kind::insert)
      result.remove(piece.chars);
    if (piece.kind != component_kind::remove)
      chars -= piece.chars;
  }
}

}  // namespace

text_op compose(const text_op& first, const text_op& second) {
  text_op result;
  op_reader before{first};
  for (op_reader after{second}; !after.at_end();) {
    const op_piece piece = after.take_rest();
    switch (piece.kind) {
      case component_kind::keep: compose_keep(result, before, piece.chars); break;
      case component_kind::insert: append(result, piece); break;
      case component_kind::remove: compose_remove(result, before, piece.chars); break;
    }
  }
  while (!before.at_end())
    append(result, before.take_rest());
  return result;
}

text_op invert(const text_op& op, const rope& before) {
  text_op result;
  std::uint64_t at = 0;
  for (const component& c : op.components()) {
    switch (c.kind) {
      case component_kind::keep:
        result.keep(c.chars);
        at += c.chars;
        break;
      case component_kind::insert: result.remove(c.chars); break;
      case component_kind::remove:
        result.insert(before.substring(at, c.chars), c.chars);
        at += c.chars;
        break;
    }
  }
  return result;
}

}  // namespace tandem::ot
