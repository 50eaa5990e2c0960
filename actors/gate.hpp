// The GATE actor: who may come in, and who must go. Detached: it asks the store.
// It knows every session that is in by its leave, and asks anew about those
// whom a change may concern.
//
//   REST ── admit ──▶ GATE            SESSION ── admit_session ──▶ GATE
//   whoever changed something ── rights_changed ──▶ GATE ── rights_now ──▶ SESSION
//
// Invariants
//  1. A session that is in is in live_ until it ends, and is told of every
//     change of its role, also of one that time brings (an end date).
//  2. When the store cannot be asked nobody comes in, and those who are in stay
//     as they are: an edit could not be kept either. They are asked about again
//     at the next tick.
#pragma once

#include "actors/admission.hpp"
#include "actors/interfaces.hpp"

#include <caf/all.hpp>

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace tandem {

struct gate_settings {
  access_mode mode = access_mode::open;
  std::shared_ptr<storage::reader> reader;
  writer_actor writer;
};

class gate_state {
 public:
  static inline const char* name = "gate";
  explicit gate_state(gate_actor::pointer self) : self_{self} {}

  void start(gate_settings settings);
  void on_admit(const admit& wish);
  void on_admit_session(admit_session& wish);
  void on_redeemed(const invite_redeemed& told);
  void on_rights_changed(const rights_changed& change);
  void on_tick();
  void on_down(const caf::down_msg& down);

 private:
  struct live {
    session_actor session;
    credentials shown;
    std::string room_id;
    room_role role = room_role::none;
    std::optional<storage::account_key> account;
    std::optional<std::int64_t> ends_at_ms;
    bool is_in_doubt = false;  // the store could not be asked
  };
  using live_map = std::unordered_map<caf::actor_addr, live>;

  admission ask(const credentials& shown, std::string_view room_id);
  void let_in(const admit_session& wish);
  void redeem(const admit_session& wish);
  bool look_again(live& which);
  template <class Predicate>
  void look_again_where(Predicate is_concerned);
  void note_seen(const known_account& account);

  gate_actor::pointer self_;
  gate_settings settings_;
  live_map live_;
  std::unordered_map<std::int64_t, std::int64_t> noted_seen_ms_;  // by token
};

gate_actor::behavior_type gate(gate_actor::stateful_pointer<gate_state> self,
                               gate_settings settings);

}  // namespace tandem
