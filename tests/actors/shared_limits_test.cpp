// Rate limits that many share.
#include "actors/rate_limits.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace tandem::test {
namespace {

constexpr std::int64_t second_us = 1'000'000;

TEST(shared_bucket, a_burst_is_saved_up_and_comes_back_at_its_rate) {
  shared_bucket bucket{rate{60, 3}};  // one a second
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(bucket.take(0), 0) << i;
  EXPECT_EQ(bucket.take(0), second_us);
  EXPECT_EQ(bucket.take(second_us / 4), second_us * 3 / 4) << "what was refused cost nothing";
  EXPECT_EQ(bucket.take(second_us), 0);
  EXPECT_EQ(bucket.take(second_us), second_us);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(bucket.take(100 * second_us), 0) << "no more than the burst is saved: " << i;
  EXPECT_GT(bucket.take(100 * second_us), 0);
}

TEST(shared_bucket, an_amount_larger_than_the_burst_is_taken_when_the_bucket_is_full) {
  shared_bucket bucket{rate{60, 10}};
  EXPECT_EQ(bucket.take(0, 1'000'000), 0);
  EXPECT_EQ(bucket.take(0, 1'000'000), 10 * second_us);
  EXPECT_EQ(bucket.take(10 * second_us, 1'000'000), 0);
}

TEST(shared_bucket, no_rate_is_no_limit) {
  shared_bucket bucket{rate{}};
  for (int i = 0; i < 1000; ++i)
    ASSERT_EQ(bucket.take(0, 1'000'000), 0);
  EXPECT_EQ(bucket.missing(0), 0);
}

TEST(shared_bucket, threads_together_get_the_burst_and_no_more) {
  shared_bucket bucket{rate{1, 1000}};
  std::atomic<int> taken{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 1000; ++n)
        taken += bucket.take(0) == 0 ? 1 : 0;
    });
  for (std::thread& thread : threads)
    thread.join();
  EXPECT_EQ(taken, 1000);
}

TEST(bucket_table, each_key_has_its_own) {
  bucket_table table{rate{60, 1}};
  EXPECT_EQ(table.take("a", 0), 0);
  EXPECT_GT(table.take("a", 0), 0);
  EXPECT_EQ(table.take("b", 0), 0);
  EXPECT_EQ(table.find("a", 0), table.find("a", 0));
  table.forget("a");
  EXPECT_EQ(table.take("a", 0), 0);
}

TEST(bucket_table, what_comes_back_can_be_taken_again) {
  bucket_table table{rate{60, 2}};
  EXPECT_EQ(table.take("a", 0), 0);
  EXPECT_EQ(table.take("a", 0), 0);
  table.give_back("a");
  EXPECT_EQ(table.take("a", 0), 0);
  EXPECT_GT(table.take("a", 0), 0);
  table.give_back("nobody");
  EXPECT_EQ(table.size(), 1U);
  bucket_table endless{rate{}};
  endless.give_back("a");
  EXPECT_EQ(endless.take("a", 0), 0);
}

TEST(bucket_table, memory_is_bounded_and_those_that_are_full_are_forgotten_first) {
  bucket_table table{rate{60, 5}};
  const std::int64_t now_us = second_us;
  for (int i = 0; i < 5; ++i)
    ASSERT_EQ(table.take("flooder", now_us), 0);
  for (int i = 0; i < 25'000; ++i)  // more than it remembers, all of them untouched
    table.find("visitor " + std::to_string(i), now_us);
  EXPECT_LE(table.size(), 20'000U);
  EXPECT_GT(table.take("flooder", now_us), 0) << "is remembered";
  for (int i = 0; i < 25'000; ++i)
    table.take("taker " + std::to_string(i), now_us);
  EXPECT_LE(table.size(), 20'000U);
}

TEST(rate_limits, what_is_asked_of_the_ai_is_counted_by_account_and_for_guests_by_address) {
  rate_settings allowed;
  allowed.asks_per_account = {60, 2};
  allowed.asks_per_address = {60, 1};
  rate_limits limits{allowed};
  EXPECT_EQ(limits.of_session(7, "::1", 0).asks->take(0, 2), 0);
  EXPECT_GT(limits.of_session(7, "::2", 0).asks->take(0), 0) << "wherever the account is";
  EXPECT_EQ(limits.of_session(8, "::1", 0).asks->take(0), 0) << "another account";
  EXPECT_EQ(limits.of_session({}, "::1", 0).asks->take(0), 0) << "a guest there";
  EXPECT_GT(limits.of_session({}, "::1", 0).asks->take(0), 0);
}

}  // namespace
}  // namespace tandem::test
