// Whether a server that has failed is asked again: a pure state machine, time is
// an argument. Owned by whoever asks.
//
//   closed ── too many failures ─▶ open ── the rest is over ─▶ one probe ─▶ closed
//                                    ▲─────── it failed: a longer rest ◀──┘
//
// Invariants
//  1. While it is open nobody may ask; then one may, and the others once that one
//     has succeeded. What comes of questions from before the rest changes nothing.
//  2. What was cancelled counts as nothing; a probe that was leaves its place to
//     the next.
#pragma once

#include <cstdint>

namespace tandem::ai {

struct breaker_limits {
  std::uint32_t failures_in_a_row = 5;
  std::uint32_t window = 20;         // of the last answers, at most 64
  std::uint32_t window_failures = 12;  // among them
  std::uint64_t rest_ms = 10'000;      // doubled with each probe that fails
  std::uint64_t rest_max_ms = 120'000;
};

class circuit_breaker {
 public:
  explicit circuit_breaker(const breaker_limits& bounds = {}) : bounds_{bounds} {}

  enum class leave : std::uint8_t { no, yes, probe };

  // Whoever was let go on tells the outcome by one of the three below.
  leave may_ask(std::uint64_t now_ms);

  void succeeded(leave with);
  void failed(leave with, std::uint64_t now_ms);
  void abandoned(leave with);

  bool is_open() const noexcept { return state_ != state::closed; }
  // Until the next one may ask; 0: now, or it is not known.
  std::uint64_t rest_ms(std::uint64_t now_ms) const noexcept;

 private:
  enum class state : std::uint8_t { closed, open, probing };

  // It was asked before the rest began.
  bool is_late(leave with) const noexcept {
    return state_ != state::closed && with != leave::probe;
  }
  void open(std::uint64_t now_ms, std::uint64_t rest_ms);

  const breaker_limits bounds_;
  state state_ = state::closed;
  std::uint32_t in_a_row_ = 0;
  std::uint64_t recent_ = 0;  // a bit an answer, the youngest lowest; 1: a failure
  std::uint64_t rest_until_ms_ = 0;
  std::uint64_t next_rest_ms_ = 0;
};

}  // namespace tandem::ai
