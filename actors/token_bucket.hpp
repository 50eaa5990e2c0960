// A rate limit: `per_second` tokens flow in, up to `burst`; each event takes
// one. Time is an argument. Owned by whoever limits.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace tandem {

class token_bucket {
 public:
  // REQUIRES: per_second > 0, burst > 0.
  token_bucket(std::uint32_t per_second, std::uint32_t burst) noexcept
      : token_bucket{std::chrono::microseconds{1'000'000 / per_second}, burst} {}

  // The same for a slow one. REQUIRES: burst > 0.
  token_bucket(std::chrono::microseconds per_token, std::uint32_t burst) noexcept
      : us_per_token_{std::max<std::int64_t>(1, per_token.count())},
        span_us_{us_per_token_ * burst} {}

  // Takes a token and returns 0, or returns the microseconds until there is one.
  std::int64_t take(std::int64_t now_us) noexcept {
    // full_at_us_ is when the bucket would be full again (a virtual clock: the
    // generic cell rate algorithm).
    const std::int64_t full_at = std::max(full_at_us_, now_us) + us_per_token_;
    const std::int64_t excess = full_at - now_us - span_us_;
    if (excess > 0)
      return excess;
    full_at_us_ = full_at;
    return 0;
  }

 private:
  std::int64_t us_per_token_;
  std::int64_t span_us_;
  std::int64_t full_at_us_ = 0;
};

}  // namespace tandem
