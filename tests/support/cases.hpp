// Runs a law on many seeded cases. Every case has a seed of its own, so that a
// failure is repeated by one short line.
//
// The environment: TANDEM_TEST_SEED is the first case's seed (1), TANDEM_TEST_CASES how
// many cases are run.
#pragma once

#include "tests/support/random_text.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <string>

namespace tandem::test {

inline std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* told = std::getenv(name);
  return told != nullptr ? std::strtoull(told, nullptr, 10) : otherwise;
}

// `law(random)` returns what is wrong, or an empty text.
template <class Law>
void for_cases(std::uint64_t count, const Law& law) {
  const std::uint64_t first = number_from_environment("TANDEM_TEST_SEED", 1);
  const std::uint64_t end = first + number_from_environment("TANDEM_TEST_CASES", count);
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  for (std::uint64_t seed = first; seed < end; ++seed) {
    random_source random{seed};
    const std::string fault = law(random);
    ASSERT_TRUE(fault.empty())
      << fault << "\nseed " << seed << ", to repeat it: TANDEM_TEST_SEED=" << seed
      << " TANDEM_TEST_CASES=1 ot_algebra --gtest_filter=" << test->test_suite_name() << '.'
      << test->name();
  }
  testing::Test::RecordProperty("cases", std::to_string(end - first));
}

}  // namespace tandem::test
