// Who a request is from: addresses, proxies, cookies, tokens; and how often
// somebody may try to sign in.
#include "net/caller.hpp"
#include "net/sign_in_guard.hpp"

#include <gtest/gtest.h>

namespace tandem::test {
namespace {

using net::address_list;

// ---- lists of addresses ----

TEST(address_list, networks_and_single_addresses) {
  const struct {
    const char* list;
    const char* address;
    bool is_in;
  } table[] = {
    {"10.0.0.0/8", "10.255.0.1", true},     {"10.0.0.0/8", "11.0.0.1", false},
    {"192.0.2.1", "192.0.2.1", true},       {"192.0.2.1", "192.0.2.2", false},
    {"192.0.2.0/25", "192.0.2.127", true},  {"192.0.2.0/25", "192.0.2.128", false},
    {"0.0.0.0/0", "203.0.113.9", true},     {"0.0.0.0/0", "2001:db8::1", false},
    {"2001:db8::/32", "2001:db8:1::2", true}, {"2001:db8::/32", "2001:db9::1", false},
    {"::1", "::1", true},                   {"10.0.0.0/8", "::ffff:10.1.2.3", true},
    {"::1 , 10.0.0.1", "10.0.0.1", true},   {"", "10.0.0.1", false},
    {"10.0.0.0/8", "no address", false},
  };
  for (const auto& row : table)
    EXPECT_EQ(address_list::parse(row.list).value().contains(row.address), row.is_in)
      << row.list << " and " << row.address;
}

TEST(address_list, what_is_none_is_refused_as_a_whole) {
  for (const char* bad : {"localhost", "10.0.0.0/33", "::1/129", "10.0.0.1/", "10.0.0.0/x",
                          "10.0.0.1,,10.0.0.2", "10.0.0.1 10.0.0.2", "10.0.0/8"})
    EXPECT_FALSE(address_list::parse(bad)) << bad;
}

TEST(address_list, an_ipv6_customer_is_one_address) {
  EXPECT_EQ(net::limited_as("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(net::limited_as("::ffff:192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(net::limited_as("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(net::limited_as("unknown"), "unknown");
}

// ---- who asks ----

class caller_test : public testing::Test {
 protected:
  void set(const std::string& name, const std::string& value) { message.set(name, value); }
  net::caller from(const std::string& peer = "203.0.113.5", const std::string& proxies = "") {
    return net::caller_of({message, peer}, names, address_list::parse(proxies).value());
  }

  net::http_request message;
  net::cookie_names names{false};
};

TEST_F(caller_test, a_list_of_several_lines_is_one) {
  message.insert("X-Forwarded-For", "192.0.2.66");
  message.insert("X-Forwarded-For", "198.51.100.1, 10.0.0.3");
  message.insert("X-Forwarded-For", "10.0.0.2");
  EXPECT_EQ(from("10.0.0.1", "10.0.0.0/8").shown.address, "198.51.100.1");
}

TEST_F(caller_test, forwarded_addresses_are_believed_from_listed_proxies_only) {
  const struct {
    const char* peer;
    const char* forwarded;
    const char* proxies;
    const char* address;
  } table[] = {
    {"203.0.113.5", "198.51.100.1", "", "203.0.113.5"},
    {"203.0.113.5", "198.51.100.1", "10.0.0.0/8", "203.0.113.5"},
    {"10.0.0.1", "198.51.100.1", "10.0.0.0/8", "198.51.100.1"},
    {"10.0.0.1", "", "10.0.0.0/8", "10.0.0.1"},
    // What the client itself put there stands in front.
    {"10.0.0.1", "192.0.2.66, 198.51.100.1", "10.0.0.0/8", "198.51.100.1"},
    {"10.0.0.1", "192.0.2.66, 198.51.100.1, 10.0.0.2", "10.0.0.0/8", "198.51.100.1"},
    {"10.0.0.1", "10.0.0.3,10.0.0.2", "10.0.0.0/8", "10.0.0.3"},
    {"10.0.0.1", "198.51.100.1, nonsense", "10.0.0.0/8", "10.0.0.1"},
    {"10.0.0.1", "198.51.100.1,\t10.0.0.2 ", "10.0.0.0/8", "198.51.100.1"},
    {"10.0.0.1", "2001:db8:1:2:3:4:5:6", "10.0.0.0/8", "2001:db8:1:2::/64"},
  };
  for (const auto& row : table) {
    set("X-Forwarded-For", row.forwarded);
    EXPECT_EQ(from(row.peer, row.proxies).shown.address, row.address)
      << row.peer << " for " << row.forwarded;
  }
}

TEST_F(caller_test, a_bearer_token_wins_over_a_cookie) {
  set("Cookie", "tandem=of-the-cookie");
  EXPECT_EQ(from().shown.token_digest, digest_of_token("of-the-cookie"));
  EXPECT_EQ(from().cookie, "of-the-cookie");
  set("Authorization", "Bearer  of-the-header ");
  EXPECT_EQ(from().shown.token_digest, digest_of_token("of-the-header"));
  EXPECT_EQ(from().cookie, "") << "so no word is asked for";
  set("Authorization", "Basic dXNlcjpwYXNz");
  EXPECT_EQ(from().shown.token_digest, digest_of_token("of-the-cookie"));
}

TEST_F(caller_test, nobody_shows_nothing) {
  EXPECT_EQ(from().shown.token_digest, "");
  EXPECT_FALSE(from().has_origin);
  set("Cookie", "tandem=");
  EXPECT_EQ(from().shown.token_digest, "");
}

TEST_F(caller_test, cookies_are_found_by_their_whole_name) {
  const struct {
    const char* header;
    const char* value;
  } table[] = {{"tandem=a", "a"},
               {"x=1; tandem=a; y=2", "a"},
               {"x=1;tandem=a", "a"},
               {"tandem-device=d", ""},
               {"xtandem=b", ""},
               {"tandem=a=b", "a=b"},
               {"tandem", ""},
               {"tandem=first; tandem=second", "first"},
               {"", ""}};
  for (const auto& row : table) {
    set("Cookie", row.header);
    EXPECT_EQ(net::cookie_value(message, "tandem"), row.value) << row.header;
  }
}

TEST(cookies, are_kept_from_scripts_and_other_sites) {
  EXPECT_EQ(net::set_cookie(net::cookie_names{false}, "tandem", "v", 60),
            "tandem=v; Path=/; HttpOnly; SameSite=Lax; Max-Age=60");
  const net::cookie_names secure{true};
  EXPECT_EQ(net::set_cookie(secure, secure.session, "v", 0),
            "__Host-tandem=v; Path=/; HttpOnly; SameSite=Lax; Max-Age=0; Secure");
}

TEST_F(caller_test, what_a_browser_says_of_itself_is_cut_and_printable) {
  set("User-Agent", "Moz\x01\x7Filla" + std::string(500, 'x'));
  EXPECT_TRUE(from().shown.agent.starts_with("Mozillax"));
  EXPECT_LE(from().shown.agent.size(), 200U);
}

TEST(csrf, the_word_belongs_to_the_session_and_does_not_show_its_token) {
  EXPECT_EQ(net::csrf_of("a"), net::csrf_of("a"));
  EXPECT_NE(net::csrf_of("a"), net::csrf_of("b"));
  EXPECT_EQ(net::csrf_of("a").size(), 32U);
  EXPECT_FALSE(digest_of_token("a").starts_with(net::csrf_of("a")))
    << "tokens are kept by their digest";
}

// ---- how often somebody may try ----

constexpr std::int64_t minute_us = 60'000'000;

class sign_in_guard_test : public testing::Test {
 protected:
  net::sign_in_guard guard{rate{3, 3}, rate{2, 2}};  // by address, by account
};

TEST_F(sign_in_guard_test, an_address_is_limited_whatever_it_tries) {
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(guard.take("a", "login " + std::to_string(i), "", 0), 0) << i;
  EXPECT_GT(guard.take("a", "another", "", 0), 0);
  EXPECT_EQ(guard.take("b", "another", "", 0), 0);
}

TEST_F(sign_in_guard_test, an_account_is_limited_over_all_addresses_but_for_a_first_try) {
  std::int64_t wait_us = 0;
  for (int i = 0; i < 3; ++i) {  // 2 each: the first is free, so 3 count
    const std::string address = "flooder " + std::to_string(i);
    EXPECT_EQ(guard.take(address, "ada", "", 0), 0);
    wait_us = guard.take(address, "ada", "", 0);
  }
  EXPECT_GT(wait_us, 0);
  EXPECT_EQ(guard.take("her own", "ada", "", 0), 0);
  EXPECT_GT(guard.take("her own", "ada", "", 0), 0);
}

TEST_F(sign_in_guard_test, a_known_browser_is_limited_by_itself_only) {
  for (int i = 0; i < 10; ++i)
    guard.take("a", "ada", "", 0);
  EXPECT_GT(guard.take("a", "ada", "", 0), 0);
  EXPECT_EQ(guard.take("a", "ada", "her laptop", 0), 0);
  EXPECT_EQ(guard.take("a", "ada", "her laptop", 0), 0);
  EXPECT_GT(guard.take("a", "ada", "her laptop", 0), 0);
}

TEST_F(sign_in_guard_test, a_try_that_was_not_looked_at_is_a_first_one_again) {
  guard.take("b", "ada", "", 0);
  guard.take("b", "ada", "", 0);
  guard.take("c", "ada", "", 0);
  guard.take("c", "ada", "", 0);
  EXPECT_EQ(guard.take("d", "ada", "", 0), 0);
  guard.give_back("d", "ada");
  EXPECT_EQ(guard.take("d", "ada", "", 0), 0);
}

TEST_F(sign_in_guard_test, failures_are_noted_together) {
  EXPECT_EQ(guard.note_failure("ada", 0), 1U);
  for (int i = 0; i < 5; ++i)
    EXPECT_FALSE(guard.note_failure("ada", 1));
  EXPECT_EQ(guard.note_failure("bob", 1), 1U);
  EXPECT_EQ(guard.note_failure("ada", minute_us), 6U);
}

}  // namespace
}  // namespace tandem::test
