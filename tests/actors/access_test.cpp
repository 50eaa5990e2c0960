// Roles: what each may, and how a room's role comes about.
#include "actors/access.hpp"

#include <gtest/gtest.h>

#include <array>

namespace tandem::test {
namespace {

constexpr std::array roles{room_role::none, room_role::viewer, room_role::commenter,
                           room_role::editor, room_role::owner};

TEST(access, what_each_role_may_in_a_room) {
  const struct {
    room_action action;
    std::array<bool, roles.size()> is_allowed;  // none, viewer, commenter, editor, owner
  } table[] = {
    {room_action::read, {false, true, true, true, true}},
    {room_action::point, {false, false, true, true, true}},
    {room_action::chat, {false, false, true, true, true}},
    {room_action::edit, {false, false, false, true, true}},
    {room_action::change_files, {false, false, false, true, true}},
    {room_action::ask_ai, {false, false, false, true, true}},
    {room_action::manage, {false, false, false, false, true}},
  };
  for (const auto& row : table)
    for (std::size_t i = 0; i < roles.size(); ++i)
      EXPECT_EQ(may(roles[i], row.action), row.is_allowed[i])
        << to_string(roles[i]) << " and action " << static_cast<int>(row.action);
}

TEST(access, role_names_are_read_and_written) {
  for (const room_role role : roles) {
    if (role != room_role::none) {
      EXPECT_EQ(parse_room_role(to_string(role)), role);
    }
  }
  for (const char* none : {"", "none", "Owner", "editor ", "admin"})
    EXPECT_FALSE(parse_room_role(none)) << none;
}

TEST(access, scopes_are_words_and_at_least_one) {
  EXPECT_EQ(parse_scopes("read"), (token_scopes{true, false, false, false, false}));
  EXPECT_EQ(parse_scopes("write admin"), (token_scopes{false, true, false, false, true}));
  EXPECT_EQ(parse_scopes("read write manage account admin"), all_scopes);
  for (const char* bad : {"", " ", "root", "read,write", "read root", "read  write"})
    EXPECT_FALSE(parse_scopes(bad)) << bad;
}

// ---- how a role comes about ----

known_account account_with(token_scopes scopes) {
  known_account account;
  account.scopes = scopes;
  return account;
}

room_claims claims_of(std::string visibility, bool is_of_tenant,
                      std::optional<std::string> member_role = {},
                      std::optional<room_role> invited_as = {}) {
  return {{std::move(visibility), "commenter", false}, is_of_tenant, std::move(member_role),
          invited_as};
}

TEST(access, a_role_comes_from_members_visibility_and_invites) {
  const known_account somebody;
  const struct {
    const char* why;
    room_claims claims;
    bool is_guest;
    room_role role;
  } table[] = {
    {"a guest, private", claims_of("private", false), true, room_role::none},
    {"a guest, tenant", claims_of("tenant", false), true, room_role::none},
    {"a guest, by link", claims_of("link", false), true, room_role::commenter},
    {"a guest, invited", claims_of("private", false, {}, room_role::editor), true,
     room_role::editor},
    {"of the tenant, private", claims_of("private", true), false, room_role::none},
    {"of the tenant, tenant", claims_of("tenant", true), false, room_role::commenter},
    {"of another, tenant", claims_of("tenant", false), false, room_role::none},
    {"of another, by link", claims_of("link", false), false, room_role::commenter},
    {"a member, private", claims_of("private", true, "editor"), false, room_role::editor},
    {"a member of less than the link", claims_of("link", true, "viewer"), false,
     room_role::commenter},
    {"a member, invited to more", claims_of("private", true, "viewer", room_role::editor), false,
     room_role::editor},
    {"a member, invited to less", claims_of("private", true, "owner", room_role::viewer), false,
     room_role::owner},
    {"a member's row in another tenant", claims_of("private", false, "owner"), false,
     room_role::none},
    {"a role that is none", claims_of("private", true, "king"), false, room_role::none},
    {"an unknown visibility", claims_of("public", true), false, room_role::none},
  };
  for (const auto& row : table)
    EXPECT_EQ(role_in_room(row.claims, row.is_guest ? nullptr : &somebody, "r"), row.role)
      << row.why;
}

TEST(access, a_token_gives_no_more_than_its_scopes_and_its_room) {
  const room_claims owner = claims_of("private", true, "owner");
  const struct {
    const char* scopes;
    room_role role;
  } table[] = {{"read", room_role::viewer},   {"write", room_role::editor},
               {"manage", room_role::owner},  {"account", room_role::none},
               {"admin", room_role::none},    {"read write", room_role::editor},
               {"read manage", room_role::owner}};
  for (const auto& row : table) {
    known_account account = account_with(parse_scopes(row.scopes).value());
    EXPECT_EQ(role_in_room(owner, &account, "r"), row.role) << row.scopes;
    account.only_room = "r";
    EXPECT_EQ(role_in_room(owner, &account, "r"), row.role) << row.scopes;
    account.only_room = "another";
    EXPECT_EQ(role_in_room(owner, &account, "r"), room_role::none) << row.scopes;
  }
}

TEST(access, a_locked_room_has_no_editors_but_its_owners) {
  const std::pair<const char*, room_role> table[] = {{"viewer", room_role::viewer},
                                                     {"commenter", room_role::commenter},
                                                     {"editor", room_role::commenter},
                                                     {"owner", room_role::owner}};
  const known_account somebody;
  for (const auto& [member, role] : table) {
    room_claims claims = claims_of("private", true, member);
    claims.access.is_locked = true;
    EXPECT_EQ(role_in_room(claims, &somebody, "r"), role) << member;
  }
}

TEST(access, owners_and_the_tenants_admins_manage_a_room) {
  known_account admin;
  admin.is_admin = true;
  EXPECT_TRUE(may_manage(room_role::owner, nullptr, false, "r"));
  EXPECT_FALSE(may_manage(room_role::editor, nullptr, true, "r"));
  EXPECT_TRUE(may_manage(room_role::none, &admin, true, "r"));
  EXPECT_FALSE(may_manage(room_role::none, &admin, false, "r")) << "of another tenant";
  admin.scopes.manage = false;
  EXPECT_FALSE(may_manage(room_role::none, &admin, true, "r")) << "a token without the scope";
  admin.scopes.manage = true;
  admin.only_room = "another";
  EXPECT_FALSE(may_manage(room_role::none, &admin, true, "r")) << "a token for another room";
}

}  // namespace
}  // namespace tandem::test
