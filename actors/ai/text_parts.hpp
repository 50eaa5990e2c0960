// A text cut into parts of some lines, with the words of each: what looking for
// what has to do with a question takes, done once for each revision. Immutable; it
// holds the text as a snapshot. Owned by the COMPANION, one for each text that it
// shows a model.
#pragma once

#include "ot/rope.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::ai {

// Words by their digests, in order, each once. Two words with one digest are one
// word: it ranks, no more.
using word_digest = std::uint32_t;
using word_set = std::vector<word_digest>;

word_set words_of(std::string_view text);

// What a text of so many bytes ends and begins with, cut at a line's end where there
// is one, and never in a character.
std::string_view end_of(std::string_view text, std::size_t bytes);
std::string_view begin_of(std::string_view text, std::size_t bytes);

class text_parts {
 public:
  static constexpr std::size_t lines_max = 30;           // of a part
  static constexpr std::size_t bytes_max = 3'000;        // a longer one is not code that anybody reads
  static constexpr std::size_t text_bytes_max = 256U << 10U;  // what is looked at
  static constexpr std::size_t parts_max = 2'000;

  struct part {
    std::uint32_t first_line = 1;
    std::uint32_t lines = 0;
    std::uint32_t bytes = 0;
    std::uint64_t from = 0;  // characters
    std::uint64_t chars = 0;
    word_set words;
  };

  // O(what is looked at).
  explicit text_parts(ot::rope text);

  const std::vector<part>& parts() const noexcept { return parts_; }
  std::string text_of(const part& one) const { return text_.substring(one.from, one.chars); }

 private:
  ot::rope text_;
  std::vector<part> parts_;
};

}  // namespace tandem::ai
