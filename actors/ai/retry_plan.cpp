#include "actors/ai/retry_plan.hpp"

#include <algorithm>

namespace tandem::ai {

namespace {

// Failures that may pass by themselves. Not one by the model's own slowness: the
// next answer would take as long.
bool may_pass(model_failure::kind what) noexcept {
  return what == model_failure::kind::limited || what == model_failure::kind::unavailable;
}

}  // namespace

std::optional<std::uint32_t> retry_pause_ms(const retry_limits& bounds, const failed_try& failed,
                                            const model_failure& failure, std::uint32_t chance) {
  if (failed.has_given || failed.number > bounds.retries || !may_pass(failure.what))
    return std::nullopt;
  const std::uint32_t doublings = std::min(failed.number - 1, 16U);
  const std::uint64_t backoff =
    std::min<std::uint64_t>(std::uint64_t{bounds.first_pause_ms} << doublings, bounds.pause_max_ms);
  const std::uint64_t least = std::max<std::uint64_t>(backoff / 2, failure.retry_ms);
  const std::uint64_t pause = least + chance % (backoff / 2 + 1);
  if (pause + bounds.least_try_ms > failed.left_ms)
    return std::nullopt;
  return static_cast<std::uint32_t>(pause);
}

}  // namespace tandem::ai
