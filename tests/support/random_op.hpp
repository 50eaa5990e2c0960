// Random operations, and what they must do, worked out without ot/'s algebra.
//
// A plan says for each gap of a text what is inserted there and for each
// character whether it is removed. Every operation in normal form is one plan
// and the other way round, and everything that the algebra promises can be read
// off plans directly: the text after one, the text after two concurrent ones,
// the transformed operation, where a position goes. Only the builders of
// text_op (keep, insert, remove) are used, never what is under test.
#pragma once

#include "ot/text_op.hpp"
#include "ot/transform.hpp"
#include "tests/support/random_text.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::test {

struct plan {
  explicit plan(std::size_t length) : inserts(length + 1), removed(length, 0) {}

  std::size_t length() const noexcept { return removed.size(); }

  std::vector<std::u32string> inserts;  // inserts[i]: before character i; the last: at the end
  std::vector<char> removed;
};

// A random plan over a text of that length. Of `near`, if it is given, it takes
// over places now and then, so that ties and overlaps are frequent.
inline plan random_plan(random_source& random, std::size_t length, const plan* near = nullptr) {
  plan made{length};
  for (std::uint32_t edits = random.below(4); edits > 0; --edits) {
    const std::uint32_t at = random.below(length + 1);
    if (random.one_in(2)) {
      const std::uint32_t last = at + random.below(length - at + 1);
      for (std::uint32_t i = at; i < last; ++i)
        made.removed[i] = 1;
    } else {
      made.inserts[at] += random_chars(random, 1 + random.below(3));
    }
  }
  if (random.one_in(4))
    made.inserts[random.one_in(2) ? length : 0] += random_char(random);
  if (near != nullptr && random.one_in(2)) {
    for (std::size_t i = 0; i <= length; ++i)
      if (!near->inserts[i].empty() && random.one_in(2))
        made.inserts[i] += random_char(random);
  }
  return made;
}

inline ot::text_op build(const plan& from) {
  ot::text_op op;
  for (std::size_t i = 0; i <= from.length(); ++i) {
    if (!from.inserts[i].empty())
      op.insert(to_utf8(from.inserts[i]), static_cast<std::uint32_t>(from.inserts[i].size()));
    if (i == from.length())
      break;
    if (from.removed[i] != 0)
      op.remove(1);
    else
      op.keep(1);
  }
  return op;
}

inline std::u32string text_after(const plan& done, std::u32string_view text) {
  std::u32string result;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    result += done.inserts[i];
    if (i < text.size() && done.removed[i] == 0)
      result += text[i];
  }
  return result;
}

// The text after two concurrent plans: at one place `left` stands before `right`.
inline std::u32string text_merged(const plan& left, const plan& right, std::u32string_view text) {
  std::u32string result;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    result += left.inserts[i];
    result += right.inserts[i];
    if (i < text.size() && left.removed[i] == 0 && right.removed[i] == 0)
      result += text[i];
  }
  return result;
}

// What `mine` must become after `against`: a plan over the text after that.
inline plan transformed(const plan& mine, const plan& against, ot::side side) {
  plan result{0};
  const auto pass = [&](std::size_t chars, char removed) {
    result.removed.insert(result.removed.end(), chars, removed);
    result.inserts.resize(result.inserts.size() + chars);
  };
  for (std::size_t i = 0; i <= mine.length(); ++i) {
    if (side == ot::side::right)
      pass(against.inserts[i].size(), 0);
    result.inserts.back() += mine.inserts[i];
    if (side == ot::side::left)
      pass(against.inserts[i].size(), 0);
    if (i < mine.length() && against.removed[i] == 0)
      pass(1, mine.removed[i]);
  }
  return result;
}

// Where a mark goes that stands at `position`, before anything inserted there.
inline std::uint64_t mark_after(const plan& done, std::uint64_t position) {
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < position; ++i)
    before += done.inserts[i].size() + (done.removed[i] == 0 ? 1 : 0);
  return before;
}

// What is wrong with the operation's normal form; empty if nothing is.
inline std::string_view normal_form_fault(const ot::text_op& op) {
  const auto parts = op.components();
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].chars == 0)
      return "an empty component";
    if (i > 0 && parts[i - 1].kind == parts[i].kind)
      return "two neighbours of one kind";
    std::uint32_t chars = 0;
    for (std::size_t end = bytes + parts[i].bytes; bytes < end; ++bytes)
      chars += (static_cast<unsigned char>(op.inserted_text()[bytes]) & 0xC0U) != 0x80U ? 1 : 0;
    if (parts[i].kind == ot::component_kind::insert && chars != parts[i].chars)
      return "a wrong character count";
  }
  if (!parts.empty() && parts.back().kind == ot::component_kind::keep)
    return "a keep at the end";
  return bytes == op.inserted_text().size() ? "" : "inserted text of no component";
}

}  // namespace tandem::test
