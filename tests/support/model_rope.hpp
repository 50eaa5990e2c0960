// A rope beside the plain text that it must hold, edited together.
#pragma once

#include "ot/rope.hpp"
#include "tests/support/random_text.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

namespace tandem::test {

struct model_rope {
  model_rope() = default;
  explicit model_rope(const std::u32string& text) : rope{to_utf8(text)}, model{text} {}

  void insert(std::size_t position, const std::u32string& text) {
    rope.insert(position, to_utf8(text));
    model.insert(position, text);
  }

  void remove(std::size_t position, std::size_t chars) {
    rope.remove(position, chars);
    model.erase(position, chars);
  }

  // One edit of up to `longest` characters, more often an insertion than not
  // if `growing`; near the place of the one before it every other time.
  void edit(random_source& random, bool growing, std::size_t longest) {
    const bool near = last <= model.size() && random.one_in(2);
    const std::size_t at = near ? last : random.below(model.size() + 1);
    if (random.below(5) < (growing ? 3U : 2U)) {
      const std::u32string text = random_chars(random, 1 + random.below(longest));
      insert(at, text);
      last = at + text.size();
    } else if (at < model.size()) {
      const std::size_t chars = 1 + random.below(longest);
      remove(at, std::min(chars, model.size() - at));
      last = at - std::min<std::size_t>(at, random.below(3));
    }
  }

  // Whether the rope is sound and holds the model's text.
  bool agrees() const {
    rope.check();
    return rope.to_string() == to_utf8(model) && rope.chars() == model.size();
  }

  ot::rope rope;
  std::u32string model;
  std::size_t last = 0;
};

}  // namespace tandem::test
