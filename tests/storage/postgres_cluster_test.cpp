// Several nodes on one database: who is there, who has which room, and what each
// hears of.
#include "storage/cluster_registry.hpp"
#include "storage/room_access.hpp"
#include "tests/storage/postgres_test.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <atomic>
#include <mutex>
#include <set>
#include <thread>

namespace tandem::test {
namespace {

using namespace std::chrono_literals;
using storage::default_tenant;
using cause = storage::store_error::cause;
using words = std::vector<std::string>;

// A notice as words: `rights 7 r: text`.
std::string said(const storage::cluster_notice& notice) {
  constexpr const char* kinds[] = {"rights", "renamed", "removed", "move", "nodes"};
  std::string text = kinds[static_cast<int>(notice.what)];
  if (notice.account)
    text += fmt::format(" {}", *notice.account);
  if (!notice.room_id.empty())
    text += " " + notice.room_id;
  return notice.text.empty() ? text : text + ": " + notice.text;
}

words said(const std::vector<storage::cluster_notice>& notices) {
  words all;
  for (const auto& one : notices)
    all.push_back(said(one));
  return all;
}

const words everything{"nodes", "rights"};

class postgres_cluster : public postgres_test {
 protected:
  postgres_cluster() { make_room(*store); }

  std::unique_ptr<storage::cluster_registry> open_registry(const std::string& role = "postgres") {
    auto opened = storage::open_cluster_registry(url(role));
    EXPECT_EQ(said(opened->await(0ms)), words{}) << "it listens from here on";
    return opened;
  }

  static storage::node_record node(const std::string& id, const std::string& name) {
    return {id, name, name + ".example:4000", 1, 2, 0, false, 77};
  }

  static words names(const std::vector<storage::node_record>& nodes) {
    words all;
    for (const auto& one : nodes)
      all.push_back(one.name + "=" + one.id);
    return all;
  }

  // What a listener hears of a change. After it comes a mark, so that what it
  // does not hear has not come.
  template <class F>
  words heard_of(storage::cluster_registry& listener, F change) {
    change();
    sql("SELECT tell_cluster('removed', NULL, 'mark', NULL)");
    words all;
    const auto is_marked = [&] { return !all.empty() && all.back() == "removed mark"; };
    EXPECT_TRUE(await_polling([&] {
      for (const auto& one : listener.await(100ms))
        all.push_back(said(one));
      return is_marked();
    }));
    if (is_marked())
      all.pop_back();
    return all;
  }

  words heard_of_sql(storage::cluster_registry& listener, const std::string& statement) {
    return heard_of(listener, [&] { sql(statement); });
  }

  storage::account_key add_account(const std::string& login) {
    storage::account_key key = 0;
    store->change(default_tenant, [&](storage::sql_runner& sql) {
      key = storage::accounts{sql, default_tenant}
              .add({login, login, "member", "secret hash", {}, 1})
              .value();
    });
    return key;
  }

  template <class F>
  void change_accounts(F change) {
    store->change(default_tenant, [&](storage::sql_runner& sql) {
      storage::accounts all{sql, default_tenant};
      change(all);
    });
  }

  template <class F>
  void change_access(F change) {
    store->change(default_tenant, [&](storage::sql_runner& sql) {
      storage::room_access all{sql, default_tenant};
      change(all);
    });
  }

  storage::room_lease lease(const std::string& node) {
    return store->lease_room(default_tenant, "r", node);
  }

  std::unique_ptr<storage::store> store = open();
  std::unique_ptr<storage::cluster_registry> a = open_registry();
  std::unique_ptr<storage::cluster_registry> b = open_registry();
};

// ---- nodes ----

TEST_F(postgres_cluster, who_has_entered_is_seen_by_all_as_he_said) {
  a->enter(node("id-a", "one"));
  b->enter({"id-b", "two", "two.example:4000", 3, 4, 5, true, 78});
  const auto nodes = a->nodes();
  EXPECT_EQ(names(nodes), (words{"one=id-a", "two=id-b"}));
  EXPECT_EQ(nodes[1].address, "two.example:4000");
  EXPECT_EQ(nodes[1].speaks_from, 3);
  EXPECT_EQ(nodes[1].speaks_to, 4);
  EXPECT_EQ(nodes[1].beat, 5);
  EXPECT_TRUE(nodes[1].is_draining);
  EXPECT_FALSE(nodes[0].is_draining);
  EXPECT_EQ(nodes[1].started_at_ms, 78);
}

TEST_F(postgres_cluster, a_beat_raises_the_own_number_and_shows_all) {
  a->enter(node("id-a", "one"));
  b->enter(node("id-b", "two"));
  a->beat("id-a");
  const auto nodes = a->beat("id-a").value();
  EXPECT_EQ(names(nodes), (words{"one=id-a", "two=id-b"}));
  EXPECT_EQ(nodes[0].beat, 2);
  EXPECT_EQ(nodes[1].beat, 0);
  EXPECT_EQ(b->nodes()[0].beat, 2);
}

TEST_F(postgres_cluster, a_later_run_of_a_name_takes_its_place) {
  a->enter(node("first", "one"));
  EXPECT_TRUE(lease("first").epoch);
  b->enter(node("second", "one"));
  EXPECT_EQ(names(b->nodes()), (words{"one=second"}));
  EXPECT_FALSE(a->beat("first"));
  EXPECT_TRUE(b->beat("second"));
  EXPECT_TRUE(b->leases(10).empty());
}

TEST_F(postgres_cluster, who_enters_again_after_a_lost_answer_is_there_once) {
  a->enter(node("id-a", "one"));
  a->enter(node("id-a", "one"));
  EXPECT_EQ(names(a->nodes()), (words{"one=id-a"}));
}

TEST_F(postgres_cluster, runs_of_a_name_that_enter_at_once_leave_one) {
  std::vector<std::thread> entering;
  std::vector<std::optional<cause>> problems(4);
  for (std::size_t i = 0; i < problems.size(); ++i)
    entering.emplace_back([&, i] {
      const auto registry = storage::open_cluster_registry(url());
      problems[i] = cause_of([&] { registry->enter(node(fmt::format("run {}", i), "one")); });
    });
  for (std::thread& one : entering)
    one.join();
  for (const auto& problem : problems)
    EXPECT_FALSE(problem);
  EXPECT_EQ(a->nodes().size(), 1U);
}

TEST_F(postgres_cluster, a_node_is_buried_if_it_has_not_beaten_since_it_was_seen) {
  a->enter(node("id-a", "one"));
  b->enter(node("id-b", "two"));
  const std::int64_t seen = b->beat("id-b").value()[0].beat;
  a->beat("id-a");
  EXPECT_FALSE(b->bury("id-a", seen)) << "a beat in between saves it";
  EXPECT_TRUE(a->beat("id-a"));
  EXPECT_TRUE(b->bury("id-a", 2));
  EXPECT_FALSE(b->bury("id-a", 2)) << "only once";
  EXPECT_FALSE(a->beat("id-a"));
  EXPECT_EQ(names(b->nodes()), (words{"two=id-b"}));
}

TEST_F(postgres_cluster, who_leaves_is_gone_whatever_the_beat) {
  a->enter(node("id-a", "one"));
  a->beat("id-a");
  EXPECT_TRUE(lease("id-a").epoch);
  a->leave("id-a");
  EXPECT_TRUE(a->nodes().empty());
  EXPECT_TRUE(a->leases(10).empty());
  a->leave("id-a");
}

TEST_F(postgres_cluster, a_node_is_drained_and_undrained) {
  a->enter(node("id-a", "one"));
  b->set_draining("id-a", true);
  EXPECT_TRUE(a->beat("id-a").value()[0].is_draining);
  b->set_draining("id-a", false);
  EXPECT_FALSE(a->beat("id-a").value()[0].is_draining);
}

// ---- leases ----

TEST_F(postgres_cluster, a_free_room_is_leased_and_listed) {
  a->enter(node("id-a", "one"));
  const auto got = lease("id-a");
  EXPECT_EQ(got.epoch, 1);
  EXPECT_EQ(got.holder, "");
  EXPECT_FALSE(got.is_buried);
  const auto leases = b->leases(10);
  ASSERT_EQ(leases.size(), 1U);
  EXPECT_EQ(leases[0].tenant, default_tenant);
  EXPECT_EQ(leases[0].room_id, "r");
  EXPECT_EQ(leases[0].node, "id-a");
  EXPECT_EQ(leases[0].epoch, 1);
}

TEST_F(postgres_cluster, leases_of_all_tenants_are_listed_by_room_up_to_a_number) {
  sql("INSERT INTO tenant VALUES (2, 'other')");
  a->enter(node("id-a", "one"));
  for (const char* id : {"s", "q", "B"}) {
    store->create_room({2, id, "", 1, {}});
    EXPECT_TRUE(store->lease_room(2, id, "id-a").epoch);
  }
  EXPECT_TRUE(lease("id-a").epoch);
  words ids;
  EXPECT_EQ(a->leases_of("id-a", 10).size(), a->leases(10).size());
  EXPECT_EQ(a->leases_of("id-a", 1).size(), 1U);
  EXPECT_TRUE(a->leases_of("id-b", 10).empty());
  for (const auto& one : a->leases(3))
    ids.push_back(fmt::format("{} {}", one.room_id, one.tenant));
  EXPECT_EQ(ids, (words{"B 2", "q 2", "r 1"}));
}

TEST_F(postgres_cluster, a_room_that_another_node_has_is_refused_with_its_holder) {
  a->enter(node("id-a", "one"));
  b->enter(node("id-b", "two"));
  EXPECT_EQ(lease("id-a").epoch, 1);
  const auto refused = lease("id-b");
  EXPECT_FALSE(refused.epoch);
  EXPECT_EQ(refused.holder, "id-a");
  EXPECT_FALSE(refused.is_buried);
  EXPECT_EQ(store->find_room(default_tenant, "r")->epoch, 1) << "nothing has changed";
  EXPECT_EQ(a->leases(10).at(0).node, "id-a");
}

TEST_F(postgres_cluster, who_leases_again_what_he_has_gets_a_new_epoch) {
  a->enter(node("id-a", "one"));
  EXPECT_EQ(lease("id-a").epoch, 1);
  EXPECT_EQ(lease("id-a").epoch, 2);
  EXPECT_EQ(a->leases(10).at(0).epoch, 2);
}

TEST_F(postgres_cluster, the_rooms_of_a_buried_node_are_free_and_its_writes_are_refused) {
  a->enter(node("id-a", "one"));
  b->enter(node("id-b", "two"));
  const auto room = store->find_room(default_tenant, "r").value();
  const auto old = lease("id-a").epoch.value();
  EXPECT_EQ(write_one(*store, run_of(room, 41, 1, old)), written::written);
  EXPECT_TRUE(b->bury("id-a", 0));
  EXPECT_TRUE(b->leases(10).empty());
  const auto epoch = lease("id-b").epoch.value();
  EXPECT_GT(epoch, old);
  EXPECT_EQ(write_one(*store, run_of(room, 42, 1, old)), written::conflict);
  EXPECT_EQ(write_one(*store, run_of(room, 42, 1, epoch)), written::written);
}

TEST_F(postgres_cluster, a_buried_node_gets_no_room_and_is_told_why) {
  a->enter(node("id-a", "one"));
  a->leave("id-a");
  for (const char* id : {"r", "no such room"}) {
    const auto refused = store->lease_room(default_tenant, id, "id-a");
    EXPECT_TRUE(refused.is_buried);
    EXPECT_FALSE(refused.epoch);
    EXPECT_EQ(refused.holder, "");
  }
  EXPECT_EQ(store->find_room(default_tenant, "r")->epoch, 0);
}

TEST_F(postgres_cluster, a_room_that_is_not_there_or_another_tenants_cannot_be_leased) {
  sql("INSERT INTO tenant VALUES (2, 'other')");
  a->enter(node("id-a", "one"));
  for (const auto& [tenant, id] : {std::pair{default_tenant, "none"}, {2, "r"}}) {
    const auto refused = store->lease_room(tenant, id, "id-a");
    EXPECT_FALSE(refused.epoch);
    EXPECT_EQ(refused.holder, "");
    EXPECT_FALSE(refused.is_buried);
  }
}

TEST_F(postgres_cluster, a_room_that_was_released_is_free) {
  a->enter(node("id-a", "one"));
  b->enter(node("id-b", "two"));
  const auto epoch = lease("id-a").epoch.value();
  store->release_room(default_tenant, "r", "id-a", epoch);
  EXPECT_TRUE(a->leases(10).empty());
  EXPECT_EQ(lease("id-b").epoch, epoch + 1);
}

TEST_F(postgres_cluster, only_the_lease_that_is_meant_is_released) {
  a->enter(node("id-a", "one"));
  b->enter(node("id-b", "two"));
  const auto old = lease("id-a").epoch.value();
  const auto epoch = lease("id-a").epoch.value();
  store->release_room(default_tenant, "r", "id-a", old);
  store->release_room(default_tenant, "r", "id-b", epoch);
  store->release_room(2, "r", "id-a", epoch);
  EXPECT_EQ(a->leases(10).size(), 1U);
}

TEST_F(postgres_cluster, a_room_that_was_passed_is_the_others_and_of_nobody_elses) {
  a->enter(node("id-a", "one"));
  b->enter(node("id-b", "two"));
  const auto epoch = lease("id-a").epoch.value();
  store->pass_room(default_tenant, "r", "id-a", "id-b", epoch);
  EXPECT_EQ(lease("id-a").holder, "id-b");
  EXPECT_EQ(lease("id-b").epoch, epoch + 1);
  store->pass_room(default_tenant, "r", "id-b", "id-gone", epoch + 1);
  EXPECT_TRUE(a->leases(10).empty()) << "it is free: the other is gone";
}

TEST_F(postgres_cluster, only_the_lease_that_is_meant_is_passed) {
  a->enter(node("id-a", "one"));
  b->enter(node("id-b", "two"));
  const auto old = lease("id-a").epoch.value();
  const auto epoch = lease("id-a").epoch.value();
  store->pass_room(default_tenant, "r", "id-a", "id-b", old);
  store->pass_room(default_tenant, "r", "id-a", "id-gone", old);
  store->pass_room(default_tenant, "r", "id-b", "id-b", epoch);
  store->pass_room(2, "r", "id-a", "id-b", epoch);
  EXPECT_EQ(a->leases(10).at(0).node, "id-a");
}

// A server that is no node of the cluster comes to a room that a node has.
TEST_F(postgres_cluster, a_claim_without_a_node_takes_the_lease_away) {
  a->enter(node("id-a", "one"));
  const auto room = store->find_room(default_tenant, "r").value();
  const auto old = lease("id-a").epoch.value();
  EXPECT_EQ(store->claim_room(default_tenant, "r"), old + 1);
  EXPECT_TRUE(a->leases(10).empty());
  EXPECT_EQ(write_one(*store, run_of(room, 41, 1, old)), written::conflict);
}

TEST_F(postgres_cluster, a_lease_goes_with_its_room) {
  a->enter(node("id-a", "one"));
  EXPECT_TRUE(lease("id-a").epoch);
  EXPECT_TRUE(store->remove_room(default_tenant, "r"));
  EXPECT_TRUE(a->leases(10).empty());
}

TEST_F(postgres_cluster, a_lease_waits_for_an_append_under_way) {
  a->enter(node("id-a", "one"));
  pqxx::connection slow{url()};
  pqxx::work holder{slow};
  holder.exec("SELECT FROM tandem.room WHERE id = 'r' FOR NO KEY UPDATE");
  std::atomic<bool> has_got_it{false};
  std::thread leasing{[&] { has_got_it = lease("id-a").epoch.has_value(); }};
  EXPECT_TRUE(await_waiting_for_lock());
  EXPECT_FALSE(has_got_it);
  holder.abort();
  leasing.join();
  EXPECT_TRUE(has_got_it);
}

// Nodes that fight over few rooms, while each is buried again and again.
TEST_F(postgres_cluster, no_epoch_is_given_twice_and_no_lease_outlives_its_node) {
  const words rooms{"x", "y"};
  for (const std::string& id : rooms)
    store->create_room({default_tenant, id, "", 1, {}});
  std::mutex lock;
  std::set<std::pair<std::string, storage::room_epoch>> given;
  std::size_t given_count = 0;
  std::vector<std::thread> nodes;
  for (int n = 0; n < 3; ++n)
    nodes.emplace_back([&, n] {
      const auto own = open();
      const auto registry = storage::open_cluster_registry(url());
      const std::string name = fmt::format("node {}", n);
      for (int i = 0; i < 60; ++i) {
        const std::string& id = rooms[static_cast<std::size_t>(i + n) % rooms.size()];
        const auto got = own->lease_room(default_tenant, id, name);
        if (got.is_buried)
          registry->enter(node(name, name));
        if (!got.holder.empty())
          registry->bury(got.holder, 0);
        const std::lock_guard held{lock};
        if (got.epoch) {
          given.emplace(id, *got.epoch);
          ++given_count;
        }
      }
    });
  for (std::thread& one : nodes)
    one.join();
  EXPECT_GT(given_count, 0U);
  EXPECT_EQ(given.size(), given_count);
  EXPECT_EQ(sql("SELECT count(*) FROM room_lease WHERE node_id NOT IN (SELECT id FROM node)"),
            "0");
}

TEST(cluster_stores, a_store_without_a_cluster_says_so) {
  const auto store = storage::make_memory_store();
  EXPECT_EQ(cause_of([&] { store->lease_room(default_tenant, "r", "n"); }), cause::unavailable);
  EXPECT_EQ(cause_of([&] { store->release_room(default_tenant, "r", "n", 1); }),
            cause::unavailable);
}

// ---- as whom ----

TEST_F(postgres_cluster, a_member_of_the_role_that_owns_nothing_is_a_node_like_others) {
  const std::string member = database + "_member";
  server.sql("postgres", "CREATE ROLE " + member + " LOGIN IN ROLE tandem_app");
  const auto registry = open_registry(member);
  store = open_at(url(member));
  registry->enter(node("id-a", "one"));
  registry->enter(node("id-b", "two"));
  const auto got = lease("id-a");
  EXPECT_EQ(got.epoch, 1);
  EXPECT_EQ(lease("id-b").holder, "id-a");
  EXPECT_EQ(registry->leases(10).size(), 1U);
  const storage::account_key ada = add_account("ada");
  words told;  // of two transactions, which may come one after the other
  while (told.size() < 2) {
    const words more = said(b->await(patience));
    ASSERT_FALSE(more.empty());
    told.insert(told.end(), more.begin(), more.end());
  }
  EXPECT_EQ(told, (words{"nodes", "nodes"}));
  EXPECT_EQ(heard_of(*b, [&] { change_accounts([&](auto& all) { all.set_disabled(ada, true); }); }),
            (words{fmt::format("rights {}", ada)}));
  EXPECT_TRUE(registry->ask_to_move("r", "id-b"));
  registry->set_draining("id-a", true);
  EXPECT_EQ(registry->beat("id-a").value()[0].beat, 1);
  store->release_room(default_tenant, "r", "id-a", *got.epoch);
  EXPECT_EQ(store->claim_room(default_tenant, "r"), 2);
  EXPECT_TRUE(registry->bury("id-b", 0));
  registry->leave("id-a");
  EXPECT_TRUE(registry->nodes().empty());
}

// The owner of the tables is under row-level security, too.
TEST_F(postgres_cluster, an_ordinary_role_that_owns_the_tables_sees_all_leases) {
  database = server.add_empty_database();
  const std::string owner = database + "_owner";
  server.sql("postgres", "CREATE ROLE " + owner + " LOGIN");
  server.sql("postgres", "ALTER DATABASE " + database + " OWNER TO " + owner);
  store = open_at(url(owner));
  make_room(*store);
  const auto registry = open_registry(owner);
  registry->enter(node("id-a", "one"));
  EXPECT_EQ(lease("id-a").epoch, 1);
  EXPECT_EQ(registry->leases(10).size(), 1U);
  EXPECT_TRUE(registry->ask_to_move("r", "id-a"));
}

// ---- notices ----

TEST_F(postgres_cluster, a_change_of_an_account_is_told) {
  const auto ada = add_account("ada");
  const words rights{fmt::format("rights {}", ada)};
  const auto change = [&](auto f) {
    return heard_of(*a, [&] { change_accounts(f); });
  };
  EXPECT_EQ(change([&](auto& all) { all.set_disabled(ada, true); }), rights);
  EXPECT_EQ(change([&](auto& all) { all.set_disabled(ada, false); }), rights);
  EXPECT_EQ(change([&](auto& all) { all.set_role(ada, "admin"); }), rights);
  EXPECT_EQ(change([&](auto& all) { all.set_role(ada, "admin"); }), words{}) << "it is one";
  EXPECT_EQ(change([&](auto& all) { all.note_seen(ada, 99); }), words{});
  EXPECT_EQ(change([&](auto& all) { all.rename(ada, "Ada L."); }), words{});
  EXPECT_EQ(change([&](auto& all) { all.set_password(ada, "another"); }), words{});
  EXPECT_EQ(heard_of_sql(*a, fmt::format("DELETE FROM account WHERE key = {}", ada)), rights);
}

TEST_F(postgres_cluster, a_change_of_a_token_is_told_and_its_use_is_not) {
  const auto ada = add_account("ada");
  const words rights{fmt::format("rights {}", ada)};
  std::int64_t token = 0;
  const auto change = [&](auto f) {
    return heard_of(*a, [&] { change_accounts(f); });
  };
  const auto add = [&](auto& all) {
    token = all.add_token({0, ada, "program", "ci", "read", {}, "", 1, 2, {}}, "digest");
  };
  EXPECT_EQ(change(add), words{});
  EXPECT_EQ(change([&](auto& all) { all.note_token_seen(token, 99); }), words{});
  EXPECT_EQ(heard_of_sql(*a, "UPDATE token SET expires_at_ms = 3"), rights);
  EXPECT_EQ(heard_of_sql(*a, "UPDATE token SET scopes = 'edit'"), rights);
  EXPECT_EQ(change([&](auto& all) { all.remove_token(ada, "program", token); }), rights);
  EXPECT_EQ(change(add), words{});
  EXPECT_EQ(change([&](auto& all) { all.remove_expired_tokens(99); }), rights);
}

TEST_F(postgres_cluster, a_change_of_a_room_s_members_openness_and_ai_is_told) {
  const auto ada = add_account("ada");
  const auto change = [&](auto f) {
    return heard_of(*a, [&] { change_access(f); });
  };
  const words of_ada{fmt::format("rights {} r", ada)};
  const words of_room{"rights r"};
  EXPECT_EQ(change([&](auto& all) { all.set_member("r", ada, "editor"); }), of_ada);
  EXPECT_EQ(change([&](auto& all) { all.set_member("r", ada, "owner"); }), of_ada);
  EXPECT_EQ(change([&](auto& all) { all.remove_member("r", ada); }), of_ada);
  EXPECT_EQ(change([&](auto& all) { all.set("r", {"private", "viewer", false, ""}); }), of_room);
  EXPECT_EQ(change([&](auto& all) { all.set("r", {"private", "viewer", true, ""}); }), of_room);
  EXPECT_EQ(change([&](auto& all) { all.set("r", {"private", "viewer", true, "on"}); }), of_room);
  EXPECT_EQ(heard_of_sql(*a, "DELETE FROM room_access"), of_room);
}

TEST_F(postgres_cluster, the_end_of_an_invite_is_told_and_a_use_is_not) {
  std::int64_t invite = 0;
  const auto change = [&](auto f) {
    return heard_of(*a, [&] { change_access(f); });
  };
  const words rights{"rights r"};
  const auto add = [&](auto& all) {
    invite = all.add_invite({0, "r", "editor", 1, 2, 2, 0}, "digest");
  };
  EXPECT_EQ(change(add), words{});
  EXPECT_EQ(change([&](auto& all) { all.use_invite(invite); }), words{});
  EXPECT_EQ(change([&](auto& all) { all.use_invite(invite); }), rights) << "used up";
  EXPECT_EQ(heard_of_sql(*a, "UPDATE invite SET expires_at_ms = 3"), rights);
  EXPECT_EQ(change([&](auto& all) { all.remove_invite("r", invite); }), rights);
  EXPECT_EQ(change(add), words{});
  EXPECT_EQ(change([&](auto& all) { all.remove_expired_invites(99); }), rights);
}

TEST_F(postgres_cluster, an_invite_to_sign_up_is_nobodys_right_in_a_room) {
  EXPECT_EQ(heard_of(*a,
                     [&] {
                       change_access([](auto& all) {
                         const auto key =
                           all.add_invite({0, {}, "member", 1, 2, 1, 0}, "digest");
                         all.use_invite(key);
                         all.remove_invite({}, key);
                       });
                     }),
            words{});
}

TEST_F(postgres_cluster, a_new_name_of_a_room_is_told_and_an_epoch_is_not) {
  const auto rename = [&](const std::string& name) {
    return heard_of(*a, [&] { change_access([&](auto& all) { all.rename_room("r", name); }); });
  };
  EXPECT_EQ(rename("New  name: 7"), (words{"renamed r: New  name: 7"}));
  EXPECT_EQ(rename("New  name: 7"), words{}) << "it is its name";
  EXPECT_EQ(rename("naïve — 名前\n2"), (words{"renamed r: naïve — 名前\n2"}));
  EXPECT_EQ(heard_of(*a, [&] { store->claim_room(default_tenant, "r"); }), words{});
}

TEST_F(postgres_cluster, a_name_that_is_too_long_to_tell_is_kept_all_the_same) {
  EXPECT_EQ(heard_of_sql(*a, "UPDATE room SET name = repeat('x', 9000)"), everything);
  EXPECT_EQ(store->find_room(default_tenant, "r")->name.size(), 9000U);
}

TEST_F(postgres_cluster, a_removed_room_is_told) {
  EXPECT_EQ(heard_of(*a, [&] { store->remove_room(default_tenant, "r"); }),
            (words{"removed r"}));
}

TEST_F(postgres_cluster, an_id_of_a_room_may_have_any_characters) {
  store->create_room({default_tenant, "a room - 5", "", 1, {}});
  EXPECT_EQ(heard_of_sql(*a, "UPDATE room SET name = 'n' WHERE id = 'a room - 5'"),
            (words{"renamed a room - 5: n"}));
}

TEST_F(postgres_cluster, nodes_that_come_drain_and_go_are_told_and_beats_are_not) {
  const words nodes{"nodes"};
  EXPECT_EQ(heard_of(*a, [&] { b->enter(node("id-b", "two")); }), nodes);
  EXPECT_EQ(heard_of(*a, [&] { b->beat("id-b"); }), words{});
  EXPECT_EQ(heard_of(*a, [&] { b->set_draining("id-b", true); }), nodes);
  EXPECT_EQ(heard_of(*a, [&] { b->set_draining("id-b", true); }), words{});
  EXPECT_EQ(heard_of(*a, [&] { b->bury("id-b", 1); }), nodes);
  EXPECT_EQ(heard_of(*a, [&] { b->bury("id-b", 1); }), words{});
}

TEST_F(postgres_cluster, a_move_is_asked_of_whoever_has_the_room) {
  a->enter(node("id-a", "one"));
  EXPECT_EQ(heard_of(*a, [&] { EXPECT_FALSE(b->ask_to_move("r", "id-b")); }), words{"nodes"})
    << "of the entering alone: nobody has the room";
  EXPECT_FALSE(b->ask_to_move("none", "id-b"));
  EXPECT_TRUE(lease("id-a").epoch);
  EXPECT_EQ(heard_of(*a, [&] { EXPECT_TRUE(b->ask_to_move("r", "id-b")); }),
            (words{"move r: id-b"}));
}

// As with psql: another search_path, and no tenant set.
TEST_F(postgres_cluster, a_change_by_hand_is_told) {
  const auto ada = add_account("ada");
  const auto by_hand = [&](const std::string& statement) {
    return heard_of(*a, [&] {
      pqxx::connection to{url()};
      pqxx::nontransaction{to}.exec(statement);
    });
  };
  EXPECT_EQ(by_hand("UPDATE tandem.account SET is_disabled = 1"),
            (words{fmt::format("rights {}", ada)}));
  EXPECT_EQ(by_hand("DELETE FROM tandem.room WHERE id = 'r'"), (words{"removed r"}));
}

TEST_F(postgres_cluster, what_is_taken_back_is_not_told) {
  add_account("ada");
  EXPECT_EQ(heard_of(*a,
                     [&] {
                       pqxx::connection to{url()};
                       pqxx::work whole{to};
                       whole.exec("UPDATE tandem.account SET is_disabled = 1");
                       whole.abort();
                     }),
            words{});
}

TEST_F(postgres_cluster, what_is_not_understood_may_be_anything) {
  for (const char* text : {"", "anything", "later - 1 r", "rights x 0 ", "rights - 9 r",
                           "rights -", "rights - -1 r"})
    EXPECT_EQ(heard_of_sql(*a, fmt::format("NOTIFY tandem, '{}'", text)), everything) << text;
}

TEST_F(postgres_cluster, a_wait_for_news_ends_in_time_and_with_the_news) {
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(a->await(50ms).empty());
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 50ms);
  std::thread telling{[&] { b->enter(node("id-b", "two")); }};
  EXPECT_EQ(said(a->await(patience)), (words{"nodes"}));
  telling.join();
}

TEST_F(postgres_cluster, what_was_told_between_two_waits_is_heard) {
  a->enter(node("id-a", "one"));
  b->enter(node("id-b", "two"));
  a->beat("id-a");
  EXPECT_EQ(said(a->await(0ms)), (words{"nodes", "nodes"}));
}

// ---- lost connections ----

TEST_F(postgres_cluster, a_lost_connection_is_told_once_as_anything_may_have_changed) {
  a->enter(node("id-a", "one"));
  EXPECT_EQ(said(a->await(0ms)), (words{"nodes"}));
  end_all_sessions();
  EXPECT_EQ(said(a->await(patience)), everything);
  EXPECT_EQ(said(a->await(0ms)), words{});
  EXPECT_EQ(heard_of(*a, [&] { b->set_draining("id-a", true); }), (words{"nodes"}));
}

TEST_F(postgres_cluster, a_connection_that_is_lost_in_a_wait_ends_it) {
  b.reset();
  a->enter(node("id-a", "one"));
  a->await(0ms);
  std::vector<storage::cluster_notice> told;
  std::optional<cause> failed;
  std::atomic<bool> is_waiting{false};
  std::thread waiting{[&] {
    is_waiting = true;
    failed = cause_of([&] { told = a->await(patience); });
  }};
  EXPECT_TRUE(await_polling([&] { return is_waiting.load(); }));
  end_all_sessions();
  waiting.join();
  EXPECT_EQ(failed, std::nullopt);
  EXPECT_EQ(said(told), everything);
}

// The call that finds it lost opens another, and the gap is told nevertheless.
TEST_F(postgres_cluster, a_connection_that_a_beat_has_replaced_is_told_too) {
  a->enter(node("id-a", "one"));
  a->await(0ms);
  end_all_sessions();
  EXPECT_TRUE(a->beat("id-a"));
  EXPECT_EQ(said(a->await(0ms)), everything);
  EXPECT_EQ(said(a->await(0ms)), words{});
}

TEST_F(postgres_cluster, a_server_that_is_away_is_said_and_the_gap_is_told_when_it_is_back) {
  a->enter(node("id-a", "one"));
  a->await(0ms);
  server.crash();
  EXPECT_EQ(cause_of([&] { a->await(0ms); }), cause::unavailable);
  EXPECT_EQ(cause_of([&] { a->beat("id-a"); }), cause::unavailable);
  EXPECT_EQ(cause_of([&] { a->nodes(); }), cause::unavailable);
  server.start();
  EXPECT_TRUE(a->beat("id-a"));
  EXPECT_EQ(said(a->await(0ms)), everything);
}

// A frozen session keeps its socket open and never answers.
TEST_F(postgres_cluster, a_server_that_does_not_answer_a_beat_is_given_up) {
  b.reset();
  a->enter(node("id-a", "one"));
  a->await(0ms);
  const int session = std::stoi(sql(
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
    " AND query LIKE '%enter_node%' AND pid <> pg_backend_pid()"));
  kill(session, SIGSTOP);
  EXPECT_EQ(cause_of([&] { a->beat("id-a"); }), cause::unknown);
  kill(session, SIGCONT);
  EXPECT_TRUE(a->beat("id-a"));
  EXPECT_EQ(said(a->await(0ms)), everything);
}

}  // namespace
}  // namespace tandem::test
