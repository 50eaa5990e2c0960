// The small pure parts: file names, the rate limit, error names.
#include "actors/file_names.hpp"
#include "actors/protocol.hpp"
#include "actors/token_bucket.hpp"

#include <gtest/gtest.h>

#include <set>

namespace tandem::test {
namespace {

TEST(file_names, a_relative_path_of_printable_characters_is_valid) {
  for (const char* name : {"a", "main.py", "src/main.py", "a/b/c/d", ".gitignore", "...", "a..b",
                           " ", "é/😀.txt", "C:", "a b", "-", "%2e"})
    EXPECT_TRUE(is_valid_file_name(name, 20)) << name;
}

TEST(file_names, what_could_lead_elsewhere_or_cannot_be_shown_is_not) {
  using namespace std::string_view_literals;
  for (const std::string_view name :
       {""sv, "/"sv, "/a"sv, "a/"sv, "a//b"sv, "."sv, ".."sv, "../a"sv, "a/../b"sv, "a/."sv,
        "a\\b"sv, "a\nb"sv, "a\x1f"sv, "a\x7f"sv, "a\0b"sv, "\xff"sv, "\xed\xa0\x80"sv})
    EXPECT_FALSE(is_valid_file_name(name, 20)) << name;
}

TEST(file_names, the_length_counts_characters) {
  EXPECT_TRUE(is_valid_file_name("éé", 2));
  EXPECT_FALSE(is_valid_file_name("ééé", 2));
}

TEST(file_names, a_language_is_known_by_the_ending) {
  const std::pair<const char*, const char*> table[] = {
    {"main.py", "python"},       {"src/a.hpp", "cpp"}, {"x.tar.sh", "shell"},
    {"x.ts", "typescript"},      {"Makefile", "plaintext"}, {"x.", "plaintext"},
    {"x.unknown", "plaintext"},  {".md", "markdown"},  {"py", "plaintext"},
    {"a.py/readme", "plaintext"}};
  for (const auto& [name, language] : table)
    EXPECT_EQ(language_of(name), language) << name;
}

TEST(token_bucket, gives_a_burst_and_then_the_rate) {
  token_bucket bucket{10, 3};
  std::int64_t now_us = 5'000'000;
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(bucket.take(now_us), 0);
  EXPECT_EQ(bucket.take(now_us), 100'000);
  EXPECT_EQ(bucket.take(now_us), 100'000) << "a refused take costs nothing";
  EXPECT_EQ(bucket.take(now_us + 99'999), 1);
  EXPECT_EQ(bucket.take(now_us + 100'000), 0);
  EXPECT_GT(bucket.take(now_us + 100'000), 0);
}

TEST(token_bucket, may_be_slower_than_one_a_second) {
  token_bucket bucket{std::chrono::seconds{5}, 2};
  EXPECT_EQ(bucket.take(0), 0);
  EXPECT_EQ(bucket.take(0), 0);
  EXPECT_EQ(bucket.take(1'000'000), 4'000'000);
  EXPECT_EQ(bucket.take(5'000'000), 0);
}

TEST(token_bucket, saves_up_no_more_than_the_burst) {
  token_bucket bucket{10, 3};
  EXPECT_EQ(bucket.take(0), 0);
  const std::int64_t later_us = 3'600'000'000;
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(bucket.take(later_us), 0);
  EXPECT_GT(bucket.take(later_us), 0);
}

TEST(token_bucket, passes_its_rate_over_time) {
  token_bucket bucket{500, 20};
  int taken = 0;
  for (std::int64_t now_us = 0; now_us < 2'000'000; now_us += 100)
    taken += bucket.take(now_us) == 0 ? 1 : 0;
  EXPECT_GE(taken, 1'000);
  EXPECT_LE(taken, 1'021);
}

TEST(token_bucket, takes_the_highest_rate) {
  token_bucket bucket{4'000'000'000U, 1};
  EXPECT_EQ(bucket.take(0), 0);
  EXPECT_EQ(bucket.take(1), 0);
}

TEST(error_codes, each_has_a_name_of_its_own) {
  std::set<std::string_view> names;
  for (int code = 0; code <= static_cast<int>(error_code::internal); ++code)
    names.insert(to_string(static_cast<error_code>(code)));
  EXPECT_EQ(names.size(), 11U);
  EXPECT_TRUE(names.contains("rate_limited"));
}

}  // namespace
}  // namespace tandem::test
