// The real actors together, from a client's message to its answer.
#include "tests/actors/service_harness.hpp"
#include "tests/support/model_client.hpp"
#include "tests/support/random_text.hpp"

#include <zlib.h>

#include <array>
#include <cstdlib>
#include <deque>

namespace tandem::test {
namespace {

class running_service : public service_test {};

// What plain_encoder writes of an operation: `[1,"x",{"d":2}]`, ASCII only.
ot::text_op parse_op(const std::string& json) {
  ot::text_op op;
  for (std::size_t at = 1; at < json.size() && json[at] != ']';) {
    if (json[at] == '"') {
      const std::size_t end = json.find('"', at + 1);
      op.insert(json.substr(at + 1, end - at - 1));
      at = end + 1;
    } else if (json[at] == '{') {
      op.remove(static_cast<std::uint32_t>(std::atoi(json.c_str() + at + 5)));
      at = json.find('}', at) + 1;
    } else if (json[at] == ',') {
      ++at;
    } else {
      op.keep(static_cast<std::uint32_t>(std::atoi(json.c_str() + at)));
      at = json.find_first_of(",]", at);
    }
  }
  return op;
}

// Types at random and follows what it is sent, as docs/protocol.md says.
class typist {
 public:
  typist(service& actors, const std::string& name, std::uint64_t seed)
      : connection{actors, "room", name}, random_{seed} {
    connection.hello({{"a", {}, {}}});
    EXPECT_TRUE(connection.sink->await_text("opened a 3 text [abc]\n"));
    model.text = "abc";
    model.rev = 3;
  }

  void type() {
    ot::text_op op;
    const auto length = static_cast<std::uint32_t>(model.text.size());
    const std::uint32_t at = random_.below(length + 1);
    op.keep(at);
    if (at < length && random_.one_in(3))
      op.remove(1 + random_.below(std::min(4U, length - at)));
    else
      op.insert(std::string(1 + random_.below(3), static_cast<char>('a' + random_.below(26))));
    send(model.type(op));
  }

  // Deals with a line, if there is one; whether there was.
  bool step() {
    if (!connection.sink->has_line())
      return false;
    const std::string line = *connection.sink->await_line();
    if (line.starts_with("op a ")) {
      const ot::revision to = std::strtoull(line.c_str() + 5, nullptr, 10);
      EXPECT_EQ(to, model.rev + 1) << line;
      const std::size_t begin = line.find('[');
      model.receive(parse_op(line.substr(begin, line.rfind(']') + 1 - begin)), to);
    } else if (line.starts_with("ack a ")) {
      const ot::revision to = std::strtoull(line.c_str() + line.rfind(' '), nullptr, 10);
      EXPECT_EQ(to, model.rev + 1) << line;
      send(model.acknowledge(to));
    } else if (line.starts_with("check a ")) {
      expect_checked(line);
    } else {
      EXPECT_TRUE(line.starts_with("join")) << line;
    }
    return true;
  }

  sinking_client connection;
  model_client model;

 private:
  // With an edit pending the text is more than the server's.
  void expect_checked(const std::string& line) {
    if (model.in_flight)
      return;
    const auto crc = crc32(0, reinterpret_cast<const Bytef*>(model.text.data()),
                           static_cast<uInt>(model.text.size()));
    EXPECT_EQ(line, "check a " + std::to_string(model.rev) + " "
                      + std::to_string(model.text.size()) + " " + std::to_string(crc));
  }

  void send(std::optional<ot::edit> edit) {
    if (edit)
      connection.say(client::edit{"a", edit->base, edit->seq, edit->op});
  }

  random_source random_;
};

TEST_F(running_service, several_sessions_edit_one_file_and_converge) {
  bounds.check_interval_ms = 0;
  bounds.check_ops = 1;
  start();
  std::deque<typist> all;
  for (std::uint64_t seed = 1; seed <= 3; ++seed)
    all.emplace_back(*actors, "typist" + std::to_string(seed), seed);
  std::array<int, 3> typed{};
  const auto is_quiet = [&] {
    return std::ranges::all_of(all, [&](const typist& one) {
      return !one.model.in_flight && one.model.rev == all[0].model.rev;
    });
  };
  const bool done = await_polling([&] {
    bool everything_typed = true;
    for (std::size_t i = 0; i < all.size(); ++i) {
      while (all[i].step()) {
      }
      if (typed[i] < 200 && !all[i].model.buffer) {
        all[i].type();
        ++typed[i];
      }
      everything_typed = everything_typed && typed[i] == 200;
    }
    return everything_typed && is_quiet();
  });
  ASSERT_TRUE(done);
  EXPECT_EQ(all[0].model.rev, 3 + 3 * 200U);
  for (const typist& one : all)
    EXPECT_EQ(one.model.text, all[0].model.text);
  EXPECT_EQ(stored_text(), all[0].model.text) << "what was acknowledged is in the store";
}

TEST_F(running_service, says_when_a_message_has_been_dealt_with) {
  start();
  sinking_client ada{*actors, "room", "ada"};
  ada.hello();
  for (int i = 0; i < 10; ++i)
    ada.say(client::malformed{error_code::bad_message, "no", "", {}});
  EXPECT_TRUE(await_polling([&] { return ada.sink->consumed_count() == 11; }));
}

TEST_F(running_service, counts_its_sessions_and_rooms) {
  start();
  {
    sinking_client ada{*actors, "room", "ada"};
    sinking_client bob{*actors, "room", "bob"};
    ada.hello();
    bob.hello();
    EXPECT_TRUE(ada.sink->await_text("welcome"));
    EXPECT_TRUE(bob.sink->await_text("welcome"));
    EXPECT_EQ(actors->count().sessions, 2U);
    EXPECT_EQ(actors->count().rooms, 1U);
  }
  EXPECT_TRUE(await_polling([&] { return actors->count().sessions == 0; }));
}

TEST_F(running_service, a_disconnected_client_has_left_for_the_others) {
  start();
  sinking_client ada{*actors, "room", "ada"};
  ada.hello();
  EXPECT_TRUE(ada.sink->await_text("welcome 1"));
  {
    sinking_client bob{*actors, "room", "bob"};
    bob.hello();
    EXPECT_TRUE(ada.sink->await_text("join 2:bob\n"));
  }
  EXPECT_TRUE(ada.sink->await_text("leave 2\n"));
}

// ---- rooms come and go ----

TEST_F(running_service, an_empty_room_is_evicted_and_loaded_again_with_everything) {
  bounds.room_idle_ms = 1;
  start();
  for (std::uint64_t seq = 1; seq <= 5; ++seq) {
    sinking_client ada{*actors, "room", "ada"};
    ada.hello({{"a", {}, {}}});
    const std::string text = std::string(seq - 1, 'x') + "abc";
    EXPECT_TRUE(ada.sink->await_text(" text [" + text + "]\n")) << text;
    ada.say(client::edit{"a", 2 + seq, seq, make_op({"x"})});
    EXPECT_TRUE(ada.sink->await_text("ack a seq " + std::to_string(seq)));
    ada.inbox().shutting_down();
    EXPECT_EQ(ada.sink->await_close(), 1001);
    EXPECT_TRUE(await_polling([&] { return actors->count().rooms == 0; })) << seq;
  }
}

TEST_F(running_service, an_edit_sent_again_after_a_reload_is_known) {
  bounds.room_idle_ms = 1;
  start();
  for (int connection = 0; connection < 2; ++connection) {
    sinking_client ada{*actors, "room", "ada"};
    ada.hello({{"a", 3, 1}});
    if (connection == 0) {
      EXPECT_TRUE(ada.sink->await_text("opened a 3 from 3\n"));
      ada.say(client::edit{"a", 3, 1, make_op({"x"})});
    }
    EXPECT_TRUE(ada.sink->await_text("ack a seq 1 rev 4\n")) << connection;
    ada.inbox().shutting_down();
    EXPECT_TRUE(await_polling([&] { return actors->count().rooms == 0; }));
  }
  EXPECT_EQ(stored_text(), "xabc");
}

// A newcomer may meet the room while it is being evicted.
TEST_F(running_service, nobody_is_lost_between_eviction_and_loading) {
  bounds.room_idle_ms = 1;
  start();
  for (int round = 0; round < 300; ++round) {
    sinking_client ada{*actors, "room", "ada" + std::to_string(round)};
    ada.hello();
    ASSERT_TRUE(ada.sink->await_text("welcome")) << round;
  }
}

TEST_F(running_service, an_absent_room_turns_everybody_away) {
  start();
  std::deque<sinking_client> all;
  for (int i = 0; i < 300; ++i)
    all.emplace_back(*actors, i % 2 == 0 ? "nowhere" : "elsewhere", "c" + std::to_string(i));
  for (sinking_client& one : all)
    one.hello();
  for (sinking_client& one : all)
    ASSERT_EQ(one.sink->await_close(), 4404);
  EXPECT_TRUE(await_polling([&] { return actors->count().rooms == 0; }));
}

TEST_F(running_service, a_full_server_takes_no_more_rooms) {
  bounds.rooms_loaded = 1;
  auto store = storage::make_memory_store();
  store->create_room({storage::default_tenant, "second", "Second", 1, {}});
  start(std::move(store));
  sinking_client ada{*actors, "room", "ada"};
  ada.hello();
  EXPECT_TRUE(ada.sink->await_text("welcome"));
  sinking_client bob{*actors, "second", "bob"};
  bob.hello();
  EXPECT_EQ(bob.sink->await_close(), 1013);
}

TEST_F(running_service, closing_a_room_ends_its_sessions_and_then_removes_it) {
  start();
  sinking_client ada{*actors, "room", "ada"};
  ada.hello();
  EXPECT_TRUE(ada.sink->await_text("welcome"));
  watched state;
  std::optional<bool> removed;
  actors->close_room("room", [&](storage::store& store) {
    const bool was_there = store.remove_room(storage::default_tenant, "room");
    state.change([&] { removed = was_there; });
  });
  EXPECT_EQ(ada.sink->await_close(), 4404);
  EXPECT_TRUE(state.await([&] { return removed.has_value(); }));
  EXPECT_EQ(removed, true);
  sinking_client again{*actors, "room", "ada"};
  again.hello();
  EXPECT_EQ(again.sink->await_close(), 4404);
}

// ---- the store ----

TEST_F(running_service, runs_tasks_on_the_store) {
  start();
  watched state;
  std::vector<std::string> done;
  actors->write([&](storage::store& store) {
    store.create_room({storage::default_tenant, "new", "New", 1, {}});
    state.change([&] { done.emplace_back("written"); });
  });
  EXPECT_TRUE(state.await([&] { return done.size() == 1; }));
  actors->read([&](storage::reader& reader) {
    const bool found = reader.find_room(storage::default_tenant, "new").has_value();
    state.change([&] { done.emplace_back(found ? "found" : "absent"); });
  });
  EXPECT_TRUE(state.await([&] { return done.size() == 2; }));
  EXPECT_EQ(done, (std::vector<std::string>{"written", "found"}));
}

TEST_F(running_service, stopping_writes_what_was_taken) {
  bounds.fanout_us_per_member = 10'000;
  bounds.fanout_interval_max_us = 50'000;
  start();
  {
    sinking_client ada{*actors, "room", "ada"};
    ada.hello({{"a", {}, {}}, {"a", {}, {}}});
    EXPECT_TRUE(ada.sink->await_text("opened"));
    ada.say(client::edit{"a", 3, 1, make_op({"x"})});
    EXPECT_TRUE(ada.sink->await_text("ack a seq 1"));
    ada.say(client::edit{"a", 4, 2, make_op({"y"})});  // gathers for its interval
    EXPECT_TRUE(await_polling([&] { return ada.sink->consumed_count() == 3; }));
    // A word to the room behind the edit, and its answer: the edit is there.
    ada.say(client::open{"nowhere", {}, {}});
    EXPECT_TRUE(ada.sink->await_text("error unknown_file nowhere"));
    EXPECT_TRUE(stop());
  }
  EXPECT_EQ(stored_text(), "yxabc");
}

}  // namespace
}  // namespace tandem::test
