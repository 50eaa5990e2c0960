// Which route a request takes and who may: the table, without a server. Every
// cell of it against a real one: tests/authority.
#include "net/rest_routes.hpp"

#include <gtest/gtest.h>

#include <set>

namespace tandem::test {
namespace {

using net::need;
using net::http::status;
using net::http::verb;
using strings = std::vector<std::string>;

TEST(routes, a_pattern_takes_paths_of_its_length_and_its_words) {
  EXPECT_EQ(net::find_route(verb::get, strings{"rooms", "r"}).found->pattern, "/rooms/{room}");
  EXPECT_NE(net::find_route(verb::post, strings{"rooms"}).found, nullptr);
  EXPECT_EQ(net::find_route(verb::get, strings{"room", "r"}).found, nullptr);
  EXPECT_EQ(net::find_route(verb::get, strings{"rooms", "r", "no", "such", "thing"}).found,
            nullptr);
  EXPECT_FALSE(net::find_route(verb::get, strings{"nothing"}).is_path_known);
}

TEST(routes, a_known_path_with_another_method_is_told_apart) {
  const net::route_match match = net::find_route(verb::trace, strings{"rooms", "r"});
  EXPECT_EQ(match.found, nullptr);
  EXPECT_TRUE(match.is_path_known);
}

TEST(routes, each_is_there_once_and_says_what_it_is_for) {
  std::set<std::pair<verb, std::string_view>> seen;
  for (const net::route* one : net::all_routes()) {
    EXPECT_TRUE(seen.emplace(one->method, one->pattern).second) << one->pattern;
    EXPECT_FALSE(one->summary.empty()) << one->pattern;
    EXPECT_NE(one->run, nullptr) << one->pattern;
  }
}

// What is under a room is never given away without a look at the role.
TEST(routes, whatever_names_a_room_needs_a_role_in_it) {
  for (const net::route* one : net::all_routes()) {
    const bool names_room =
      one->pattern.starts_with("/rooms/{") || one->needed == need::ask_ai;  // in its body
    const bool needs_role = one->needed >= need::see_room;
    EXPECT_EQ(names_room, needs_role) << one->pattern;
    if (one->pattern.starts_with("/tenant")) {
      EXPECT_EQ(one->needed, need::admin) << one->pattern;
    }
  }
}

// ---- who may ----

admission signed_in(room_role role = room_role::none, bool is_admin = false) {
  admission who;
  who.account.emplace();
  who.account->is_admin = is_admin;
  who.role = role;
  who.is_room_known = role != room_role::none;
  return who;
}

admission guest(room_role role) {
  admission who;
  who.role = role;
  who.is_room_known = role != room_role::none;
  return who;
}

admission token_of(token_scopes scopes, bool is_admin = true) {
  admission who = signed_in(room_role::none, is_admin);
  who.account->scopes = scopes;
  return who;
}

int answer_to(need what, const admission& who) {
  const auto refused = net::refusal(what, who, access_mode::accounts);
  return refused ? static_cast<int>(refused->result_int()) : 200;
}

TEST(refusal, by_account) {
  admission for_one_room = signed_in(room_role::none, true);
  for_one_room.account->only_room = "r";
  const struct {
    const char* who_is;
    admission who;
    int make_room, account, admin;
  } table[] = {
    {"a guest", guest(room_role::none), 401, 401, 401},
    {"a member", signed_in(), 200, 200, 403},
    {"an admin", signed_in(room_role::none, true), 200, 200, 200},
    {"a token for one room", for_one_room, 403, 403, 403},
    {"scope read", token_of({true, false, false, false, false}), 403, 403, 403},
    {"scope manage", token_of({false, false, true, false, false}), 200, 403, 403},
    {"scope account", token_of({false, false, false, true, false}), 403, 200, 403},
    {"scope admin", token_of({false, false, false, false, true}), 403, 403, 200},
    {"scope admin of a member", token_of({false, false, false, false, true}, false), 403, 403,
     403},
  };
  for (const auto& row : table) {
    EXPECT_EQ(answer_to(need::make_room, row.who), row.make_room) << row.who_is;
    EXPECT_EQ(answer_to(need::account, row.who), row.account) << row.who_is;
    EXPECT_EQ(answer_to(need::admin, row.who), row.admin) << row.who_is;
    EXPECT_EQ(answer_to(need::nothing, row.who), 200) << row.who_is;
  }
}

TEST(refusal, by_role_in_the_room) {
  admission admin = signed_in(room_role::none, true);
  admin.is_room_known = admin.may_manage = true;
  admission owner = signed_in(room_role::owner);
  owner.may_manage = true;
  const struct {
    const char* who_is;
    admission who;
    int see, read, edit, manage;
  } table[] = {
    {"somebody without a role", signed_in(), 404, 404, 404, 404},
    {"a guest without a role", guest(room_role::none), 401, 401, 401, 401},
    {"a guest by link", guest(room_role::viewer), 200, 200, 401, 401},
    {"a viewer", signed_in(room_role::viewer), 200, 200, 403, 403},
    {"a commenter", signed_in(room_role::commenter), 200, 200, 403, 403},
    {"an editor", signed_in(room_role::editor), 200, 200, 200, 403},
    {"an owner", owner, 200, 200, 200, 200},
    {"an admin who is no member", admin, 200, 403, 403, 200},
  };
  for (const auto& row : table) {
    EXPECT_EQ(answer_to(need::see_room, row.who), row.see) << row.who_is;
    EXPECT_EQ(answer_to(need::read_room, row.who), row.read) << row.who_is;
    EXPECT_EQ(answer_to(need::edit_room, row.who), row.edit) << row.who_is;
    EXPECT_EQ(answer_to(need::manage_room, row.who), row.manage) << row.who_is;
  }
}

TEST(refusal, of_the_ai_by_the_room_that_is_named_or_by_account) {
  admission for_one_room = token_of({true, true, false, false, false});
  for_one_room.account->only_room = "r";
  const struct {
    const char* who_is;
    admission who;
    int about_room, about_text;
  } table[] = {
    {"a guest by link", guest(room_role::editor), 200, 401},
    {"a viewer", signed_in(room_role::viewer), 403, 200},
    {"a commenter", signed_in(room_role::commenter), 403, 200},
    {"an editor", signed_in(room_role::editor), 200, 200},
    {"scope read", token_of({true, false, false, false, false}), 404, 403},
    {"scope write", token_of({true, true, false, false, false}), 404, 200},
    {"a token for one room", for_one_room, 404, 403},
  };
  const auto answer = [](const admission& who, bool names_room) {
    const auto refused = net::refusal(need::ask_ai, who, access_mode::accounts, names_room);
    return refused ? static_cast<int>(refused->result_int()) : 200;
  };
  for (const auto& row : table) {
    EXPECT_EQ(answer(row.who, true), row.about_room) << row.who_is;
    EXPECT_EQ(answer(row.who, false), row.about_text) << row.who_is;
  }
}

TEST(refusal, a_token_that_is_not_good_makes_nobody_a_guest) {
  admission who = guest(room_role::editor);
  who.is_token_bad = true;
  EXPECT_EQ(answer_to(need::read_room, who), 401);
  EXPECT_EQ(answer_to(need::make_room, who), 401);
  EXPECT_EQ(answer_to(need::nothing, who), 200);
}

TEST(refusal, nobody_is_let_in_while_the_store_cannot_be_asked) {
  admission who = guest(room_role::owner);
  who.is_store_down = true;
  EXPECT_EQ(answer_to(need::read_room, who), 503);
  EXPECT_EQ(answer_to(need::account, who), 503);
}

TEST(refusal, without_accounts_everybody_makes_rooms) {
  EXPECT_FALSE(net::refusal(need::make_room, guest(room_role::none), access_mode::open));
  EXPECT_FALSE(net::refusal(need::manage_room, net::open_admission(), access_mode::open));
}

}  // namespace
}  // namespace tandem::test
