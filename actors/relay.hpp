// The RELAY actor: a room that lives on another node, to the sessions here. It
// speaks the ROOM's interface, so that a session does not know; a batch for all of
// them comes over the link once. It keeps nothing: when the link or the room is
// gone it ends, and its sessions ask for the room again.
//
//   linking ── route_opened ──▶ open ── idle, or the server stops ──▶ gone
//      └───────── the link is lost, or the room is elsewhere ──▶ ended ──▲
//
// Invariants
//  1. Every session that was handed over is told: entered, or no_room.
//  2. What one session says reaches the room in its order, and what the room says
//     reaches each session in the room's.
#pragma once

#include "actors/hardening.hpp"
#include "actors/node_interfaces.hpp"
#include "actors/node_messages.hpp"

#include <exception>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tandem {

struct relay_settings {
  const limits* bounds = nullptr;
  registry_actor registry;
  links_actor links;
  std::shared_ptr<cluster_counters> counters;
  std::shared_ptr<const std::function<void()>> batch_given;
  std::string room_id;
  storage::tenant_key tenant = storage::default_tenant;
  std::string node;
};

class relay_state : public guarded_state<relay_state> {
 public:
  static inline const char* name = "relay";
  explicit relay_state(relay_actor::pointer self) : self_{self} {}
  ~relay_state();

  void start(relay_settings settings);
  void on_route(const route_opened& opened);
  void on_route_lost();
  void on_bytes(node_bytes& part);
  void on_enter(enter& in);
  void on_member(const member_says& said);
  void on_wake();
  void on_retire();
  // The room is looked for anew, on `holder` if that is known.
  void end(const std::string& holder, bool is_link_lost);
  void on_down(const caf::down_msg& down);

  // An exception ends this relay, and nothing else: its sessions
  // look for the room anew.
  void fail(const std::exception& error);

 private:
  void send(const node_message& message);
  void ask(enter& in);
  void on_entered(const node::entered& in);
  void on_refused(const node::refused& answer);
  void on_event(node::event& told);
  void tell_everyone(fanout_ptr batch);
  void forget(ot::site_id site);
  void note_if_empty();

  relay_actor::pointer self_;
  relay_settings settings_;
  std::optional<route_opened> route_;
  std::vector<enter> waiting_;             // for the route
  std::map<std::uint64_t, enter> asked_;   // for the room, by token
  std::int64_t asked_since_us_ = 0;        // the first of them that has no answer
  std::uint64_t next_token_ = 1;
  std::map<ot::site_id, session_actor> members_;
  part_gatherer parts_;
  std::uint64_t entered_ = 0;
  std::int64_t empty_since_us_ = 0;
  bool is_route_lost_ = false;
  bool has_let_in_ = false;
  bool has_ended_ = false;
};

relay_actor::behavior_type relay(relay_actor::stateful_pointer<relay_state> self,
                                 relay_settings settings);

}  // namespace tandem
