// What a browser keeps while its sign-in is at a company's provider.
#include "net/company_sign_in.hpp"
#include "net/sign_in_journey.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tandem::test {
namespace {

using net::journey_seal;
using net::sign_in_journey;

constexpr std::int64_t now_s = 1'000'000;

TEST(sign_in_journey, comes_back_as_it_was_begun) {
  const journey_seal seal{"secret"};
  const sign_in_journey begun = sign_in_journey::begin("/r/room.x?a=b");
  const std::string cookie = seal.cookie_of(begun, now_s);
  const auto back = journey_seal{"secret"}.open(cookie, now_s + sign_in_journey::lasts_s);
  ASSERT_TRUE(back) << "on another node, too";
  EXPECT_EQ(back->state, begun.state);
  EXPECT_EQ(back->nonce, begun.nonce);
  EXPECT_EQ(back->verifier, begun.verifier);
  EXPECT_EQ(back->to, "/r/room.x?a=b");
}

TEST(sign_in_journey, is_none_that_we_have_not_begun_or_long_ago) {
  const journey_seal seal{"secret"};
  const std::string cookie = seal.cookie_of(sign_in_journey::begin("/"), now_s);
  for (std::size_t i = 0; i < cookie.size(); ++i) {
    std::string other = cookie;
    other[i] = other[i] == 'a' ? 'b' : 'a';
    EXPECT_FALSE(seal.open(other, now_s)) << other;
    EXPECT_FALSE(seal.open(cookie.substr(0, i), now_s)) << i;
  }
  EXPECT_FALSE(seal.open("s.n.v.%2F", now_s)) << "made up";
  EXPECT_FALSE(journey_seal{"another"}.open(cookie, now_s));
  EXPECT_FALSE(journey_seal{""}.open(journey_seal{""}.cookie_of(sign_in_journey::begin("/"), now_s),
                                     now_s))
    << "without a secret each process has its own";
  EXPECT_FALSE(seal.open(cookie, now_s + sign_in_journey::lasts_s + 1));
}

TEST(sign_in_journey, leads_to_none_but_our_own_pages) {
  for (const char* place : {"https://evil.example.org/", "//evil.example.org", "", "r/room",
                            "/\\evil.example.org", "/a;b", "/a\r\nb"})
    EXPECT_EQ(sign_in_journey::begin(place).to, "/") << place;
}

TEST(company_sign_in, a_provider_with_tls_names_no_address_without) {
  EXPECT_TRUE(net::is_as_safe_as("https://id.example.org", "https://keys.example.org/x"));
  for (const char* url : {"http://id.example.org/token", "", "ftp://x", "HTTP://x"})
    EXPECT_FALSE(net::is_as_safe_as("https://id.example.org", url)) << url;
  EXPECT_TRUE(net::is_as_safe_as("http://127.0.0.1:9", "http://127.0.0.1:9/token")) << "a test's";
}

}  // namespace
}  // namespace tandem::test
