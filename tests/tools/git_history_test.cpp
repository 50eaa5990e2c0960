// Which commits a room's edits become.
#include "tools/git_history.hpp"

#include "tests/support/records.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace tandem::tools {
namespace {

using test::entry;

constexpr std::int64_t pause_ms = 60'000;

struct edit {
  const char* file;
  std::uint8_t client;
  const char* author;
  std::int64_t at_ms;
};

std::vector<git_commit> commits_of(const std::vector<edit>& edits) {
  git_history history{pause_ms};
  std::vector<git_commit> commits;
  for (const edit& one : edits)
    if (auto ended = history.add(one.file, entry(test::make_op({"x"}), one.client, 1, one.author, one.at_ms)))
      commits.push_back(*ended);
  if (auto last = history.finish())
    commits.push_back(*last);
  return commits;
}

TEST(git_history, of_no_edits_is_no_commit) {
  EXPECT_TRUE(commits_of({}).empty());
}

TEST(git_history, gathers_what_one_author_does_without_a_pause) {
  const auto commits = commits_of({{"a", 1, "Ada", 1'000}, {"b", 1, "Ada", 40'000}, {"a", 1, "Ada", 90'000}});
  ASSERT_EQ(commits.size(), 1U);
  EXPECT_EQ(commits[0].author, "Ada");
  EXPECT_EQ(commits[0].email, "01000000000000000000000000000000@tandem.invalid");
  EXPECT_EQ(commits[0].at_ms, 90'000);
  EXPECT_EQ(commits[0].message(), "a, b\n\n3 edits by Ada\n");
}

TEST(git_history, a_pause_ends_a_commit) {
  EXPECT_EQ(commits_of({{"a", 1, "Ada", 1'000}, {"a", 1, "Ada", 60'999}}).size(), 1U);
  EXPECT_EQ(commits_of({{"a", 1, "Ada", 1'000}, {"a", 1, "Ada", 61'000}}).size(), 2U);
}

TEST(git_history, another_author_ends_a_commit) {
  const auto commits =
    commits_of({{"a", 1, "Ada", 1}, {"a", 2, "Ada", 2}, {"a", 2, "Bob", 3}, {"b", 2, "Bob", 4}});
  ASSERT_EQ(commits.size(), 3U);
  EXPECT_EQ(commits[1].message(), "a\n\n1 edit by Ada\n");
  EXPECT_EQ(commits[2].message(), "a, b\n\n2 edits by Bob\n");
}

TEST(git_history, a_clock_that_goes_back_is_no_pause) {
  const auto commits = commits_of({{"a", 1, "Ada", 100'000}, {"a", 1, "Ada", 10}});
  ASSERT_EQ(commits.size(), 1U);
  EXPECT_EQ(commits[0].at_ms, 100'000);
}

TEST(git_history, a_name_is_made_one_that_git_takes) {
  EXPECT_EQ(commits_of({{"a", 1, "A<d>\na", 1}})[0].author, "Ada");
  EXPECT_EQ(commits_of({{"a", 1, "", 1}})[0].author, "Guest");
  EXPECT_EQ(commits_of({{"a", 1, " <> ", 1}})[0].author, "Guest");
}

TEST(git_history, names_a_few_files_and_counts_the_rest) {
  git_commit many{"Ada", "", 0, {"a", "b", "c", "d", "e", "f", "g"}, 9};
  EXPECT_EQ(many.message(), "a, b, c, d, e and 2 more\n\n9 edits by Ada\n");
}

TEST(git_paths, those_that_git_would_not_take_are_named) {
  for (const char* good : {"a", "src/a", ".gitignore", "a.git", "git/a"})
    EXPECT_FALSE(git_path_problem(good, {"b", good})) << good;
  for (const char* bad : {".git", ".git/config", "a/.GIT", "a/.Git/b", "b/c"})
    EXPECT_TRUE(git_path_problem(bad, {"b", bad})) << bad;
}

TEST(git_paths, are_quoted) {
  EXPECT_EQ(git_quoted("src/ü b"), "\"src/ü b\"");
  EXPECT_EQ(git_quoted("a\"b"), "\"a\\\"b\"");
}

}  // namespace
}  // namespace tandem::tools
