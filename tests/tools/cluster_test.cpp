// `tandem cluster` on a database with two nodes: what it prints, does and refuses.
#include "storage/cluster_registry.hpp"
#include "storage/postgres_store.hpp"
#include "tests/support/private_postgres.hpp"
#include "tests/support/temp_folder.hpp"
#include "tools/arguments.hpp"
#include "tools/cluster.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace tandem::test {
namespace {

using namespace std::chrono_literals;
using words = std::vector<std::string>;

class cluster_command : public testing::Test {
 protected:
  cluster_command() {
    store->migrate();
    store->create_room({storage::default_tenant, "r", "Room", 1, {}});
    registry->enter({"id-1", "one", "one.example:4000", 1, 2, 0, false, 1});
    registry->enter({"id-2", "two", "two.example:4000", 1, 2, 0, false, 1});
    registry->await(0ms);
  }

  // The exit status; what was printed is in `out` and `err`.
  int run(words given, const std::string& where) {
    given.insert(given.end(), {"--store", where});
    std::vector<char*> pointers;
    for (std::string& word : given)
      pointers.push_back(word.data());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const auto end = [&] {
      out = testing::internal::GetCapturedStdout();
      err = testing::internal::GetCapturedStderr();
    };
    try {
      const int status = tools::cluster(pointers);
      end();
      return status;
    } catch (...) {
      end();
      throw;
    }
  }

  int run(words given) { return run(std::move(given), url); }

  void expect_refused(words given, const std::string& why) {
    EXPECT_EQ(run(std::move(given)), EXIT_FAILURE);
    EXPECT_EQ(err, "tandem: " + why + "\n");
    EXPECT_EQ(out, "");
  }

  private_postgres& server = private_postgres::running();
  std::string url = server.url(server.add_database());
  std::unique_ptr<storage::store> store = storage::open_postgres_store(url);
  std::unique_ptr<storage::cluster_registry> registry = storage::open_cluster_registry(url);
  std::string out;
  std::string err;
};

TEST_F(cluster_command, nodes_are_listed_with_who_beats_and_who_does_not) {
  EXPECT_TRUE(store->lease_room(storage::default_tenant, "r", "id-2").epoch);
  registry->set_draining("id-2", true);
  {
    const std::jthread beating{[&](const std::stop_token& end) {
      for (; !end.stop_requested(); std::this_thread::sleep_for(20ms))
        registry->beat("id-1");
    }};
    EXPECT_EQ(run({"nodes", "--beat-ms", "1000"}), EXIT_SUCCESS);
  }
  EXPECT_EQ(out,
            "one              alive               0 rooms  speaks 1-2  one.example:4000\n"
            "two              silent draining     1 rooms  speaks 1-2  two.example:4000\n");
  EXPECT_EQ(err, "");
}

TEST_F(cluster_command, a_node_that_beats_seldom_is_watched_for_as_long_as_one_says) {
  registry->leave("id-2");
  {
    const std::jthread beating{[&](const std::stop_token& end) {
      for (; !end.stop_requested(); std::this_thread::sleep_for(1s))
        registry->beat("id-1");
    }};
    EXPECT_EQ(run({"nodes", "--beat-ms", "30000"}), EXIT_SUCCESS);  // it ends with a beat
  }
  EXPECT_NE(out.find(" alive "), std::string::npos) << out;
  EXPECT_EQ(run({"nodes", "--beat-ms", "1"}), EXIT_SUCCESS);
  EXPECT_NE(out.find(" silent "), std::string::npos) << out;
}

TEST_F(cluster_command, rooms_are_listed_with_their_node) {
  EXPECT_EQ(run({"rooms"}), EXIT_SUCCESS);
  EXPECT_EQ(out, "") << "none is held";
  EXPECT_TRUE(store->lease_room(storage::default_tenant, "r", "id-2").epoch);
  EXPECT_EQ(run({"rooms"}), EXIT_SUCCESS);
  EXPECT_EQ(out, "r  two              1\n");
}

TEST_F(cluster_command, a_node_is_drained_and_undrained_by_its_name) {
  EXPECT_EQ(run({"drain", "two"}), EXIT_SUCCESS);
  EXPECT_FALSE(registry->nodes()[0].is_draining);
  EXPECT_TRUE(registry->nodes()[1].is_draining);
  EXPECT_EQ(run({"undrain", "two"}), EXIT_SUCCESS);
  EXPECT_FALSE(registry->nodes()[1].is_draining);
  expect_refused({"drain", "three"}, "there is no node three");
}

TEST_F(cluster_command, a_room_is_asked_to_move) {
  EXPECT_TRUE(store->lease_room(storage::default_tenant, "r", "id-1").epoch);
  EXPECT_EQ(run({"move", "r", "two"}), EXIT_SUCCESS);
  const auto notices = registry->await(10s);
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_EQ(notices[0].what, storage::cluster_notice::kind::move);
  EXPECT_EQ(notices[0].room_id, "r");
  EXPECT_EQ(notices[0].text, "id-2");
}

TEST_F(cluster_command, a_move_that_cannot_be_is_refused) {
  expect_refused({"move", "r", "two"}, "no node has the room r");
  expect_refused({"move", "none", "two"}, "there is no room none");
  expect_refused({"move", "r", "three"}, "there is no node three");
  registry->set_draining("id-2", true);
  expect_refused({"move", "r", "two"}, "node two is draining: it takes no rooms");
}

TEST_F(cluster_command, another_store_than_postgresql_has_no_cluster) {
  const temp_folder folder;
  for (const std::string& where : {std::string{"memory:"}, "sqlite:" + (folder / "t.db")}) {
    EXPECT_EQ(run({"nodes"}, where), EXIT_FAILURE);
    EXPECT_EQ(err, "tandem: a cluster needs PostgreSQL: --store postgresql://…\n");
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "t.db"));
}

TEST_F(cluster_command, what_is_not_understood_is_a_wrong_usage) {
  for (const words& given : {words{}, {"none"}, {"nodes", "two"}, {"drain"}, {"move", "r"},
                             {"nodes", "--max", "3"}, {"nodes", "--beat-ms", "x"},
                             {"nodes", "--beat-ms", "60001"}, {"rooms", "--beat-ms", "3"}})
    EXPECT_THROW(run(given), tools::usage_error);
}

}  // namespace
}  // namespace tandem::test
