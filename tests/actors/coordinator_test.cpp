// When things happen: the real actors in virtual time, to the millisecond.
#include "tests/actors/coordinated_server.hpp"
#include "tests/actors/scripted_store.hpp"
#include "tests/support/plain_encoder.hpp"
#include "tests/support/records.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <initializer_list>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace tandem::test {
namespace {

using namespace std::chrono_literals;
using fate = scripted_store::fate;

// Throws once, when it is next asked for a frame of the kind that was named.
class faulty_encoder final : public frame_encoder {
 public:
  mutable bool fails_at_op = false;
  mutable bool fails_at_ack = false;

  frame encode(const server::op& m) const override {
    fail_if(fails_at_op);
    return plain_.encode(m);
  }
  frame encode(const server::ack& m) const override {
    fail_if(fails_at_ack);
    return plain_.encode(m);
  }
  frame encode(const server::welcome& m) const override { return plain_.encode(m); }
  frame encode(const server::opened& m) const override { return plain_.encode(m); }
  frame encode(const server::cursor& m) const override { return plain_.encode(m); }
  frame encode(const server::join& m) const override { return plain_.encode(m); }
  frame encode(const server::leave& m) const override { return plain_.encode(m); }
  frame encode(const server::role& m) const override { return plain_.encode(m); }
  frame encode(const server::chat& m) const override { return plain_.encode(m); }
  frame encode(const server::file_changed& m) const override { return plain_.encode(m); }
  frame encode(const server::check& m) const override { return plain_.encode(m); }
  frame encode(const server::error& m) const override { return plain_.encode(m); }
  frame encode_ai(const server::ai_event& m) const override { return plain_.encode_ai(m); }

 private:
  static void fail_if(bool& fails) {
    if (std::exchange(fails, false))
      throw std::runtime_error{"a fault of ours"};
  }

  plain_encoder plain_;
};

// A room "room" with the file "a" of "abc", in which broadcasts need not be
// spaced, and which is evicted after a second.
class coordinated_room : public testing::Test {
 protected:
  coordinated_room() {
    bounds.fanout_us_per_member = 0;
    bounds.room_idle_ms = 1'000;
    store->create_room({storage::default_tenant, "room", "Room", 1, {file_with("a", 3)}});
  }
  ~coordinated_room() override {
    store->read_fails = [] { return false; };
    store->fate_of_write = [] { return fate::written; };
  }

  void start() { server.emplace(bounds, encoder, store); }

  // Somebody who follows the file, and has read everything so far.
  std::shared_ptr<coordinated_line> enter(const std::string& name) {
    auto line = knock(name);
    server->settle();
    EXPECT_NE(line->read().find("opened a"), std::string::npos) << name;
    return line;
  }

  // The same, but nobody has dealt with it yet.
  std::shared_ptr<coordinated_line> knock(const std::string& name) {
    auto line = server->connect();
    line->say(client::hello{name, name, {{"a", {}, {}}}});
    return line;
  }

  void leave(coordinated_line& line) {
    line.disconnect();
    server->settle();
  }

  // Puts a letter before everything. What the sender is told until all is quiet.
  std::string type(coordinated_line& line, std::uint64_t seq, ot::revision base,
                   const char* letter = "x") {
    line.say(client::edit{"a", base, seq, make_op({letter})});
    server->settle();
    return line.read();
  }

  void next_writes(std::initializer_list<fate> fates) {
    store->fate_of_write = [rest = std::deque<fate>(fates)]() mutable {
      if (rest.empty())
        return fate::written;
      const fate next = rest.front();
      rest.pop_front();
      return next;
    };
  }

  std::string stored_text() {
    const auto room = store->find_room(storage::default_tenant, "room").value();
    return text_at(*store, room.files[0].key, room.files[0].rev).value();
  }

  limits bounds;
  faulty_encoder encoder;
  std::shared_ptr<scripted_store> store = std::make_shared<scripted_store>();
  std::optional<coordinated_server> server;
};

// ---- a room's end ----

TEST_F(coordinated_room, is_evicted_when_it_has_been_empty_for_the_idle_time) {
  start();
  const auto ada = enter("ada");
  server->pass(5s);
  EXPECT_EQ(server->rooms(), 1U) << "somebody is there";
  leave(*ada);
  server->pass(999ms);
  EXPECT_EQ(server->rooms(), 1U);
  server->pass(1ms);
  EXPECT_EQ(server->rooms(), 0U);
}

TEST_F(coordinated_room, counts_its_idle_time_from_the_last_who_left) {
  start();
  leave(*enter("ada"));
  server->pass(600ms);
  const auto bob = enter("bob");
  server->pass(200ms);
  leave(*bob);
  server->pass(999ms);
  EXPECT_EQ(server->rooms(), 1U);
  server->pass(1ms);
  EXPECT_EQ(server->rooms(), 0U);
}

TEST_F(coordinated_room, is_not_evicted_before_its_last_write) {
  start();
  const auto ada = enter("ada");
  server->hold("writer");
  EXPECT_EQ(type(*ada, 1, 3), "");
  leave(*ada);
  server->pass(5s);
  EXPECT_EQ(server->rooms(), 1U);
  server->release();
  server->settle();
  EXPECT_EQ(stored_text(), "xabc");
  EXPECT_EQ(server->rooms(), 1U) << "until it is looked at again";
  server->pass(1s);
  EXPECT_EQ(server->rooms(), 0U);
}

TEST_F(coordinated_room, is_not_evicted_under_a_newcomer) {
  start();
  leave(*enter("ada"));
  server->hold("room");
  server->let_time_pass(1s);      // the room's timer is first in its mailbox,
  const auto bob = knock("bob");  // bob second: it offers its end without
  server->settle();               // having heard of him
  server->release();
  server->settle();
  EXPECT_NE(bob->read().find("opened a 3"), std::string::npos);
  EXPECT_EQ(type(*bob, 1, 3), "ack a seq 1 rev 4\n");
  server->pass(5s);
  EXPECT_EQ(server->rooms(), 1U);
}

TEST_F(coordinated_room, turns_away_who_waits_when_it_is_removed_while_it_loads) {
  start();
  server->hold("reader");
  const auto ada = knock("ada");
  server->settle();
  EXPECT_EQ(server->rooms(), 1U);
  server->remove("room", [](storage::store& from) {
    from.remove_room(storage::default_tenant, "room");
  });
  server->settle();
  EXPECT_EQ(ada->closed, 4404);
  EXPECT_EQ(server->rooms(), 0U);
  server->release();
  server->settle();
  EXPECT_EQ(ada->read(), "");
}

TEST_F(coordinated_room, a_stop_waits_for_the_write_under_way) {
  start();
  const auto ada = enter("ada");
  server->hold("writer");
  type(*ada, 1, 3);
  server->stop();
  server->pass(5s);
  EXPECT_FALSE(server->has_stopped());
  server->release();
  server->settle();
  EXPECT_TRUE(server->has_stopped());
  EXPECT_EQ(stored_text(), "xabc");
}

TEST_F(coordinated_room, a_stop_waits_for_what_gathers_until_its_interval_is_over) {
  bounds.fanout_us_per_member = 10'000;
  start();
  const auto ada = enter("ada");
  server->pass(10ms);
  EXPECT_EQ(type(*ada, 1, 3), "ack a seq 1 rev 4\n");
  EXPECT_EQ(type(*ada, 2, 4, "y"), "");
  server->stop();
  server->pass(9ms);
  EXPECT_FALSE(server->has_stopped());
  server->pass(1ms);
  EXPECT_TRUE(server->has_stopped());
  EXPECT_EQ(stored_text(), "yxabc");
}

// ---- how often it tells everybody ----

TEST_F(coordinated_room, spaces_its_broadcasts_by_the_number_of_members) {
  bounds.fanout_us_per_member = 5'000;
  bounds.fanout_interval_max_us = 100'000;
  start();
  const auto ada = enter("ada");
  const auto bob = enter("bob");
  server->pass(1s);
  ada->read();
  bob->read();
  EXPECT_EQ(type(*ada, 1, 3), "ack a seq 1 rev 4\n") << "it was quiet: at once";
  EXPECT_EQ(type(*ada, 2, 4, "y"), "");
  EXPECT_EQ(bob->read(), "op a 4 [\"x\"] by 1\n");
  server->pass(9ms);
  EXPECT_EQ(type(*bob, 1, 4, "z"), "") << "what comes meanwhile goes along";
  const std::uint64_t writes_before = store->writes_tried;
  server->pass(1ms);
  EXPECT_EQ(store->writes_tried, writes_before + 1);
  EXPECT_EQ(ada->read(), "ack a seq 2 rev 5\nop a 6 [\"z\"] by 2\n");
  EXPECT_EQ(bob->read(), "op a 5 [\"y\"] by 1\nack a seq 1 rev 6\n");
}

TEST_F(coordinated_room, spaces_its_broadcasts_by_so_much_at_most) {
  bounds.fanout_us_per_member = 50'000;
  bounds.fanout_interval_max_us = 20'000;
  start();
  const auto ada = enter("ada");
  server->pass(1s);
  type(*ada, 1, 3);
  EXPECT_EQ(type(*ada, 2, 4), "");
  server->pass(19ms);
  EXPECT_EQ(ada->read(), "");
  server->pass(1ms);
  EXPECT_EQ(ada->read(), "ack a seq 2 rev 5\n");
}

// ---- a store that fails ----

TEST_F(coordinated_room, tries_a_store_that_failed_after_the_pause_and_not_before) {
  start();
  const auto ada = enter("ada");
  next_writes({fate::failed});
  EXPECT_EQ(type(*ada, 1, 3), "error unavailable a seq 1 retry 500\nerror unavailable retry 500\n");
  const std::uint64_t writes_before = store->writes_tried;
  server->pass(499ms);
  EXPECT_EQ(type(*ada, 1, 3), "error unavailable a seq 1 retry 500\n");
  EXPECT_EQ(store->writes_tried, writes_before);
  server->pass(1ms);
  EXPECT_EQ(type(*ada, 1, 3), "ack a seq 1 rev 4\n");
  EXPECT_EQ(store->writes_tried, writes_before + 1);
}

TEST_F(coordinated_room, waits_the_whole_pause_again_when_the_store_fails_again) {
  start();
  const auto ada = enter("ada");
  next_writes({fate::failed, fate::failed});
  type(*ada, 1, 3);
  server->pass(700ms);
  EXPECT_EQ(type(*ada, 1, 3), "error unavailable a seq 1 retry 500\n");
  server->pass(499ms);
  EXPECT_EQ(type(*ada, 1, 3), "error unavailable a seq 1 retry 500\n");
  server->pass(1ms);
  EXPECT_EQ(type(*ada, 1, 3), "ack a seq 1 rev 4\n");
}

TEST_F(coordinated_room, loads_itself_again_after_the_pause_until_the_store_can_be_read) {
  start();
  const auto ada = enter("ada");
  next_writes({fate::kept});
  store->read_fails = [] { return true; };
  EXPECT_EQ(type(*ada, 1, 3), "error unavailable retry 500\n") << "its edit is in doubt";
  const std::uint64_t claims_before = store->claims_tried;
  server->pass(499ms);
  EXPECT_EQ(store->claims_tried, claims_before);
  server->pass(1ms);
  EXPECT_EQ(store->claims_tried, claims_before + 1);
  store->read_fails = [] { return false; };
  server->pass(499ms);
  EXPECT_EQ(ada->read(), "");
  server->pass(1ms);
  EXPECT_EQ(ada->read(), "ack a seq 1 rev 4\n") << "it was kept";
}

TEST_F(coordinated_room, an_edit_in_doubt_that_is_not_in_the_store_is_refused) {
  start();
  const auto ada = enter("ada");
  next_writes({fate::lost});
  EXPECT_EQ(type(*ada, 1, 3),
            "error unavailable retry 500\nerror unavailable a seq 1 retry 500\n");
  EXPECT_EQ(type(*ada, 1, 3), "ack a seq 1 rev 4\n");
}

TEST_F(coordinated_room, a_write_in_doubt_does_not_land_behind_the_claim) {
  start();
  const auto ada = enter("ada");
  next_writes({fate::kept_later});
  type(*ada, 1, 3);
  store->write_late();
  EXPECT_EQ(stored_text(), "abc");
  EXPECT_EQ(type(*ada, 1, 3, "y"), "ack a seq 1 rev 4\n");
  EXPECT_EQ(stored_text(), "yabc");
}

// ---- an edit by somebody who has no connection ----

class visits : public coordinated_room {
 protected:
  // Puts a letter before everything; what was answered, once it was.
  void visit(const std::string& room, storage::file_key file, ot::revision base) {
    server->edit({room, file, "Eve", base, make_op({"v"})}, [this](const visit_result& result) {
      answers += result.rev ? "rev " + std::to_string(*result.rev)
                            : result.is_room_absent ? "absent"
                                                    : std::string{to_string(result.code)};
      answers += '\n';
    });
  }
  storage::file_key file_key() const {
    return store->find_room(storage::default_tenant, "room")->files[0].key;
  }

  std::string answers;
};

TEST_F(visits, are_answered_when_the_edit_is_durable_and_seen_by_nobody) {
  start();
  const auto ada = enter("ada");
  server->hold("writer");
  visit("room", file_key(), 3);
  server->settle();
  EXPECT_EQ(answers, "");
  server->release();
  server->settle();
  EXPECT_EQ(answers, "rev 4\n");
  EXPECT_EQ(ada->read(), "op a 4 [\"v\"] by 2\n");
  const auto bob = server->connect();
  bob->say(client::hello{"bob", "bob", {}});
  server->settle();
  EXPECT_EQ(bob->read().find("Eve"), std::string::npos);
  EXPECT_EQ(stored_text(), "vabc");
}

TEST_F(visits, load_the_room_and_let_it_go_again) {
  start();
  visit("room", file_key(), 2);
  server->settle();
  EXPECT_EQ(answers, "rev 4\n");
  EXPECT_EQ(server->rooms(), 1U);
  server->pass(1s);
  EXPECT_EQ(server->rooms(), 0U);
}

TEST_F(visits, are_told_why_nothing_came_of_them) {
  start();
  visit("nowhere", 1, 0);
  visit("room", file_key() + 1, 0);
  visit("room", file_key(), 9);
  server->settle();
  EXPECT_EQ(answers, "absent\nunknown_file\nstale\n");
  next_writes({fate::failed});
  visit("room", file_key(), 3);
  server->settle();
  EXPECT_TRUE(answers.ends_with("stale\nunavailable\n")) << answers;
}

TEST_F(visits, have_an_end_when_the_store_does_not_answer) {
  start();
  server->hold("writer");
  visit("room", file_key(), 3);
  server->pass(9'999ms);
  EXPECT_EQ(answers, "");
  server->pass(1ms);
  EXPECT_EQ(answers, "unavailable\n");
}

// ---- what ends without a word ----

TEST_F(coordinated_room, forgets_a_member_whose_session_crashed) {
  start();
  const auto ada = enter("ada");
  const auto bob = enter("bob");
  ada->crash();
  server->settle();
  EXPECT_EQ(bob->read(), "leave 1\n");
  leave(*bob);
  server->pass(1s);
  EXPECT_EQ(server->rooms(), 0U) << "nobody is in it";
}

TEST_F(coordinated_room, keeps_what_a_crashed_session_had_handed_over) {
  start();
  const auto ada = enter("ada");
  const auto bob = enter("bob");
  server->hold("writer");
  type(*ada, 1, 3);
  ada->crash();
  server->settle();
  server->release();
  server->settle();
  EXPECT_EQ(bob->read(), "leave 1\nop a 4 [\"x\"] by 1\n");
}

TEST_F(coordinated_room, takes_back_a_client_whose_session_crashed) {
  start();
  const auto ada = enter("ada");
  type(*ada, 1, 3);
  ada->crash();
  const auto again = server->connect();
  again->say(client::hello{"ada", "ada", {{"a", 3, 1}}});
  server->settle();
  EXPECT_NE(again->read().find("ack a seq 1 rev 4\n"), std::string::npos);
}

TEST_F(coordinated_room, a_fault_in_a_room_ends_it_and_it_is_loaded_anew) {
  start();
  const auto ada = enter("ada");
  const auto bob = enter("bob");
  encoder.fails_at_op = true;
  type(*ada, 1, 3);
  EXPECT_EQ(ada->closed, 1001);
  EXPECT_EQ(bob->closed, 1001);
  EXPECT_EQ(server->rooms(), 0U);
  const auto again = server->connect();
  again->say(client::hello{"ada", "ada", {{"a", 3, 1}}});
  server->settle();
  EXPECT_NE(again->read().find("ack a seq 1 rev 4\n"), std::string::npos) << "it was durable";
}

TEST_F(coordinated_room, a_fault_in_a_session_ends_that_connection_alone) {
  start();
  const auto ada = enter("ada");
  const auto bob = enter("bob");
  ada->read();
  encoder.fails_at_ack = true;
  type(*ada, 1, 3);
  EXPECT_EQ(ada->closed, 1001);
  EXPECT_EQ(bob->closed, std::nullopt);
  EXPECT_EQ(bob->read(), "op a 4 [\"x\"] by 1\nleave 1\n");
  EXPECT_EQ(server->sessions(), 2U);
  leave(*ada);
  EXPECT_EQ(server->sessions(), 1U) << "it is counted until its connection is gone";
}

}  // namespace
}  // namespace tandem::test
