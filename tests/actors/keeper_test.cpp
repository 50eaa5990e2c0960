// The keeper's threads, with a registry of nodes in memory, and beats every 50 ms.
#include "actors/cluster_keeper.hpp"
#include "actors/node_messages.hpp"
#include "tests/support/await.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace tandem::test {
namespace {

using namespace std::chrono_literals;

// The rows that the nodes of a test share.
struct table {
  std::mutex mutex;
  std::map<std::string, storage::node_record> nodes;  // by id; guarded, as all below
  int failures_left = 0;  // of set_draining

  void add(const std::string& id) {
    const std::lock_guard lock{mutex};
    nodes[id] = {id, "name of " + id, id + ":1", node_protocol_oldest, node_protocol_newest, 1,
                 false, 0};
  }
};

class memory_registry final : public storage::cluster_registry {
 public:
  explicit memory_registry(table& shared) : shared_{shared} {}

  void enter(const storage::node_record& self) override {
    const std::lock_guard lock{shared_.mutex};
    shared_.nodes[self.id] = self;
  }
  std::optional<std::vector<storage::node_record>> beat(const std::string& id) override {
    const std::lock_guard lock{shared_.mutex};
    const auto found = shared_.nodes.find(id);
    if (found == shared_.nodes.end())
      return std::nullopt;
    ++found->second.beat;
    return all();
  }
  bool bury(const std::string& id, std::int64_t) override {
    const std::lock_guard lock{shared_.mutex};
    return shared_.nodes.erase(id) > 0;
  }
  void leave(const std::string& id) override { bury(id, 0); }
  std::vector<storage::node_record> nodes() override {
    const std::lock_guard lock{shared_.mutex};
    return all();
  }
  std::vector<storage::lease_record> leases(std::int64_t) override { return {}; }
  std::vector<storage::lease_record> leases_of(const std::string& id, std::int64_t) override {
    return {{storage::default_tenant, "room of " + id, id, 1}};
  }
  void set_draining(const std::string& id, bool is_draining) override {
    const std::lock_guard lock{shared_.mutex};
    if (shared_.failures_left > 0) {
      --shared_.failures_left;
      throw storage::store_error{storage::store_error::cause::unavailable, "not now"};
    }
    shared_.nodes.at(id).is_draining = is_draining;
  }
  bool ask_to_move(const std::string&, const std::string&) override { return false; }
  std::vector<storage::cluster_notice> await(std::chrono::milliseconds longest) override {
    std::this_thread::sleep_for(longest);
    return {};
  }

 private:
  std::vector<storage::node_record> all() const {
    std::vector<storage::node_record> found;
    for (const auto& [id, node] : shared_.nodes)
      found.push_back(node);
    return found;
  }

  table& shared_;
};

class keeper : public testing::Test {
 protected:
  // Long leases: nobody is buried for being silent.
  void start() {
    keeper_hooks hooks;
    hooks.changed = [this](const cluster_view& view) {
      const std::lock_guard lock{mutex};
      last = view;
    };
    hooks.heard = [](const storage::cluster_notice&) {};
    hooks.still_leased = [this](std::vector<storage::lease_record> held) {
      const std::lock_guard lock{mutex};
      leased = std::move(held);
    };
    hooks.is_nobody_at = [this](const std::string& address) { return look(address); };
    under_test = std::make_unique<cluster_keeper>(node_settings{"me", "me:1", 60s, 50ms},
                                                  std::make_unique<memory_registry>(shared),
                                                  std::move(hooks));
  }

  bool look(const std::string& address) {
    ++looks;
    while (is_network_silent)
      std::this_thread::sleep_for(1ms);
    const std::lock_guard lock{mutex};
    return gone.contains(address);
  }

  cluster_view view() {
    const std::lock_guard lock{mutex};
    return last;
  }

  storage::node_record self() {
    const std::string id = view().self;
    const std::lock_guard lock{shared.mutex};
    const auto found = shared.nodes.find(id);
    return found == shared.nodes.end() ? storage::node_record{} : found->second;
  }

  table shared;
  std::mutex mutex;
  cluster_view last;           // guarded
  std::set<std::string> gone;  // addresses; guarded
  std::vector<storage::lease_record> leased;  // as was told last; guarded
  std::atomic<int> looks{0};
  std::atomic<bool> is_network_silent{false};
  std::unique_ptr<cluster_keeper> under_test;
};

TEST_F(keeper, beats_on_while_it_looks_at_nodes_that_do_not_answer) {
  for (const char* id : {"b", "c", "d"})
    shared.add(id);
  is_network_silent = true;
  start();
  for (int i = 0; i < 20; ++i)
    for (const char* id : {"b", "c", "d"})
      under_test->suspect(id);
  ASSERT_TRUE(await_polling([&] { return looks > 0; }));
  const std::int64_t beat = self().beat;
  EXPECT_TRUE(await_polling([&] { return self().beat > beat + 5; }));
  EXPECT_EQ(looks, 1) << "the first look goes on";
  is_network_silent = false;
}

TEST_F(keeper, buries_a_node_at_whose_address_nobody_listens_and_no_other) {
  shared.add("b");
  shared.add("c");
  start();
  {
    const std::lock_guard lock{mutex};
    gone.insert("b:1");
  }
  under_test->suspect("b");
  under_test->suspect("c");
  EXPECT_TRUE(await_polling([&] { return view().find("b") == nullptr; }));
  EXPECT_NE(view().find("c"), nullptr);
}

TEST_F(keeper, drains_when_the_registry_has_failed_at_first) {
  shared.failures_left = 2;
  start();
  under_test->drain();
  EXPECT_TRUE(await_polling([&] { return self().is_draining; }));
}

TEST_F(keeper, tells_what_is_still_leased_while_it_is_to_drain_and_not_before) {
  start();
  const auto told = [&] {
    const std::lock_guard lock{mutex};
    return leased;
  };
  const std::int64_t beat = self().beat;
  ASSERT_TRUE(await_polling([&] { return self().beat > beat + 2; }));
  EXPECT_TRUE(told().empty());
  under_test->drain();
  ASSERT_TRUE(await_polling([&] { return !told().empty(); }));
  EXPECT_EQ(told()[0].node, view().self);
}

TEST_F(keeper, drains_still_when_it_was_buried_and_enters_anew) {
  start();
  const std::string first = view().self;
  {
    const std::lock_guard lock{shared.mutex};
    shared.nodes.at(first).is_draining = true;  // an operator's wish
  }
  ASSERT_TRUE(await_polling([&] {
    const cluster_view now = view();
    return now.find(first) != nullptr && now.find(first)->is_draining;
  }));
  memory_registry{shared}.leave(first);
  ASSERT_TRUE(await_polling([&] { return view().self != first; }));
  EXPECT_TRUE(await_polling([&] { return !self().id.empty(); }));
  EXPECT_TRUE(self().is_draining);
}

}  // namespace
}  // namespace tandem::test
