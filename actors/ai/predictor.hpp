// The completion that needs no network: predicts what comes behind a caret from
// the room's own files. Pure: no clock, no I/O. One owner at a time: the
// COMPANION of a room, or a benchmark.
//
// Invariants
//  1. What it knows is a function of the files' present texts and of the order of
//     the edits; a file that is closed leaves nothing behind.
//  2. An edit takes time proportional to the lines that it touches, not to the text.
//  3. Its memory is bounded: predictor_limits.
//  4. Silence is better than noise: `lines` is empty unless it is sure.
#pragma once

#include "actors/ai/suggestion.hpp"
#include "ot/rope.hpp"
#include "ot/text_op.hpp"

#include <cstdint>
#include <memory>
#include <string_view>

namespace tandem::ai {

struct predictor_limits {
  std::uint64_t text_bytes = 1U << 20U;    // of all files together; the rest is not learnt
  std::uint64_t line_chars = 400;          // longer ones are not learnt
  std::uint32_t words_max = 20;            // in a prediction
  std::uint32_t ghost_chars_max = 200;
};

class predictor {
 public:
  using file_key = std::int64_t;

  explicit predictor(const predictor_limits& limits = {});
  ~predictor();
  predictor(const predictor&) = delete;
  predictor& operator=(const predictor&) = delete;

  // O(text).
  void open(file_key file, std::string_view language, const ot::rope& text);
  void close(file_key file);
  // `before` and `after` the operation; O(touched lines).
  void edit(file_key file, const ot::rope& before, const ot::text_op& op, const ot::rope& after);

  // REQUIRES: position <= text.chars(), `text` is the file's as it was last told.
  // The line of the position is left out of what is known while this looks: what is
  // half typed there says nothing.
  prediction predict(file_key file, const ot::rope& text, std::uint64_t position);

  // Lines so far: what invariant 2 is measured by.
  std::uint64_t lines_learnt() const noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace tandem::ai
