// Whether and when a model that failed is asked again: exponential pauses with
// jitter, and what the server itself says. Pure; time and chance are arguments.
#pragma once

#include "actors/ai/language_model.hpp"

#include <cstdint>
#include <optional>

namespace tandem::ai {

struct retry_limits {
  std::uint32_t retries = 2;
  std::uint32_t first_pause_ms = 250;   // doubled each time
  std::uint32_t pause_max_ms = 4'000;   // of our own; the server's may be longer
  std::uint32_t least_try_ms = 250;     // that must be left for the answer
};

struct failed_try {
  std::uint32_t number = 1;  // the first is 1
  std::uint64_t left_ms = 0;  // until the deadline of the whole
  bool has_given = false;     // a piece of an answer has been handed out
};

// The pause before the next try; nothing if there is to be none.
// `chance`: any random number.
std::optional<std::uint32_t> retry_pause_ms(const retry_limits& bounds, const failed_try& failed,
                                            const model_failure& failure, std::uint32_t chance);

}  // namespace tandem::ai
