// What a predictor is bounded by. Constant after the start.
#pragma once

#include "actors/ai/learning_budget.hpp"

#include <cstdint>
#include <memory>

namespace tandem::ai {

struct predictor_limits {
  std::uint64_t text_bytes = 1U << 20U;     // of all files together; the rest is not learnt
  std::uint64_t memory_bytes = 32U << 20U;  // for what has been learnt from them
  std::uint64_t line_chars = 400;           // longer ones are not learnt
  std::uint32_t words_max = 20;             // in a prediction
  std::uint32_t ghost_chars_max = 200;
  // What it shares with others, if with any: memory_bytes are taken of it step by step.
  std::shared_ptr<learning_budget> shared{};
};

}  // namespace tandem::ai
