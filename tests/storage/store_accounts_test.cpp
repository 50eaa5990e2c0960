// Accounts, access to rooms, and the audit log, in every backend that keeps them.
#include "storage/audit_log.hpp"
#include "storage/room_access.hpp"
#include "tests/storage/store_test.hpp"

namespace tandem::test {
namespace {

using storage::default_tenant;
using storage::global_key;

class store_accounts : public store_test {
 protected:
  template <class F>
  void change(F task, storage::tenant_key tenant = default_tenant) {
    store->change(tenant, [&](storage::sql_runner& sql) {
      storage::accounts accounts{sql, tenant};
      storage::room_access rooms{sql, tenant};
      task(accounts, rooms);
    });
  }

  storage::account_key add_account(const std::string& login,
                                   storage::tenant_key tenant = default_tenant) {
    storage::account_key key = 0;
    change([&](auto& accounts, auto&) { key = *accounts.add({login, "N", "member", "h", {}, 7}); },
           tenant);
    return key;
  }
};

TEST_P(store_accounts, an_account_is_found_by_its_login_and_keeps_what_it_is_given) {
  const auto key = add_account("ada@x");
  change([&](storage::accounts& accounts, auto&) {
    accounts.rename(key, "Ada 😀");
    accounts.set_role(key, "admin");
    accounts.set_password(key, "other");
    accounts.note_seen(key, 9);
    const auto found = accounts.find_login("ada@x").value();
    EXPECT_EQ(found.key, key);
    EXPECT_EQ(found.name, "Ada 😀");
    EXPECT_EQ(found.role, "admin");
    EXPECT_EQ(found.password, "other");
    EXPECT_EQ(found.created_at_ms, 7);
    EXPECT_EQ(found.seen_at_ms, 9);
    EXPECT_FALSE(found.is_disabled);
    EXPECT_EQ(accounts.count_active_admins(), 1);
    accounts.set_disabled(key, true);
    EXPECT_TRUE(accounts.find(key)->is_disabled);
    EXPECT_EQ(accounts.count_active_admins(), 0);
    EXPECT_FALSE(accounts.find_login("bob"));
    EXPECT_FALSE(accounts.find(key + 1));
  });
}

TEST_P(store_accounts, a_login_and_an_identity_are_taken_once_on_the_whole_server) {
  const auto other = store->add_tenant("other").value();
  change([&](storage::accounts& accounts, auto&) {
    EXPECT_TRUE(accounts.add({"ada", "A", "member", {}, "https://id 1", 1}));
    EXPECT_FALSE(accounts.add({"ada", "A", "member", {}, {}, 1}));
    EXPECT_FALSE(accounts.add({"bob", "A", "member", {}, "https://id 1", 1}));
  });
  change([&](storage::accounts& accounts,
             auto&) { EXPECT_FALSE(accounts.add({"ada", "A", "member", {}, {}, 1})); },
         other);
}

TEST_P(store_accounts, a_change_that_throws_leaves_nothing) {
  EXPECT_ANY_THROW(change([&](storage::accounts& accounts, auto&) {
    accounts.add({"ada", "A", "member", {}, {}, 1});
    throw storage::store_error{storage::store_error::cause::unavailable, "no"};
  }));
  EXPECT_FALSE(store->whose(global_key::login, "ada"));
}

TEST_P(store_accounts, tokens_are_found_by_their_digests_and_end) {
  const auto ada = add_account("ada");
  const auto bob = add_account("bob");
  change([&](storage::accounts& accounts, auto&) {
    const storage::token_record token{0, ada, "program", "ci", "read write", "room", "::1", 5, 50, {}};
    const auto key = accounts.add_token(token, "d1");
    accounts.add_token({0, ada, "session", "", "read", {}, "", 5, 60, {}}, "d2");
    const auto found = accounts.find_token("d1").value();
    EXPECT_EQ(found.account.login, "ada");
    EXPECT_EQ(found.token.key, key);
    EXPECT_EQ(found.token.scopes, "read write");
    EXPECT_EQ(found.token.room_id, "room");
    EXPECT_EQ(found.token.expires_at_ms, 50);
    EXPECT_FALSE(found.token.seen_at_ms);
    EXPECT_EQ(accounts.tokens_of(ada, "program").size(), 1U);
    EXPECT_FALSE(accounts.remove_token(bob, "program", key)) << "another's";
    EXPECT_FALSE(accounts.remove_token(ada, "session", key)) << "of another kind";
    accounts.remove_expired_tokens(50);
    EXPECT_FALSE(accounts.find_token("d1"));
    EXPECT_TRUE(accounts.find_token("d2"));
    accounts.remove_tokens(ada, "session", 0);
    EXPECT_FALSE(accounts.find_token("d2"));
  });
}

TEST_P(store_accounts, the_newest_tokens_of_a_kind_are_kept) {
  const auto ada = add_account("ada");
  const auto bob = add_account("bob");
  change([&](storage::accounts& accounts, auto&) {
    for (const char* digest : {"a", "b", "c"})
      accounts.add_token({0, ada, "session", "", "read", {}, "", 5, 60, {}}, digest);
    accounts.add_token({0, ada, "program", "", "read", {}, "", 5, 60, {}}, "p");
    accounts.add_token({0, bob, "session", "", "read", {}, "", 5, 60, {}}, "q");
    EXPECT_FALSE(accounts.keep_newest_tokens(ada, "session", 3));
    EXPECT_TRUE(accounts.keep_newest_tokens(ada, "session", 2));
    EXPECT_FALSE(accounts.find_token("a"));
    for (const char* digest : {"b", "c", "p", "q"})
      EXPECT_TRUE(accounts.find_token(digest)) << digest;
  });
}

TEST_P(store_accounts, whose_something_is_can_be_asked_before_anything_else) {
  const auto other = store->add_tenant("other").value();
  EXPECT_FALSE(store->add_tenant("other"));
  EXPECT_EQ(store->tenants().size(), 2U);
  add_room("r");
  const auto bob = add_account("bob", other);
  change([&](storage::accounts& accounts, storage::room_access& rooms) {
    accounts.add_token({0, bob, "session", "", "read", {}, "", 1, 2, {}}, "t");
    rooms.add_invite({0, "r", "editor", 1, 2, {}, 0}, "i");
  }, other);
  const auto reader = store->open_reader();
  for (storage::reader* from : {static_cast<storage::reader*>(store.get()), reader.get()}) {
    EXPECT_EQ(from->whose(global_key::room, "r"), default_tenant);
    EXPECT_EQ(from->whose(global_key::login, "bob"), other);
    EXPECT_EQ(from->whose(global_key::token, "t"), other);
    EXPECT_EQ(from->whose(global_key::invite, "i"), other);
    EXPECT_EQ(from->whose(global_key::tenant, "other"), other);
    EXPECT_FALSE(from->whose(global_key::tenant, "Other"));
    EXPECT_FALSE(from->whose(global_key::identity, "nobody"));
    EXPECT_FALSE(from->whose(global_key::room, "R"));
  }
}

TEST_P(store_accounts, nothing_of_another_tenant_is_found) {
  const auto other = store->add_tenant("other").value();
  add_room("r");
  const auto bob = add_account("bob", other);
  change([&](storage::accounts& accounts, storage::room_access& rooms) {
    EXPECT_FALSE(accounts.find(bob));
    EXPECT_FALSE(accounts.find_login("bob"));
    EXPECT_TRUE(accounts.all().empty());
    rooms.set("r", {"private", "viewer", true, "on"});
    rooms.set_member("r", bob, "owner");
    EXPECT_TRUE(rooms.members("r").empty()) << "somebody of another tenant is no member";
  });
  change([&](storage::accounts&, storage::room_access& rooms) {
    EXPECT_FALSE(rooms.find("r"));
    EXPECT_TRUE(rooms.all_rooms().empty());
    EXPECT_TRUE(rooms.rooms_of(bob).empty());
    EXPECT_FALSE(rooms.role_of("r", bob));
  }, other);
  EXPECT_FALSE(store->room_ai_mode(other, "r"));
}

TEST_P(store_accounts, a_room_has_access_and_members_until_it_is_removed) {
  add_room("r");
  const auto ada = add_account("ada");
  change([&](auto&, storage::room_access& rooms) {
    EXPECT_EQ(rooms.find("r")->visibility, "link") << "without a row: as without accounts";
    EXPECT_FALSE(rooms.find("none"));
    rooms.set("r", {"tenant", "commenter", true, ""});
    rooms.set_member("r", ada, "editor");
    rooms.set_member("r", ada, "owner");
    rooms.rename_room("r", "Better");
    const auto access = rooms.find("r").value();
    EXPECT_EQ(access.visibility, "tenant");
    EXPECT_EQ(access.link_role, "commenter");
    EXPECT_TRUE(access.is_locked);
    EXPECT_EQ(rooms.role_of("r", ada), "owner");
    EXPECT_TRUE(rooms.is_last_owner("r", ada));
    EXPECT_FALSE(rooms.is_last_owner("r", ada + 1));
    EXPECT_EQ(rooms.members("r").at(0).login, "ada");
    EXPECT_EQ(rooms.rooms_of(ada).at(0).name, "Better");
    EXPECT_EQ(rooms.all_rooms().at(0).owners, std::vector<std::string>{"N"});
    rooms.add_invite({0, "r", "editor", 1, 2, {}, 0}, "i");
  });
  EXPECT_TRUE(store->remove_room(default_tenant, "r"));
  EXPECT_FALSE(store->whose(global_key::invite, "i"));
  change([&](auto&, storage::room_access& rooms) {
    EXPECT_TRUE(rooms.rooms_of(ada).empty());
    EXPECT_FALSE(rooms.role_of("r", ada));
  });
}

TEST_P(store_accounts, a_rooms_ai_is_the_operators_default_until_the_room_has_its_own) {
  add_room("r");
  const auto reader = store->open_reader();
  EXPECT_EQ(reader->room_ai_mode(default_tenant, "r"), "") << "without a row";
  change([](auto&, storage::room_access& rooms) {
    rooms.set("r", {"link", "editor", false, ""});
    EXPECT_EQ(rooms.find("r")->ai, "");
  });
  EXPECT_EQ(reader->room_ai_mode(default_tenant, "r"), "") << "with a row that says nothing";
  for (const char* mode : {"on", "local", "off"}) {
    change([&](auto&, storage::room_access& rooms) {
      rooms.set("r", {"link", "editor", false, mode});
      EXPECT_EQ(rooms.find("r")->ai, mode);
      EXPECT_EQ(rooms.all_rooms().at(0).access.ai, mode);
    });
    EXPECT_EQ(reader->room_ai_mode(default_tenant, "r"), mode);
    EXPECT_EQ(store->room_ai_mode(default_tenant, "r"), mode);
  }
  EXPECT_TRUE(store->remove_room(default_tenant, "r"));
  EXPECT_FALSE(reader->room_ai_mode(default_tenant, "r"));
}

TEST_P(store_accounts, an_invite_is_used_up_and_a_guest_uses_it_once) {
  change([&](auto&, storage::room_access& rooms) {
    const auto key = rooms.add_invite({0, "r", "editor", 1, 20, 2, 0}, "i");
    const auto endless = rooms.add_invite({0, std::nullopt, "member", 1, 30, {}, 0}, "j");
    EXPECT_EQ(rooms.find_invite("i")->uses, 2);
    EXPECT_FALSE(rooms.find_invite("j")->room_id);
    EXPECT_TRUE(rooms.use_invite_as(key, "ada"));
    EXPECT_TRUE(rooms.use_invite_as(key, "ada"));
    EXPECT_TRUE(rooms.use_invite_as(key, "bob"));
    EXPECT_FALSE(rooms.use_invite_as(key, "eve"));
    EXPECT_TRUE(rooms.has_used_invite(key, "bob"));
    EXPECT_FALSE(rooms.has_used_invite(key, "eve"));
    EXPECT_EQ(rooms.find_invite("i")->used, 2);
    for (int i = 0; i < 5; ++i)
      EXPECT_TRUE(rooms.use_invite(endless));
    EXPECT_EQ(rooms.invites("r").size(), 1U);
    EXPECT_EQ(rooms.invites(std::nullopt).size(), 1U);
    EXPECT_FALSE(rooms.remove_invite("other", key));
    EXPECT_FALSE(rooms.remove_invite(std::nullopt, key));
    rooms.remove_expired_invites(20);
    EXPECT_FALSE(rooms.find_invite("i"));
    EXPECT_TRUE(rooms.remove_invite(std::nullopt, endless));
  });
}

TEST_P(store_accounts, the_audit_log_is_read_from_both_ends) {
  store->change(default_tenant, [&](storage::sql_runner& sql) {
    storage::audit_log log{sql, default_tenant};
    for (std::int64_t at = 1; at <= 5; ++at)
      log.add({0, at, at, "Ada", "::1", "sign_in", "r", {}, "d"});
    const auto newest = log.before(1'000'000, 2);
    ASSERT_EQ(newest.size(), 2U);
    EXPECT_EQ(newest[0].at_ms, 5);
    EXPECT_EQ(newest[1].account, 4);
    EXPECT_FALSE(newest[1].target);
    EXPECT_EQ(newest[1].detail, "d");
    EXPECT_EQ(log.before(newest[1].key, 10).at(0).at_ms, 3);
    EXPECT_EQ(log.after(0, 10).at(0).at_ms, 1);
    log.remove_before(4);
    EXPECT_EQ(log.after(0, 10).size(), 2U);
  });
}

TEST_P(store_accounts, rooms_are_counted_no_further_than_asked) {
  for (const char* id : {"a", "b", "c"})
    add_room(id);
  EXPECT_EQ(store->count_rooms(default_tenant, 2), 2);
  EXPECT_EQ(store->count_rooms(default_tenant, 10), 3);
  EXPECT_EQ(store->count_rooms(2, 10), 0);
}

INSTANTIATE_TEST_SUITE_P(backends, store_accounts,
                         testing::Values(backend{"sqlite", open_sqlite},
                                         backend{"postgres", open_postgres}),
                         backend_name);

}  // namespace
}  // namespace tandem::test
