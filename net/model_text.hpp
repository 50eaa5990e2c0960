// What a model writes, made fit for people's files: pure functions and small
// filters over a text that comes in pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem::net {

// Lets through what may stand in a file: no invalid UTF-8 (U+FFFD instead), no
// U+0000 nor other control characters but line feed and tab, nothing that makes
// text look other than it is (bidirectional controls, invisible tags). CR LF
// and CR become LF. What comes out does not depend on how the text was cut, as
// long as no character is.
class text_cleaner {
 public:
  std::string take(std::string_view piece);

 private:
  bool was_return_ = false;
};

std::string cleaned(std::string_view text);

// JSON whose strings may hold what tandem's parser refuses: invalid UTF-8,
// \u0000 and lone surrogates become U+FFFD.
std::string mended_json(std::string_view json);

// Ends a text at the first of some words, wherever its pieces are cut: holds
// back what could be the beginning of one.
class stop_filter {
 public:
  explicit stop_filter(std::vector<std::string> stops) : stops_{std::move(stops)} {}

  // What is sure to stand before a stop.
  std::string take(std::string_view piece);
  // The rest, when no more comes.
  std::string end();
  bool has_stopped() const noexcept { return has_stopped_; }

 private:
  std::size_t first_stop() const;
  std::size_t first_beginning() const;

  std::vector<std::string> stops_;
  std::string held_;
  bool has_stopped_ = false;
};

// What is in the first fenced block, or all of it if there is none. Neither a
// line feed before the closing fence, nor what a model thought aloud before
// (<think>…</think>), belongs to it.
std::string unfenced(std::string_view text);

// `text`, which was written to stand between the two, without what it repeats
// of the end of `before` and of the beginning of `after`. Of `before` only a
// part of its last line counts, or whole lines; one character alone never does.
std::string without_repeats(std::string_view text, std::string_view before,
                            std::string_view after);

// Takes what a text holds of a secret out of it, be it only eight characters of it,
// wherever the text's pieces are cut: holds back what could be the beginning of more,
// from its fourth character on.
class secret_filter {
 public:
  // REQUIRES: ASCII.
  explicit secret_filter(std::string secret);

  // O(piece) as long as it holds nothing of the secret.
  std::string take(std::string_view piece);
  // The rest, when no more comes.
  std::string end();

 private:
  struct part {
    std::size_t bytes = 0;
    std::size_t in_rest = 0;
  };

  std::size_t part_at(std::string_view text) const;
  part part_into(std::string_view text, std::size_t at) const;
  std::string filter(bool is_end);

  std::string secret_;
  std::size_t window_ = 0;              // bytes of it that are too many to be given out
  std::vector<std::uint64_t> windows_;  // all that it has, in order
  std::string held_;
  std::string given_;  // the last few characters before it
};

// The same of a whole text.
std::string redacted(std::string_view text, std::string_view secret);

}  // namespace tandem::net
