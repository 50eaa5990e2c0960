// The VISIT actor: one edit by somebody who has no connection, such as a REST
// client. It is a member of the room for as long as that takes, unseen by the
// others; it speaks the SESSION's interface.
//
//   entering ── entered, joined ──▶ submitted ── durable, or refused ──▶ gone
//       └── no room, expelled, or edit_deadline ───────────────────────▲
//
// Invariants
//  1. The answer is given exactly once.
//  2. `done` is said only after the edit is durable (room_core's invariant 2).
#pragma once

#include "actors/interfaces.hpp"

#include <chrono>

namespace tandem {

struct visit_settings {
  registry_actor registry;
  visiting_edit edit;
  ot::client_id client;  // of no other edit
  std::function<void(const visit_result&)> answer;
};

class visit_state {
 public:
  static inline const char* name = "visit";
  explicit visit_state(session_actor::pointer self) : self_{self} {}

  void start(visit_settings settings);
  void on_deadline();
  void on_entered(const entered& in);
  void on_room(const room_says& said);
  void on_no_room(const no_room& none);

 private:
  static constexpr std::chrono::seconds edit_deadline{10};
  static constexpr std::uint64_t only_seq = 1;

  void enter();
  void submit();
  void look_for_it(const fanout& batch);
  void finish(visit_result result);

  session_actor::pointer self_;
  visit_settings settings_;
  room_actor room_;
  ot::site_id site_ = 0;
  bool has_submitted_ = false;
};

session_actor::behavior_type visit(session_actor::stateful_pointer<visit_state> self,
                                   visit_settings settings);

}  // namespace tandem
