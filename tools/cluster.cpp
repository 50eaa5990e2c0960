#include "tools/cluster.hpp"

#include "storage/cluster_registry.hpp"
#include "storage/store.hpp"
#include "tools/arguments.hpp"
#include "tools/open_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace tandem::tools {

namespace {

// As the setting beat_ms has it, unless --beat-ms says otherwise; and how much later
// than that a beat may come.
constexpr std::uint64_t beat_ms = 500;
constexpr std::uint64_t beat_ms_max = 60'000;
constexpr std::chrono::milliseconds late_beat{100};
constexpr std::chrono::milliseconds between_looks{20};

constexpr std::int64_t shown_rooms_max = 100'000;

// What cannot be done, for a person to read.
class refused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct opened_cluster {
  std::unique_ptr<storage::store> store;
  std::unique_ptr<storage::cluster_registry> registry;
};

opened_cluster open_cluster(const arguments& wanted) {
  const auto option = wanted.option("--store");
  const std::string where = store_setting(option ? &*option : nullptr);
  // Before it is opened: SQLite would make a file.
  if (where.starts_with("sqlite:") || where == "memory:")
    throw refused{"a cluster needs PostgreSQL: --store postgresql://…"};
  auto store = open_store(where);
  store->migrate();
  return {std::move(store), storage::open_cluster_registry(where)};
}

storage::node_record node_named(storage::cluster_registry& registry, const std::string& name) {
  const auto nodes = registry.nodes();
  const auto found = std::ranges::find(nodes, name, &storage::node_record::name);
  if (found == nodes.end())
    throw refused{"there is no node " + name};
  return *found;
}

std::vector<storage::lease_record> leases_of(storage::cluster_registry& registry) {
  auto leases = registry.leases(shown_rooms_max);
  if (std::cmp_equal(leases.size(), shown_rooms_max))
    fmt::print(stderr, "tandem: there may be more rooms: only {} are looked at\n",
               shown_rooms_max);
  return leases;
}

// ---- lists ----

using beat_counts = std::map<std::string, std::int64_t>;  // by node id

bool has_moved(const beat_counts& before, const storage::node_record& node) {
  const auto found = before.find(node.id);
  return found == before.end() || found->second != node.beat;
}

// The nodes when every beat has moved, or should have.
std::vector<storage::node_record> watch(storage::cluster_registry& registry,
                                        const beat_counts& before,
                                        std::chrono::milliseconds beat) {
  const auto end = std::chrono::steady_clock::now() + beat + late_beat;
  for (;;) {
    auto nodes = registry.nodes();
    const bool is_over = std::chrono::steady_clock::now() >= end;
    if (is_over || std::ranges::all_of(nodes, [&](const auto& n) { return has_moved(before, n); }))
      return nodes;
    std::this_thread::sleep_for(between_looks);
  }
}

void list_nodes(const opened_cluster& in, const arguments& wanted) {
  const std::uint64_t wanted_ms = wanted.number("--beat-ms").value_or(beat_ms);
  if (wanted_ms > beat_ms_max)
    throw usage_error{fmt::format("--beat-ms is at most {}", beat_ms_max)};
  beat_counts before;
  for (const storage::node_record& node : in.registry->nodes())
    before[node.id] = node.beat;
  std::map<std::string, std::size_t> rooms;
  for (const storage::lease_record& lease : leases_of(*in.registry))
    ++rooms[lease.node];
  for (const storage::node_record& node :
       watch(*in.registry, before, std::chrono::milliseconds{wanted_ms}))
    fmt::print("{:<16} {:<6} {:<8} {:>5} rooms  speaks {}-{}  {}\n", node.name,
               has_moved(before, node) ? "alive" : "silent", node.is_draining ? "draining" : "",
               rooms[node.id], node.speaks_from, node.speaks_to, node.address);
}

void list_rooms(const opened_cluster& in, const arguments&) {
  std::map<std::string, std::string> names;
  for (const storage::node_record& node : in.registry->nodes())
    names[node.id] = node.name;
  for (const storage::lease_record& lease : leases_of(*in.registry)) {
    const auto name = names.find(lease.node);  // a node that came meanwhile has none here
    fmt::print("{}  {:<16} {}\n", lease.room_id,
               name == names.end() ? lease.node : name->second, lease.epoch);
  }
}

// ---- wishes ----

void set_draining(const opened_cluster& in, const std::string& name, bool is_draining) {
  in.registry->set_draining(node_named(*in.registry, name).id, is_draining);
}

void move_room(const opened_cluster& in, const arguments& wanted) {
  const std::string& room = wanted.word(1);
  const storage::node_record node = node_named(*in.registry, wanted.word(2));
  if (!in.store->whose(storage::global_key::room, room))
    throw refused{"there is no room " + room};
  if (node.is_draining)
    throw refused{"node " + node.name + " is draining: it takes no rooms"};
  if (!in.registry->ask_to_move(room, node.id))
    throw refused{"no node has the room " + room};
}

struct action {
  std::string_view name;
  std::size_t words;  // with the action's own
  void (*run)(const opened_cluster& in, const arguments& wanted);
};

constexpr std::array actions{
  action{"nodes", 1, list_nodes},
  action{"rooms", 1, list_rooms},
  action{"drain", 2,
         [](const opened_cluster& in, const arguments& wanted) {
           set_draining(in, wanted.word(1), true);
         }},
  action{"undrain", 2,
         [](const opened_cluster& in, const arguments& wanted) {
           set_draining(in, wanted.word(1), false);
         }},
  action{"move", 3, move_room},
};

std::set<std::string_view> options_of(const action& one) {
  std::set<std::string_view> options{"--store"};
  if (one.name == "nodes")
    options.insert("--beat-ms");
  return options;
}

}  // namespace

int cluster(std::span<char* const> given) {
  const std::string_view name = given.empty() ? "" : given.front();
  const auto one = std::ranges::find(actions, name, &action::name);
  if (one == actions.end())
    throw usage_error{std::string{cluster_usage}};
  const arguments wanted{given, {cluster_usage, one->words, options_of(*one), {}}};
  try {
    one->run(open_cluster(wanted), wanted);
  } catch (const refused& why) {
    fmt::print(stderr, "tandem: {}\n", why.what());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}

}  // namespace tandem::tools
