// This node's part in the cluster: it beats, notices who has gone, hears what other
// nodes have done, and tells the actors. It has threads of its own: one that beats, for
// it waits on the database, one that watches its lease meanwhile, and that of the
// prober. Thread-safe.
//
// Invariants
//  1. The actors hear of every change of the view before the keeper waits again; that
//     its lease is in doubt they hear even while the keeper waits for the database.
//  2. When this node was buried it enters anew, under another id; the actors drop
//     every room in between. If it was to drain it still is.
#pragma once

#include "actors/membership.hpp"
#include "actors/suspect_prober.hpp"
#include "storage/cluster_registry.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace tandem {

struct node_settings {
  std::string name;
  std::string address;  // that others dial
  std::chrono::milliseconds lease{3'000};
  std::chrono::milliseconds beat{500};
  spoken_versions speaks{};
};

struct keeper_hooks {
  std::function<void(const cluster_view&)> changed;
  std::function<void(const storage::cluster_notice&)> heard;
  // While this node is to drain, after each beat: rooms that it has the lease of.
  std::function<void(std::vector<storage::lease_record>)> still_leased;
  // Whether nobody listens at HOST:PORT: the process that did is gone.
  std::function<bool(const std::string& address)> is_nobody_at;
};

class cluster_keeper {
 public:
  // Enters the cluster and beats once. Throws store_error.
  cluster_keeper(node_settings settings, std::unique_ptr<storage::cluster_registry> registry,
                 keeper_hooks hooks);
  ~cluster_keeper();

  // A link to a node was lost: look whether it lives.
  void suspect(const std::string& node);
  // This node's rooms are to go elsewhere. Not awaited.
  void drain();
  // Leaves the cluster, and ends. Whatever is left here is for others to take.
  void stop();

 private:
  void run();
  void enter();
  void beat();
  void tell_leases();
  void bury_silent();
  void bury_gone();
  std::optional<std::string> address_of(const std::string& id);
  void tell_if_changed();
  void wait_for_notices();
  void watch_lease();
  void name_strangers(const std::vector<storage::node_record>& all);

  node_settings settings_;
  std::unique_ptr<storage::cluster_registry> registry_;
  keeper_hooks hooks_;
  std::mutex view_mutex_;
  membership membership_;  // guarded by view_mutex_, as is told_
  cluster_view told_;
  std::set<std::string> strangers_;  // nodes whose versions were complained about
  std::int64_t next_beat_us_ = 0;
  suspect_prober prober_;
  std::atomic<bool> is_draining_{false};
  std::atomic<bool> is_stopping_{false};
  std::thread thread_;
  std::thread watch_;
};

}  // namespace tandem
