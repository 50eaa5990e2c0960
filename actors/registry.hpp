// The REGISTRY actor: which rooms are here. The only way into a room leads through
// it, so that a room is loaded once and never evicted under a newcomer.
//
// In a cluster an entry is a ROOM, which this node has the lease of or is about to
// ask for, or a RELAY to the node that has it. Where a room is wanted that is not
// here, its home is asked first (cluster_view::home_of), or the node that was last
// heard to have it. Who cannot be let in now waits; who has waited for
// limits::room_wait_ms, here or on its way from one node to another, is refused.
//
// Invariants
//  1. At most one ROOM or RELAY per room id is in rooms_.
//  2. Who is let in by one tenant's rules enters that tenant's room or none.
//  3. A room is forgotten only if it has seen every member that was handed to
//     it and has nothing unwritten, so that the next one to load it finds all.
//  4. While this node's lease is in doubt there is no ROOM here.
//  5. While this node is to drain a lease of its goes to another, or is let go of,
//     within some beats, however it was left behind.
#pragma once

#include "actors/interfaces.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace tandem {

// Makes a RELAY for a room, to a node. Spawned by the REGISTRY; node_links.hpp.
using relay_maker = std::function<room_actor(const std::string& room_id, storage::tenant_key tenant,
                                             const std::string& node)>;

struct registry_settings {
  const limits* bounds = nullptr;
  const frame_encoder* encoder = nullptr;
  writer_actor writer;
  reader_actor reader;
  std::shared_ptr<const std::function<void()>> batch_given;
  std::shared_ptr<std::atomic<std::uint64_t>> live_rooms;
  relay_maker make_relay{};  // none: this is the only server
};

class registry_state {
 public:
  static inline const char* name = "registry";
  explicit registry_state(registry_actor::pointer self) : self_{self} {}

  void start(registry_settings settings) { settings_ = std::move(settings); }
  void on_enter(enter_room& wish);
  void on_idle(const room_idle& idle);
  void on_moved(const room_moved& moved);
  void on_remove(remove_room& removal);
  void on_renamed(const room_renamed& renamed);
  void on_stop(stop_rooms& stop);
  void on_cluster(const cluster_changed& change);
  void on_leased(const still_leased& held);
  void on_move(const move_room& order);
  void on_try_again();
  void on_down(const caf::down_msg& down);

 private:
  struct loaded {
    room_actor room;
    std::uint64_t entered = 0;  // members handed over
    storage::tenant_key tenant = storage::default_tenant;
    std::string relayed_to;  // a node; empty: the room is here
  };

  // Before a room that was not where it was looked for is looked for again.
  struct pause {
    std::int64_t until_us = 0;
    std::string holder;       // who was said to have the room
    std::uint32_t turns = 0;  // that it was not found, one soon after the other
  };

  using room_map = std::unordered_map<std::string, loaded>;

  // Lets in, or refuses; false: not now.
  bool try_enter(enter_room& wish);
  room_map::iterator add(const enter_room& wish, const std::string& node);
  std::string node_for(const enter_room& wish);
  bool is_paused(const std::string& room_id) const;
  bool has_waited_long(const enter_room& wish) const;
  void refuse(const enter_room& wish, no_room::reason why, const std::string& holder = {});
  void drop_rooms();
  void go_home();
  std::set<std::string> rooms_that_live() const;
  void hand_over_some();
  void tick();
  void count();
  void finish_if_empty();

  registry_actor::pointer self_;
  registry_settings settings_;
  room_map rooms_;
  std::unordered_map<caf::actor_addr, std::string> names_;  // of all that live
  std::shared_ptr<const cluster_view> cluster_;             // none: the only server
  std::unordered_map<std::string, pause> pauses_;
  std::vector<enter_room> waiting_;
  std::vector<std::string> leaving_;  // rooms whose home is another node
  bool is_ticking_ = false;
  std::function<void()> stopped_;  // while stopping
};

registry_actor::behavior_type registry(registry_actor::stateful_pointer<registry_state> self,
                                       registry_settings settings);

}  // namespace tandem
