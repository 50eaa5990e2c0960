// Passwords: hashed and checked in turns, in this process; in one of its own:
// tests/live/accounts.mjs.
#include "net/password_pool.hpp"
#include "net/password_worker.hpp"
#include "tests/support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <vector>

namespace tandem::test {
namespace {

using net::password_pace;
using net::password_pool;
using verdict = password_pool::verdict;

TEST(passwords, a_hash_fits_its_password_only_and_is_another_each_time) {
  const std::string hashed = net::hash_password("correct horse");
  EXPECT_TRUE(hashed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << hashed;
  EXPECT_TRUE(net::is_right_password("correct horse", hashed));
  EXPECT_FALSE(net::is_right_password("correct horsf", hashed));
  EXPECT_FALSE(net::is_right_password("", hashed));
  EXPECT_FALSE(net::is_right_password("correct horse", ""));
  EXPECT_NE(net::hash_password("correct horse"), hashed);
}

class password_pool_test : public testing::Test {
 protected:
  verdict check(password_pool& pool, const std::string& password,
                const std::optional<std::string>& hashed,
                password_pool::turn when = password_pool::known) {
    std::promise<verdict> answer;
    pool.check(password, hashed, when,
               [&](verdict given) { answer.set_value(given); });
    return answer.get_future().get();
  }
};

TEST_F(password_pool_test, checks_what_it_has_hashed) {
  password_pool pool{1, 8, ""};
  std::promise<std::optional<std::string>> made;
  pool.hash("secret", password_pool::known,
            [&](std::optional<std::string> hashed) { made.set_value(std::move(hashed)); });
  const auto hashed = made.get_future().get();
  ASSERT_TRUE(hashed);
  EXPECT_EQ(check(pool, "secret", hashed), verdict::right);
  EXPECT_EQ(check(pool, "secres", hashed), verdict::wrong);
}

TEST_F(password_pool_test, nobodys_password_is_always_wrong) {
  password_pool pool{1, 8, ""};
  EXPECT_EQ(check(pool, "no account has this password", std::nullopt), verdict::wrong);
}

// Who tried least goes first; those who tried most are sent away.
TEST_F(password_pool_test, waiting_is_bounded_and_in_turns) {
  std::mutex mutex;
  std::vector<std::string> order;
  std::promise<void> last;
  {
    password_pool pool{1, 3, ""};
    const auto add = [&](const std::string& name, password_pool::turn when) {
      pool.check("x", std::nullopt, when, [&, name](verdict given) {
        const std::lock_guard lock{mutex};
        order.push_back(name + (given == verdict::busy ? " busy" : ""));
        if (order.size() == 6)
          last.set_value();
      });
    };
    add("first", 5);  // is being checked, or soon will be: a hash takes its time
    add("tried 9 times", 9);
    add("tried twice", 2);
    add("tried 8 times", 8);
    add("known", password_pool::known);
    add("tried once", 1);
    ASSERT_EQ(last.get_future().wait_for(std::chrono::seconds{20}), std::future_status::ready);
  }
  const auto at = [&](const std::string& name) {
    return std::ranges::find(order, name) - order.begin();
  };
  EXPECT_LT(at("tried 9 times busy"), 6);
  EXPECT_LT(at("known"), at("tried once"));
  EXPECT_LT(at("tried once"), at("tried twice"));
}

// A program that says in a file of each password whether it is in idle time.
TEST_F(password_pool_test, a_few_strangers_hurry_and_a_flood_of_them_has_idle_time) {
  const temp_folder folder;
  folder.write("hasher", "#!/bin/sh\ncd \"${0%/*}\"\nwhile read line; do\n"
                         "  echo \"${2:-hurried}\" >>paces; echo wrong\ndone\n");
  std::filesystem::permissions(folder / "hasher", std::filesystem::perms::owner_all);
  const auto paces = [&] {
    std::vector<std::string> read;
    std::ifstream file{folder / "paces"};
    for (std::string line; std::getline(file, line);)
      read.push_back(line);
    return read;
  };
  const std::vector<std::string> burst(20, "hurried");
  password_pool pool{1, 8, folder / "hasher"};
  for (std::size_t i = 0; i < burst.size(); ++i)
    ASSERT_EQ(check(pool, "x", "hashed", 1), verdict::wrong);
  EXPECT_EQ(paces(), burst);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (paces().back() != "--idle" && std::chrono::steady_clock::now() < deadline)
    ASSERT_EQ(check(pool, "x", "hashed", 1), verdict::wrong);
  EXPECT_EQ(paces().back(), "--idle");
  EXPECT_EQ(check(pool, "x", "hashed", password_pool::known), verdict::wrong);
  EXPECT_EQ(paces().back(), "hurried");
}

TEST(password_worker, a_program_that_does_not_answer_is_an_error_and_not_a_verdict) {
  for (const char* program : {"/nonexistent", "/bin/false", "/bin/true"}) {
    net::password_worker worker{program, password_pace::hurried};
    for (int i = 0; i < 2; ++i)
      EXPECT_THROW(worker.is_right("a", "b"), std::runtime_error) << program;
  }
}

TEST(password_worker, a_program_that_takes_nothing_is_waited_for_no_longer_than_agreed) {
  const temp_folder folder;
  folder.write("deaf", "#!/bin/sh\nexec /bin/sleep 20\n");
  std::filesystem::permissions(folder / "deaf", std::filesystem::perms::owner_all);
  net::password_worker worker{folder / "deaf", password_pace::idle, std::chrono::milliseconds{100}};
  const std::string more_than_a_socket_keeps(4'000'000, 'x');
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_THROW(worker.is_right(more_than_a_socket_keeps, "b"), std::runtime_error);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{15});
}

TEST_F(password_pool_test, a_process_that_does_not_work_lets_nobody_in) {
  password_pool pool{1, 8, "/bin/false"};
  EXPECT_EQ(check(pool, "a", net::hash_password("a")), verdict::busy);
}

}  // namespace
}  // namespace tandem::test
