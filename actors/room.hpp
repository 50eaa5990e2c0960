// The ROOM actor: room_core with a mailbox, a timer and members' addresses.
// Loads itself, and asks to be evicted when nobody has been in it for a while.
//
//   loading ── loaded ──▶ live ── idle, or the server stops ──▶ retiring ──▶ gone
//      │                    └── removed, or a fault ──▶ ended ──▲
//      │                    ├── another node has it, or is to ──▲
//      └── absent, or the store failed ───────────────────▲
//
// Invariants
//  1. It quits only when nothing is unwritten.
//  2. Every session that was handed over is told: entered, or no_room. So a room
//     that has ended stays until the REGISTRY, which may have handed over more,
//     has forgotten it.
//  3. A session actor may stand for many members (a DELEGATE): what is for
//     everybody it is told once.
#pragma once

#include "actors/hardening.hpp"
#include "actors/interfaces.hpp"

#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tandem {

struct room_settings {
  const limits* bounds = nullptr;
  const frame_encoder* encoder = nullptr;
  registry_actor registry;
  writer_actor writer;
  reader_actor reader;
  std::shared_ptr<const std::function<void()>> batch_given;
  std::string room_id;
  storage::tenant_key tenant = storage::default_tenant;
  std::string node{};  // this one, in a cluster
};

class room_state : public room_effects, public guarded_state<room_state> {
 public:
  static inline const char* name = "room";
  explicit room_state(room_actor::pointer self) : self_{self} {}

  void start(room_settings settings);
  void on_enter(enter& in);
  void on_member(member_says& said);
  void on_store(store_says& said);
  void on_wake();
  void on_retire();
  void on_close();
  void on_hand_over(const hand_over& order);
  void on_renamed(const room_renamed& renamed);
  void on_down(const caf::down_msg& down);

  // An exception ends this room, and nothing else: its members
  // are told to connect again, and find it loaded anew.
  void fail(const std::exception& error);

  void tell(ot::site_id site, room_event event) override;
  void tell_everyone(fanout_ptr batch) override;
  void persist(storage::room_write write) override;
  void reload() override;
  void read_history(const catch_up& wanted, std::uint64_t ops_max) override;
  void wake_in(std::int64_t us) override;

 private:
  moment now() const;
  std::int64_t steady_us() const;
  // A session actor, and for how many members it stands.
  struct outlet {
    session_actor session;
    std::size_t members = 0;
  };

  void admit(enter& in);
  void add_member(ot::site_id site, const session_actor& session);
  void end_earlier(const join_request& request);
  ot::site_id first_site() const;
  void claim();
  void claimed(const store_claimed& answer);
  void loaded(store_loaded answer);
  void dismiss(no_room::reason why);
  void move_away(const std::string& holder);
  void release_when_written();
  void release(const std::string& to);
  void offer_to_retire();
  void forget(ot::site_id site);
  void note_if_empty();
  void quit_when_written();

  room_actor::pointer self_;
  room_settings settings_;
  std::optional<room_core> core_;  // none while loading
  std::vector<enter> waiting_;     // while loading
  std::map<ot::site_id, session_actor> members_;
  std::vector<outlet> outlets_;
  storage::room_epoch epoch_ = 0;  // of the latest claim
  std::uint64_t entered_ = 0;
  std::int64_t empty_since_us_ = 0;
  std::optional<no_room::reason> ended_;
  std::optional<std::string> handing_to_;  // a node, or whoever asks first
  bool releasing_ = false;                 // the WRITER has been told
  bool retiring_ = false;      // the registry has forgotten this room
};

room_actor::behavior_type room(room_actor::stateful_pointer<room_state> self,
                               room_settings settings);

}  // namespace tandem
