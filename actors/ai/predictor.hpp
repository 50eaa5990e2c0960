// The completion that needs no network: predicts what comes behind a caret from
// the room's own files. Pure: no clock, no I/O. One owner at a time: the
// COMPANION of a room, or a benchmark.
//
// Invariants
//  1. What it knows is a function of the files' present texts and of the order of
//     the edits; a file that is closed leaves nothing behind.
//  2. An edit takes time proportional to the lines that it touches, not to the text.
//     Except that a file which outgrows the limits is forgotten as a whole, and one
//     that has since shrunk by a quarter learnt anew: so seldom that it is no more
//     for each byte that is edited.
//  3. Its memory is bounded, whether texts come by being opened or by edits:
//     predictor_limits::memory_bytes, by one line at most exceeded; of all that
//     share a learning_budget, by that. What it takes it holds until its end. The
//     texts are snapshots of its owner's, and cost nothing of their own.
//  4. Silence is better than noise: `lines` is empty unless it is sure.
#pragma once

#include "actors/ai/predictor_limits.hpp"
#include "actors/ai/suggestion.hpp"
#include "ot/rope.hpp"
#include "ot/text_op.hpp"

#include <cstdint>
#include <memory>
#include <string_view>

namespace tandem::ai {

class predictor {
 public:
  using file_key = std::int64_t;

  explicit predictor(const predictor_limits& limits = {});
  ~predictor();
  predictor(const predictor&) = delete;
  predictor& operator=(const predictor&) = delete;

  // O(text). What does not fit is not learnt.
  void open(file_key file, std::string_view language, const ot::rope& text);
  void close(file_key file);
  // `before` and `after` the operation; O(touched lines).
  void edit(file_key file, const ot::rope& before, const ot::text_op& op, const ot::rope& after);

  // REQUIRES: position <= text.chars(), `text` is the file's as it was last told.
  // The line of the position is left out of what is known while this looks: what is
  // half typed there says nothing.
  prediction predict(file_key file, const ot::rope& text, std::uint64_t position);

  bool is_learnt(file_key file) const noexcept;
  // What has been learnt takes so much.
  std::uint64_t memory_bytes() const noexcept;
  // Lines so far: what invariant 2 is measured by.
  std::uint64_t lines_learnt() const noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace tandem::ai
