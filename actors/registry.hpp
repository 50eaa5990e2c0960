// The REGISTRY actor: which rooms are loaded. The only way into a room leads
// through it, so that a room is loaded once and never evicted under a newcomer.
//
// Invariants
//  1. At most one ROOM actor per room id is in rooms_.
//  2. Who is let in by one tenant's rules enters that tenant's room or none.
//  3. A room is forgotten only if it has seen every member that was handed to
//     it and has nothing unwritten, so that the next one to load it finds all.
#pragma once

#include "actors/interfaces.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

namespace tandem {

struct registry_settings {
  const limits* bounds = nullptr;
  const frame_encoder* encoder = nullptr;
  writer_actor writer;
  reader_actor reader;
  std::shared_ptr<const std::function<void()>> batch_given;
  std::shared_ptr<std::atomic<std::uint64_t>> live_rooms;
};

class registry_state {
 public:
  static inline const char* name = "registry";
  explicit registry_state(registry_actor::pointer self) : self_{self} {}

  void start(registry_settings settings) { settings_ = std::move(settings); }
  void on_enter(enter_room& wish);
  void on_idle(const room_idle& idle);
  void on_remove(remove_room& removal);
  void on_renamed(const room_renamed& renamed);
  void on_stop(stop_rooms& stop);
  void on_down(const caf::down_msg& down);

 private:
  struct loaded {
    room_actor room;
    std::uint64_t entered = 0;  // members handed over
    storage::tenant_key tenant = storage::default_tenant;
  };

  void count();
  void finish_if_empty();

  registry_actor::pointer self_;
  registry_settings settings_;
  std::unordered_map<std::string, loaded> rooms_;
  std::unordered_map<caf::actor_addr, std::string> names_;  // of all that live
  std::function<void()> stopped_;                           // while stopping
};

registry_actor::behavior_type registry(registry_actor::stateful_pointer<registry_state> self,
                                       registry_settings settings);

}  // namespace tandem
