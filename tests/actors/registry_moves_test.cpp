// Rooms that are not where they are looked for: the REGISTRY of one node of a
// cluster, in virtual time. The other node is not there: the test says who has the
// room, and whether its node can be reached.
#include "tests/actors/coordinated_server.hpp"
#include "tests/actors/scripted_store.hpp"
#include "tests/support/plain_encoder.hpp"
#include "tests/support/records.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

namespace tandem::test {
namespace {

using namespace std::chrono_literals;

// Stands for a RELAY to a node that cannot be reached: who is handed to it is told
// that the room has moved.
room_actor::behavior_type unreachable_room(room_actor::pointer self, registry_actor registry,
                                           std::string room_id) {
  return {
    [=](enter& in) {
      self->send(registry, room_moved{room_id, room_actor{self}, {}, true});
      self->send(in.session, no_room{no_room::reason::moved, in.token});
    },
    [](member_says&) {},
    [](store_says&) {},
    [](wake_up) {},
    [=](retire) { self->quit(); },
    [](close_room) {},
    [](const hand_over&) {},
    [](const room_renamed&) {},
  };
}

class registry_moves : public testing::Test {
 protected:
  registry_moves() {
    bounds.fanout_us_per_member = 0;
    bounds.room_wait_ms = 5'000;
    store->create_room({storage::default_tenant, "room", "Room", 1, {file_with("a", 3)}});
    server.emplace(bounds, encoder, store,
                   [this](const std::string& room_id, storage::tenant_key, const std::string&) {
                     ++relays;
                     return server->system().spawn(unreachable_room, server->registry_handle(),
                                                   room_id);
                   });
    tell_view();
  }

  // Nodes A, which is this one, and B. By its name B is the home of the room.
  void tell_view(bool is_draining = false) {
    const cluster_view view{"A", true, {{"A", "a", "a:1", is_draining}, {"B", "b", "b:1", false}}};
    ASSERT_EQ(view.home_of("room"), "B");
    server->tell_registry(cluster_changed{std::make_shared<const cluster_view>(view)});
    server->settle();
  }

  std::shared_ptr<coordinated_line> knock() {
    auto line = server->connect();
    line->say(client::hello{"ada", "ada", {{"a", {}, {}}}});
    server->settle();
    return line;
  }

  limits bounds;
  plain_encoder encoder;
  std::shared_ptr<scripted_store> store = std::make_shared<scripted_store>();
  int relays = 0;
  std::optional<coordinated_server> server;
};

TEST_F(registry_moves, who_is_sent_from_node_to_node_is_refused_when_the_wait_is_over) {
  store->lease_holder = "B";
  const auto ada = knock();
  server->pass(4'500ms);
  EXPECT_EQ(ada->closed, std::nullopt);
  server->pass(1'700ms);
  EXPECT_EQ(ada->closed, 1013);
}

TEST_F(registry_moves, a_room_that_is_not_found_is_looked_for_less_and_less_often) {
  store->lease_holder = "B";
  const auto ada = knock();
  server->pass(5s);
  EXPECT_GE(store->leases_tried, 3U);
  EXPECT_LE(store->leases_tried, 14U);
  EXPECT_LE(relays, 14);
}

TEST_F(registry_moves, a_room_that_moves_often_is_found_soon_each_time) {
  const auto ada = knock();
  server->pass(1s);
  ASSERT_NE(ada->read().find("opened a"), std::string::npos);
  for (std::uint64_t seq = 1; seq <= 6; ++seq) {
    server->tell_registry(move_room{"room", "B"});  // which cannot be reached
    server->pass(500ms);
    ada->say(client::edit{"a", 2 + seq, seq, make_op({"x"})});
    server->pass(10ms);
    ASSERT_NE(ada->read().find("ack a seq " + std::to_string(seq)), std::string::npos);
  }
}

TEST_F(registry_moves, a_change_of_the_nodes_is_a_reason_to_look_at_once) {
  store->lease_holder = "B";
  const auto ada = knock();
  server->pass(4s);
  ada->read();
  store->lease_holder.clear();
  const cluster_view alone{"A", true, {{"A", "a", "a:1", false}}};
  server->tell_registry(cluster_changed{std::make_shared<const cluster_view>(alone)});
  server->pass(25ms);
  EXPECT_NE(ada->read().find("opened a"), std::string::npos);
}

TEST_F(registry_moves, the_wait_counts_from_when_the_room_was_lost) {
  const auto ada = knock();
  server->pass(1s);
  ASSERT_NE(ada->read().find("opened a"), std::string::npos);
  for (int i = 0; i < 3; ++i) {
    store->lease_holder = "B";
    server->tell_registry(move_room{"room", "B"});
    server->pass(2s);
    store->lease_holder.clear();
    server->pass(2'500ms);
  }
  EXPECT_EQ(ada->closed, std::nullopt);
  ada->say(client::edit{"a", 3, 1, make_op({"x"})});
  server->pass(10ms);
  EXPECT_NE(ada->read().find("ack a seq 1"), std::string::npos) << "it is in the room";
}

TEST_F(registry_moves, a_registry_that_waits_for_nobody_sleeps) {
  const auto ada = knock();
  server->pass(1s);
  ASSERT_NE(ada->read().find("opened a"), std::string::npos) << "after a link was lost";
  server->pass(10s);
  const std::uint64_t before = server->messages();
  server->pass(10s);
  EXPECT_LE(server->messages() - before, 5U);
}

// ---- draining ----

TEST_F(registry_moves, while_it_drains_leases_that_no_room_has_are_let_go_of) {
  const auto ada = knock();
  server->pass(1s);
  ASSERT_EQ(server->rooms(), 1U);
  const auto lease = [](const char* room, const char* node) {
    return storage::lease_record{storage::default_tenant, room, node, 1};
  };
  server->tell_registry(
    still_leased{{lease("left", "A"), lease("room", "A"), lease("another's", "B")}});
  server->settle();
  EXPECT_EQ(store->let_go, std::vector<std::string>{"left"});
}

TEST_F(registry_moves, while_it_drains_a_room_that_came_late_goes_too) {
  tell_view(true);
  const auto ada = knock();  // b cannot be reached: the room is loaded here
  server->pass(1s);
  ASSERT_EQ(server->rooms(), 1U);
  server->tell_registry(still_leased{{{storage::default_tenant, "room", "A", 1}}});
  server->pass(30ms);
  EXPECT_EQ(store->let_go, std::vector<std::string>{"room to B"});
}

}  // namespace
}  // namespace tandem::test
