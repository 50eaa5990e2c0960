// The DELEGATE actor: the members that a room here has on another node. It speaks
// the SESSION's interface; the room tells it a batch once, however many members
// stand behind it.
//
// Invariants
//  1. When it ends every member of its own has left the room, or was told that the
//     room has moved.
#pragma once

#include "actors/hardening.hpp"
#include "actors/node_interfaces.hpp"
#include "actors/node_messages.hpp"

#include <exception>
#include <memory>
#include <set>

namespace tandem {

struct delegate_settings {
  registry_actor registry;
  links_actor links;
  std::shared_ptr<cluster_counters> counters;
  link_end through;
  std::uint64_t peer_number = 0;
  std::uint64_t route = 0;
};

class delegate_state : public guarded_state<delegate_state> {
 public:
  static inline const char* name = "delegate";
  explicit delegate_state(delegate_actor::pointer self) : self_{self} {}

  void start(delegate_settings settings) { settings_ = std::move(settings); }
  void on_bytes(node_bytes& part);
  void on_entered(const entered& in);
  void on_room(const room_says& said);
  void on_no_room(const no_room& none);
  // The other node, or what it wanted here, is gone.
  void leave();

  // An exception ends this delegate, and nothing else: the other
  // node's sessions look for the room anew.
  void fail(const std::exception& error);

 private:
  void send(const node_message& message);
  void on_enter(node::enter& wish);
  void on_member(node::member& from);
  void finish();

  delegate_actor::pointer self_;
  delegate_settings settings_;
  room_actor room_;
  std::set<ot::site_id> sites_;
  std::uint64_t asked_ = 0;  // enters without an answer
  bool has_left_ = false;
  part_gatherer parts_;
};

delegate_actor::behavior_type delegate(delegate_actor::stateful_pointer<delegate_state> self,
                                       delegate_settings settings);

}  // namespace tandem
