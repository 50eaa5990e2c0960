// What an invite makes of whoever shows it, once and again.
#include "actors/invites.hpp"

#include "storage/audit_log.hpp"
#include "storage/sqlite_store.hpp"
#include "tests/support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace tandem::test {
namespace {

constexpr std::int64_t now_ms = 1'000;
constexpr std::int64_t later_ms = 9'000;

class invites : public testing::Test {
 protected:
  invites() : store{storage::open_sqlite_store(folder / "tandem.db")} {
    store->migrate();
    store->create_room({storage::default_tenant, "r", "Room", 1, {}});
    change([&](storage::accounts& accounts, storage::room_access& rooms) {
      rooms.set("r", {"private", "viewer", false, ""});
      bob = *accounts.add({"bob", "Bob", "member", "h", {}, 1});
      show_as(accounts, "session", "read write manage account admin", {});
    });
  }

  template <class F>
  void change(F task) {
    store->change(storage::default_tenant, [&](storage::sql_runner& sql) {
      storage::accounts accounts{sql, storage::default_tenant};
      storage::room_access rooms{sql, storage::default_tenant};
      task(accounts, rooms);
    });
  }

  // Bob shows a token of that kind from now on.
  void show_as(storage::accounts& accounts, const std::string& kind, const std::string& scopes,
               std::optional<std::string> room) {
    const std::string text = "token " + std::to_string(++tokens);
    accounts.add_token({0, bob, kind, "", scopes, std::move(room), "", 1, later_ms, {}},
                       digest_of_token(text));
    shown.token_digest = digest_of_token(text);
  }

  void invite(const std::string& role, std::optional<std::int64_t> uses = {}) {
    const std::string text = "invite " + role;
    change([&](auto&, storage::room_access& rooms) {
      rooms.add_invite({0, "r", role, 1, later_ms, uses, 0}, digest_of_token(text));
    });
    shown.invite_digest = digest_of_token(text);
  }

  std::string redeem() {
    const auto redeemed = redeem_invite(*store, access_mode::accounts, shown, now_ms);
    return redeemed ? redeemed->role : "refused";
  }

  std::string role() {
    return std::string{to_string(decide(*store, access_mode::accounts, shown, "r", now_ms).role)};
  }

  std::int64_t used() {
    std::int64_t count = 0;
    change([&](auto&, storage::room_access& rooms) {
      count = rooms.find_invite(shown.invite_digest)->used;
    });
    return count;
  }

  std::string audit() {
    std::string lines;
    store->change(storage::default_tenant, [&](storage::sql_runner& sql) {
      for (const auto& entry : storage::audit_log{sql, storage::default_tenant}.after(0, 100))
        lines += entry.action + " " + entry.room_id.value_or("") + " " + entry.name + " "
                 + entry.detail.value_or("") + " " + entry.address + "\n";
    });
    return lines;
  }

  void set_role(const std::string& role) {
    change([&](auto&, storage::room_access& rooms) { rooms.set_member("r", bob, role); });
  }

  temp_folder folder;
  std::unique_ptr<storage::store> store;
  storage::account_key bob = 0;
  credentials shown;
  int tokens = 0;
};

TEST_F(invites, make_a_member_once_and_give_nothing_back_that_was_taken_away) {
  invite("editor");
  EXPECT_EQ(redeem(), "editor");
  EXPECT_EQ(role(), "editor");
  set_role("viewer");
  EXPECT_EQ(redeem(), "viewer");
  EXPECT_EQ(role(), "viewer");
  change([&](auto&, storage::room_access& rooms) { rooms.remove_member("r", bob); });
  EXPECT_EQ(redeem(), "refused");
  EXPECT_EQ(role(), "none");
  EXPECT_EQ(used(), 1);
}

TEST_F(invites, are_used_by_who_has_as_much_already_but_not_counted) {
  set_role("editor");
  invite("editor", 1);
  EXPECT_EQ(redeem(), "editor");
  EXPECT_EQ(used(), 0);
  set_role("viewer");
  EXPECT_EQ(redeem(), "viewer") << "after it was shown";
}

TEST_F(invites, of_a_guest_give_nothing_to_the_account_that_the_guest_signs_in_to) {
  invite("editor");
  shown.client = "c";
  const std::string token = std::exchange(shown.token_digest, "");
  EXPECT_EQ(redeem(), "editor");
  EXPECT_EQ(role(), "editor");
  shown.token_digest = token;
  EXPECT_EQ(role(), "none") << "a member's role counts";
  EXPECT_EQ(redeem(), "editor");
  set_role("viewer");
  EXPECT_EQ(role(), "viewer");
}

TEST_F(invites, make_no_member_of_a_token_for_one_room_and_lead_it_into_no_other) {
  store->create_room({storage::default_tenant, "s", "Other", 1, {}});
  invite("editor");
  shown.client = "c";
  change([&](storage::accounts& accounts, auto&) {
    show_as(accounts, "program", "read write account", "s");
  });
  EXPECT_EQ(redeem(), "refused");
  EXPECT_EQ(used(), 0);
  change([&](storage::accounts& accounts, auto&) {
    show_as(accounts, "program", "read write account", "r");
  });
  EXPECT_EQ(redeem(), "editor") << "a guest, as without the scope account";
  EXPECT_EQ(role(), "editor");
  change([&](auto&, storage::room_access& rooms) { EXPECT_FALSE(rooms.role_of("r", bob)); });
}

TEST_F(invites, are_not_used_by_who_shows_a_token_that_is_good_for_nothing) {
  invite("editor", 1);
  shown.client = "c";
  shown.token_digest = digest_of_token("none");
  EXPECT_EQ(redeem(), "refused");
  EXPECT_EQ(used(), 0);
}

TEST_F(invites, are_in_the_audit_log_when_they_give_something) {
  shown.address = "192.0.2.1";
  invite("editor");
  EXPECT_EQ(redeem_invite(*store, access_mode::accounts, shown, now_ms)->changed, bob);
  EXPECT_EQ(redeem_invite(*store, access_mode::accounts, shown, now_ms)->changed, std::nullopt);
  shown.token_digest.clear();
  shown.client = "c";
  redeem();
  redeem();
  EXPECT_EQ(audit(), "room.join r Bob editor 192.0.2.1\nroom.join r guest editor 192.0.2.1\n");
}

TEST_F(invites, of_a_server_without_accounts_are_in_no_log) {
  invite("editor");
  shown.client = "c";
  shown.token_digest.clear();
  EXPECT_TRUE(redeem_invite(*store, access_mode::open, shown, now_ms));
  EXPECT_EQ(audit(), "");
}

TEST_F(invites, are_for_as_many_as_they_say) {
  invite("editor", 1);
  EXPECT_EQ(redeem(), "editor");
  shown.token_digest.clear();
  shown.client = "c";
  EXPECT_EQ(redeem(), "refused");
}

}  // namespace
}  // namespace tandem::test
