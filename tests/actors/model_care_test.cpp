// When a model that fails is asked again, and when it is left alone. Time and
// chance are arguments.
#include "actors/ai/circuit_breaker.hpp"
#include "actors/ai/retry_plan.hpp"

#include <gtest/gtest.h>

namespace tandem::ai {
namespace {

using kind = model_failure::kind;
using leave = circuit_breaker::leave;

// ---- again ----

TEST(retry_plan, pauses_double_up_to_their_limit) {
  const retry_limits bounds{.retries = 10, .first_pause_ms = 100, .pause_max_ms = 500};
  const model_failure failure{kind::unavailable, "", 0};
  const std::uint32_t expected_least[] = {50, 100, 200, 250, 250};
  for (std::uint32_t number = 1; number <= 5; ++number) {
    const std::uint32_t least = expected_least[number - 1];
    for (std::uint32_t chance = 0; chance < 1'000; chance += 7) {
      const auto pause = retry_pause_ms(bounds, {number, 60'000, false}, failure, chance);
      ASSERT_TRUE(pause);
      EXPECT_GE(*pause, least);
      EXPECT_LE(*pause, 2 * least);
    }
    EXPECT_NE(retry_pause_ms(bounds, {number, 60'000, false}, failure, 0),
              retry_pause_ms(bounds, {number, 60'000, false}, failure, 17));
  }
}

TEST(retry_plan, the_server_says_how_long_to_wait) {
  const retry_limits bounds;
  const auto pause = retry_pause_ms(bounds, {1, 60'000, false}, {kind::limited, "", 3'000}, 5);
  ASSERT_TRUE(pause);
  EXPECT_GE(*pause, 3'000U);
  EXPECT_LE(*pause, 3'250U);
}

TEST(retry_plan, only_what_may_pass_and_only_in_time) {
  const retry_limits bounds{.retries = 2, .first_pause_ms = 100, .pause_max_ms = 500, .least_try_ms = 250};
  const failed_try first{1, 10'000, false};
  for (const kind what : {kind::refused, kind::timed_out, kind::garbage, kind::too_large,
                          kind::resting, kind::busy})
    EXPECT_FALSE(retry_pause_ms(bounds, first, {what, "", 0}, 0));
  for (const kind what : {kind::limited, kind::unavailable})
    EXPECT_TRUE(retry_pause_ms(bounds, first, {what, "", 0}, 0));
  const model_failure failure{kind::unavailable, "", 0};
  EXPECT_TRUE(retry_pause_ms(bounds, {2, 10'000, false}, failure, 0));
  EXPECT_FALSE(retry_pause_ms(bounds, {3, 10'000, false}, failure, 0)) << "two retries, not three";
  EXPECT_FALSE(retry_pause_ms(bounds, {1, 10'000, true}, failure, 0)) << "a piece is out";
  EXPECT_TRUE(retry_pause_ms(bounds, {1, 300, false}, failure, 0));
  EXPECT_FALSE(retry_pause_ms(bounds, {1, 299, false}, failure, 0)) << "too late to be answered";
  EXPECT_FALSE(retry_pause_ms(bounds, first, {kind::limited, "", 10'000}, 0));
}

// ---- the breaker ----

constexpr breaker_limits bounds{.failures_in_a_row = 3, .window = 8, .window_failures = 5,
                                .rest_ms = 1'000, .rest_max_ms = 3'000};

void fail(circuit_breaker& breaker, int times, std::uint64_t now_ms) {
  for (int i = 0; i < times; ++i)
    breaker.failed(leave::yes, now_ms);
}

TEST(circuit_breaker, it_opens_after_failures_in_a_row) {
  circuit_breaker breaker{bounds};
  fail(breaker, 2, 0);
  breaker.succeeded(leave::yes);
  fail(breaker, 2, 0);
  EXPECT_EQ(breaker.may_ask(0), leave::yes);
  fail(breaker, 1, 0);
  EXPECT_TRUE(breaker.is_open());
  EXPECT_EQ(breaker.may_ask(999), leave::no);
  EXPECT_EQ(breaker.rest_ms(400), 600U);
}

TEST(circuit_breaker, it_opens_after_a_share_of_the_last_answers) {
  circuit_breaker breaker{bounds};
  for (int i = 0; i < 2; ++i) {
    fail(breaker, 2, 0);
    breaker.succeeded(leave::yes);
  }
  EXPECT_FALSE(breaker.is_open());
  fail(breaker, 1, 0);  // the fifth of seven
  EXPECT_TRUE(breaker.is_open());
}

TEST(circuit_breaker, old_failures_are_forgotten) {
  circuit_breaker breaker{bounds};
  fail(breaker, 2, 0);
  breaker.succeeded(leave::yes);
  fail(breaker, 2, 0);
  for (int i = 0; i < 6; ++i)
    breaker.succeeded(leave::yes);
  fail(breaker, 2, 0);
  EXPECT_FALSE(breaker.is_open());
}

TEST(circuit_breaker, after_its_rest_one_may_try) {
  circuit_breaker breaker{bounds};
  fail(breaker, 3, 0);
  EXPECT_EQ(breaker.may_ask(1'000), leave::probe);
  EXPECT_EQ(breaker.may_ask(1'000), leave::no);
  EXPECT_TRUE(breaker.is_open());
  breaker.succeeded(leave::probe);
  EXPECT_FALSE(breaker.is_open());
  EXPECT_EQ(breaker.may_ask(1'001), leave::yes);
  fail(breaker, 2, 2'000);
  EXPECT_FALSE(breaker.is_open()) << "what was before the rest counts no more";
}

TEST(circuit_breaker, a_probe_that_fails_makes_the_rest_longer) {
  circuit_breaker breaker{bounds};
  fail(breaker, 3, 0);
  std::uint64_t now = 1'000;
  for (const std::uint64_t rest : {2'000U, 3'000U, 3'000U}) {
    ASSERT_EQ(breaker.may_ask(now), leave::probe);
    breaker.failed(leave::probe, now);
    EXPECT_EQ(breaker.rest_ms(now), rest);
    now += rest;
  }
  breaker.may_ask(now);
  breaker.succeeded(leave::probe);
  fail(breaker, 3, now);
  EXPECT_EQ(breaker.rest_ms(now), 1'000U) << "after a success all is as at first";
}

TEST(circuit_breaker, what_was_asked_before_the_rest_does_not_end_it) {
  circuit_breaker breaker{bounds};
  fail(breaker, 3, 0);
  breaker.succeeded(leave::yes);
  EXPECT_TRUE(breaker.is_open());
  EXPECT_EQ(breaker.may_ask(999), leave::no);
  ASSERT_EQ(breaker.may_ask(1'000), leave::probe);
  breaker.succeeded(leave::yes);
  EXPECT_EQ(breaker.may_ask(1'001), leave::no) << "the probe decides";
  breaker.failed(leave::yes, 1'001);
  EXPECT_EQ(breaker.rest_ms(1'001), 0U) << "it does not begin a longer rest";
  breaker.succeeded(leave::probe);
  EXPECT_EQ(breaker.may_ask(1'002), leave::yes);
}

TEST(circuit_breaker, a_cancelled_probe_leaves_its_place_to_the_next) {
  circuit_breaker breaker{bounds};
  fail(breaker, 3, 0);
  ASSERT_EQ(breaker.may_ask(1'000), leave::probe);
  breaker.abandoned(leave::yes);  // one that was asked before the rest
  EXPECT_EQ(breaker.may_ask(1'000), leave::no);
  breaker.abandoned(leave::probe);
  EXPECT_EQ(breaker.may_ask(1'000), leave::probe);
}

TEST(circuit_breaker, late_failures_do_not_prolong_the_rest) {
  circuit_breaker breaker{bounds};
  fail(breaker, 3, 0);
  fail(breaker, 5, 900);
  EXPECT_EQ(breaker.rest_ms(900), 100U);
}

}  // namespace
}  // namespace tandem::ai
