// Connections that are lost, at every moment that matters, and a server that
// goes: what the store says must be true, and it must go on by itself.
#include "tests/storage/postgres_proxy.hpp"
#include "tests/storage/postgres_test.hpp"

#include <signal.h>

#include <thread>

namespace tandem::test {
namespace {

using storage::default_tenant;
using cause = storage::store_error::cause;
using order = postgres_proxy::order;

class postgres_faults : public postgres_test {
 protected:
  postgres_faults() : room{make_room(*plain)} {}

  // A store whose words go through the proxy.
  std::unique_ptr<storage::store> open_through_proxy() {
    return open_at(url("postgres", proxy.folder()));
  }

  postgres_proxy proxy{server.socket()};
  std::unique_ptr<storage::store> plain = open();
  storage::room_record room;
};

TEST_F(postgres_faults, a_lost_answer_leaves_the_outcome_unknown_and_the_data_may_be_there) {
  const auto store = open_through_proxy();
  proxy.give(order::lose_answer, "append_group");
  EXPECT_EQ(cause_of([&] { write_one(*store, run_of(room, 41)); }), cause::unknown);
  EXPECT_TRUE(proxy.was_carried_out());
  EXPECT_EQ(head(*store), 41U) << "it was committed";
  EXPECT_EQ(write_one(*store, run_of(room, 41)), written::conflict) << "a blind retry";
  EXPECT_EQ(write_one(*store, run_of(room, 42)), written::written);
}

TEST_F(postgres_faults, a_lost_question_leaves_the_outcome_unknown_and_nothing_was_written) {
  const auto store = open_through_proxy();
  proxy.give(order::lose_question, "append_group");
  EXPECT_EQ(cause_of([&] { write_one(*store, run_of(room, 41)); }), cause::unknown);
  EXPECT_EQ(head(*store), 40U);
  EXPECT_EQ(write_one(*store, run_of(room, 41)), written::written);
}

TEST_F(postgres_faults, everything_that_writes_says_when_it_does_not_know) {
  const auto store = open_through_proxy();
  proxy.give(order::lose_answer, "claim_room");
  EXPECT_EQ(cause_of([&] { store->claim_room(default_tenant, "r"); }), cause::unknown);
  EXPECT_EQ(store->find_room(default_tenant, "r")->epoch, 1);
  proxy.give(order::lose_answer, "create_room");
  EXPECT_EQ(cause_of([&] { store->create_room({default_tenant, "s", "", 1, {}}); }),
            cause::unknown);
  EXPECT_TRUE(store->find_room(default_tenant, "s"));
  proxy.give(order::lose_answer, "add_version");
  EXPECT_EQ(cause_of([&] { store->add_version(default_tenant, "s", {"v", "", 1, {}}); }),
            cause::unknown);
  EXPECT_EQ(store->versions(default_tenant, "s").size(), 1U);
  proxy.give(order::lose_answer, "remove_room");
  EXPECT_EQ(cause_of([&] { store->remove_room(default_tenant, "s"); }), cause::unknown);
  EXPECT_FALSE(store->find_room(default_tenant, "s"));
}

TEST_F(postgres_faults, a_lost_read_is_unavailable_and_the_next_one_works) {
  const auto store = open_through_proxy();
  for (const order what : {order::lose_question, order::lose_answer}) {
    for (const char* statement : {"room", "snapshot", "runs"}) {
      proxy.give(what, statement);
      EXPECT_EQ(cause_of([&] { store->load_room(default_tenant, "r", 10); }), cause::unavailable);
      EXPECT_TRUE(proxy.was_carried_out()) << statement;
      expect_whole(*store);
    }
  }
}

// The write is on its way when its client is cut off, and arrives after another
// program has claimed the room.
TEST_F(postgres_faults, a_write_that_lands_late_is_refused) {
  const auto old = open_through_proxy();
  proxy.give(order::hold, "append_group");
  EXPECT_EQ(cause_of([&] { write_one(*old, run_of(room, 41)); }), cause::unknown);
  const auto epoch = plain->claim_room(default_tenant, "r").value();
  EXPECT_EQ(head(*plain), 40U);
  EXPECT_TRUE(proxy.release());
  EXPECT_EQ(head(*plain), 40U);
  EXPECT_EQ(write_one(*plain, run_of(room, 41, 1, epoch)), written::written);
}

// The same without a claim in between shows that the write does arrive.
TEST_F(postgres_faults, a_write_that_lands_late_is_written_if_nobody_claimed_the_room) {
  const auto old = open_through_proxy();
  proxy.give(order::hold, "append_group");
  EXPECT_EQ(cause_of([&] { write_one(*old, run_of(room, 41)); }), cause::unknown);
  EXPECT_TRUE(proxy.release());
  EXPECT_TRUE(await_polling([&] { return head(*plain) == 41U; }));
}

// ---- ended sessions ----

TEST_F(postgres_faults, a_session_that_was_ended_between_two_calls_is_replaced) {
  const auto reader = plain->open_reader();
  reader->ping();
  EXPECT_EQ(end_all_sessions(), "2");
  EXPECT_EQ(write_one(*plain, run_of(room, 41)), written::written);
  EXPECT_EQ(head(*reader), 41U);
  EXPECT_EQ(end_all_sessions(), "2");
  EXPECT_EQ(head(*reader), 41U);
  EXPECT_EQ(plain->claim_room(default_tenant, "r"), 1);
}

// The statement may have been at its commit: the program cannot tell.
TEST_F(postgres_faults, a_session_that_is_ended_in_the_middle_of_a_write_leaves_it_unknown) {
  pqxx::connection slow{url()};
  pqxx::work holder{slow};
  holder.exec("SELECT FROM tandem.room WHERE id = 'r' FOR UPDATE");
  std::optional<cause> problem;
  std::thread writing{[&] { problem = cause_of([&] { write_one(*plain, run_of(room, 41)); }); }};
  EXPECT_TRUE(await_waiting_for_lock());
  sql("SELECT pg_terminate_backend(pid, 20000) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
      " AND datname = current_database()");
  writing.join();
  EXPECT_EQ(problem, cause::unknown);
  holder.abort();
  EXPECT_EQ(head(*plain), 40U);
  EXPECT_EQ(write_one(*plain, run_of(room, 41)), written::written);
}

// ---- a server that goes, or does not answer ----

TEST_F(postgres_faults, what_was_acknowledged_survives_a_crash_of_the_server) {
  const auto reader = plain->open_reader();
  ot::revision acknowledged = 40;
  for (int crashes = 0; crashes < 3; ++crashes) {
    for (int writes = 0; writes < 20; ++writes)
      ASSERT_EQ(write_one(*plain, run_of(room, ++acknowledged)), written::written);
    server.crash();
    EXPECT_EQ(cause_of([&] { plain->ping(); }), cause::unavailable);
    EXPECT_EQ(cause_of([&] { write_one(*plain, run_of(room, acknowledged + 1)); }),
              cause::unavailable)
      << "nothing was sent";
    server.start();
    EXPECT_EQ(head(*reader), acknowledged);
    EXPECT_EQ(text_at(*reader, room.files[0].key, acknowledged), letters(acknowledged));
  }
}

// Crashes while writing: what is there is what was acknowledged, and at most the
// one write whose outcome is unknown.
TEST_F(postgres_faults, a_crash_in_the_middle_of_writing_loses_and_doubles_nothing) {
  for (int crashes = 0; crashes < 3; ++crashes) {
    ot::revision acknowledged = head(*plain);
    std::atomic<int> writes{0};
    std::optional<cause> problem;
    std::thread writing{[&] {
      problem = cause_of([&] {
        for (;; ++writes) {
          if (write_one(*plain, run_of(room, acknowledged + 1)) != written::written)
            return;
          ++acknowledged;
        }
      });
    }};
    EXPECT_TRUE(await_polling([&] { return writes > 10 + crashes; }));
    server.crash();
    writing.join();
    ASSERT_TRUE(problem);
    server.start();
    const ot::revision found = head(*plain);
    EXPECT_GE(found, acknowledged);
    EXPECT_LE(found, acknowledged + (problem == cause::unknown ? 1 : 0));
    EXPECT_EQ(text_at(*plain, room.files[0].key, found), letters(found));
  }
}

TEST_F(postgres_faults, a_place_where_no_server_is_is_unavailable) {
  const temp_folder nothing;
  const auto store = storage::open_postgres_store(url("postgres", nothing.path()));
  EXPECT_EQ(cause_of([&] { store->migrate(); }), cause::unavailable);
  EXPECT_EQ(cause_of([&] { open_at("postgresql://127.0.0.1:1/none"); }), cause::unavailable);
}

// A frozen session keeps its socket open and never answers.
TEST_F(postgres_faults, a_server_that_does_not_answer_is_not_waited_for_for_ever) {
  const auto store = open({.call_deadline = std::chrono::seconds{2}});
  const auto freeze = [&] {
    store->ping();
    const int session = std::stoi(sql(
      "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
      " AND application_name = 'tandem' ORDER BY backend_start DESC LIMIT 1"));
    kill(session, SIGSTOP);
    return session;
  };
  int frozen = freeze();
  EXPECT_EQ(cause_of([&] { store->find_room(default_tenant, "r"); }), cause::unavailable);
  kill(frozen, SIGCONT);
  store->find_room(default_tenant, "r");  // it knows the tenant from now on: a write is one call
  frozen = freeze();
  EXPECT_EQ(cause_of([&] { write_one(*store, run_of(room, 41)); }), cause::unknown);
  kill(frozen, SIGCONT);
  // It had got the write before it was cut off: now it does it, or not at all.
  const auto epoch = store->claim_room(default_tenant, "r").value();
  const ot::revision found = head(*store);
  EXPECT_TRUE(found == 40 || found == 41) << found;
  EXPECT_EQ(write_one(*store, run_of(room, found + 1, 1, epoch)), written::written);
  EXPECT_EQ(head(*store), found + 1);
}

}  // namespace
}  // namespace tandem::test
