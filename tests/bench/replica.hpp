// One client's copy of one file: the client side of docs/protocol.md without
// the socket. It holds the text that the server confirmed and at most one edit
// of its own that is not acknowledged yet.
//
// Invariants
//  1. `text()` is the server's text at `rev()`, without the pending edit.
//  2. The pending edit is based on `rev()`: it is carried over every operation
//     that arrives, composed or not. So what is sent again after `rebase` or
//     `rate_limited` is simply the pending edit, with the same seq.
//  3. Revisions arrive in order, each once. Whatever breaks this, or does not
//     fit the text, is counted; the replica goes on as well as it can.
#pragma once

#include "tests/bench/text_edit.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace tandem::bench {

class replica {
 public:
  void open(std::uint64_t rev, std::string text);

  // Begins an edit of the current text. REQUIRES: nothing is pending.
  void write(text_edit edit);

  // An operation that leads from revision `from` to `rev`.
  void receive(std::uint64_t from, std::uint64_t rev, const text_edit& theirs);

  // False if it is not the pending edit's.
  bool acknowledge(std::uint64_t seq, std::uint64_t rev);

  // What a `check` says about a revision. True as well if it speaks of another
  // one than this replica is at.
  bool agrees(std::uint64_t rev, std::uint64_t length_chars, std::uint64_t crc32) const;

  const std::string& text() const noexcept { return text_; }
  std::uint64_t rev() const noexcept { return rev_; }
  std::uint64_t seq() const noexcept { return seq_; }  // of the latest own edit
  const std::optional<text_edit>& pending() const noexcept { return pending_; }

  std::uint64_t gaps() const noexcept { return gaps_; }        // revisions missed or met twice
  std::uint64_t misfits() const noexcept { return misfits_; }  // operations beyond the text

 private:
  void step(std::uint64_t from, std::uint64_t rev, const text_edit& edit);

  std::string text_;
  std::uint64_t rev_ = 0;
  std::uint64_t seq_ = 0;
  std::optional<text_edit> pending_;
  std::uint64_t gaps_ = 0;
  std::uint64_t misfits_ = 0;
};

}  // namespace tandem::bench
