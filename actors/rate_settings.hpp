// The rate limits that sessions and requests share, as they are set: by account,
// or, for guests, by address. Constant after the start.
#pragma once

#include <cstdint>

namespace tandem {

// How much may happen: `per_minute`, saved up to `burst`. 0 per minute: no
// limit.
struct rate {
  std::uint64_t per_minute = 0;
  std::uint64_t burst = 0;

  friend bool operator==(const rate&, const rate&) = default;
};

struct rate_settings {
  rate requests_per_account{6'000, 2'000};
  rate requests_per_address{30'000, 5'000};
  rate joins_per_account{600, 300};
  rate joins_per_address{12'000, 5'000};
  rate edits_per_account{60'000, 10'000};
  rate edits_per_address{1'200'000, 100'000};
  rate edit_bytes_per_account{128U << 20U, 32U << 20U};
  rate edit_bytes_per_address{2'000U << 20U, 256U << 20U};
  rate chats_per_account{120, 60};
  rate chats_per_address{1'200, 600};
  rate asks_per_account{1'200, 300};
  rate asks_per_address{12'000, 2'000};
};

}  // namespace tandem
