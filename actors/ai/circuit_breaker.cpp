#include "actors/ai/circuit_breaker.hpp"

#include <algorithm>
#include <bit>

namespace tandem::ai {

circuit_breaker::leave circuit_breaker::may_ask(std::uint64_t now_ms) {
  if (state_ == state::closed)
    return leave::yes;
  if (state_ == state::probing || now_ms < rest_until_ms_)
    return leave::no;
  state_ = state::probing;
  return leave::probe;
}

void circuit_breaker::succeeded(leave with) {
  if (is_late(with))
    return;
  if (state_ != state::closed)
    recent_ = 0;  // what was before the rest is no sign of what comes
  state_ = state::closed;
  in_a_row_ = 0;
  recent_ <<= 1U;
}

void circuit_breaker::failed(leave with, std::uint64_t now_ms) {
  if (is_late(with))
    return;
  if (state_ == state::probing)
    return open(now_ms, next_rest_ms_);
  ++in_a_row_;
  recent_ = recent_ << 1U | 1U;
  const std::uint64_t window =
    bounds_.window >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bounds_.window) - 1;
  const auto in_window = static_cast<std::uint32_t>(std::popcount(recent_ & window));
  if (in_a_row_ >= bounds_.failures_in_a_row || in_window >= bounds_.window_failures)
    open(now_ms, bounds_.rest_ms);
}

void circuit_breaker::abandoned(leave with) {
  if (with == leave::probe && state_ == state::probing)
    state_ = state::open;  // whose rest is over: the next one probes
}

void circuit_breaker::open(std::uint64_t now_ms, std::uint64_t rest_ms) {
  state_ = state::open;
  in_a_row_ = 0;
  rest_until_ms_ = now_ms + rest_ms;
  next_rest_ms_ = std::min(rest_ms * 2, bounds_.rest_max_ms);
}

std::uint64_t circuit_breaker::rest_ms(std::uint64_t now_ms) const noexcept {
  return state_ == state::open && rest_until_ms_ > now_ms ? rest_until_ms_ - now_ms : 0;
}

}  // namespace tandem::ai
