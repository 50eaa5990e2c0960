// Every actor's typed interface, a sentence per handler. Roles in capitals:
// SESSION (one per connection; a VISIT is one without), ROOM (one per loaded
// room), REGISTRY (one: which rooms are loaded), WRITER and READER (one thread
// each: the store; a second READER does what takes long), GATE (one: who may
// come in).
//
//   SESSION ─ admit_session ─▶ GATE ─ entry_decided ─▶ SESSION
//   SESSION ─ enter_room ─▶ REGISTRY ─ enter ─▶ ROOM
//   SESSION ◀─ room_says ── ROOM ◀─ member_says ── SESSION
//   ROOM ── claim_room ─▶ WRITER, then ROOM ── load_room ─▶ READER
//   ROOM ── persist ─▶ WRITER ── store_says ─▶ ROOM ◀─ store_says ── READER
//
// All messages stay in this process: they carry shared bytes and handles.
#pragma once

#include "actors/admission.hpp"
#include "actors/cluster_view.hpp"
#include "actors/room_core.hpp"
#include "actors/room_messages.hpp"
#include "actors/service.hpp"
#include "storage/cluster_registry.hpp"
#include "storage/store.hpp"

#include <caf/all.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace tandem {

struct client_said;
struct connection_says;
struct entered;
struct room_says;
struct no_room;
struct entry_decided;
struct rights_now;
struct ai_says;

using session_actor = caf::typed_actor<
  // A message came from the client.
  caf::reacts_to<client_said>,
  // The connection drained, timed out, shuts down, or is gone.
  caf::reacts_to<connection_says>,
  // The ROOM has taken this session in.
  caf::reacts_to<entered>,
  // The ROOM's word to this member.
  caf::reacts_to<room_says>,
  // The REGISTRY or the ROOM: there is no such room, it cannot be loaded, or it is
  // not here any more.
  caf::reacts_to<no_room>,
  // The GATE: this session may come in, or may not.
  caf::reacts_to<entry_decided>,
  // The GATE: what it may has changed.
  caf::reacts_to<rights_now>,
  // The AI's word, on what was asked or on what may be.
  caf::reacts_to<ai_says>>;

struct enter;
struct member_says;
struct store_says;
struct wake_up;
struct retire;
struct close_room;
struct hand_over;
struct room_renamed;

using room_actor = caf::typed_actor<
  // The REGISTRY hands a new member over.
  caf::reacts_to<enter>,
  // A member's word.
  caf::reacts_to<member_says>,
  // The WRITER's or READER's answer.
  caf::reacts_to<store_says>,
  // The room's timer.
  caf::reacts_to<wake_up>,
  // The REGISTRY has forgotten this room: quit when everything is written.
  caf::reacts_to<retire>,
  // The room is being removed: expel everybody and quit.
  caf::reacts_to<close_room>,
  // Another node is to have the room, or has it: finish what is written, and end.
  caf::reacts_to<hand_over>,
  // The room has a new name.
  caf::reacts_to<room_renamed>>;

struct enter_room;
struct room_idle;
struct room_moved;
struct remove_room;
struct room_renamed;
struct stop_rooms;
struct cluster_changed;
struct still_leased;
struct move_room;
struct try_again;

using registry_actor = caf::typed_actor<
  // A SESSION wants into a room.
  caf::reacts_to<enter_room>,
  // A ROOM has been empty for a while and could be evicted, or has ended.
  caf::reacts_to<room_idle>,
  // A ROOM or RELAY has ended: whoever was in it will ask for the room again.
  caf::reacts_to<room_moved>,
  // A room is to be removed: close it, then go on with the task.
  caf::reacts_to<remove_room>,
  // A room has a new name.
  caf::reacts_to<room_renamed>,
  // The server stops: retire every room, and say when all are gone.
  caf::reacts_to<stop_rooms>,
  // The nodes of the cluster are not what they were.
  caf::reacts_to<cluster_changed>,
  // This node is to drain, and has the leases of these rooms.
  caf::reacts_to<still_leased>,
  // An operator wants a room to be on another node.
  caf::reacts_to<move_room>,
  // The REGISTRY to itself: who waits for a room is to be let in now.
  caf::reacts_to<try_again>>;

struct claim_room;
struct release_room;
struct persist;
struct commit_gathered;
struct write_task;

using writer_actor = caf::typed_actor<
  // A ROOM is about to load: from here on it alone may write.
  caf::reacts_to<claim_room>,
  // A ROOM has ended, or there is none: another node may have it.
  caf::reacts_to<release_room>,
  // A ROOM's write joins the group that is being gathered.
  caf::reacts_to<persist>,
  // The WRITER to itself: commit what has gathered.
  caf::reacts_to<commit_gathered>,
  // Something else to do with the store.
  caf::reacts_to<write_task>>;

struct admit;
struct admit_session;
struct invite_redeemed;
struct rights_changed;
struct gate_tick;

using gate_actor = caf::typed_actor<
  // A request: who is it, and what may they in this room?
  caf::reacts_to<admit>,
  // A SESSION wants to come in.
  caf::reacts_to<admit_session>,
  // The WRITER has counted the invite that a SESSION has shown.
  caf::reacts_to<invite_redeemed>,
  // Somebody's rights, or a room's, are not what they were.
  caf::reacts_to<rights_changed>,
  // The GATE to itself: some end by themselves.
  caf::reacts_to<gate_tick>>;

struct load_room;
struct read_history;
struct read_task;

using reader_actor = caf::typed_actor<
  // A ROOM wants to be loaded, or loaded anew.
  caf::reacts_to<load_room>,
  // A ROOM wants operations that it does not hold in memory.
  caf::reacts_to<read_history>,
  // Something else to be read.
  caf::reacts_to<read_task>>;

// ---- the messages, in the order of the interfaces ----

struct client_said {
  client::message message;
};

struct connection_says {
  enum class event : std::uint8_t {
    drained,
    hello_timed_out,
    shutting_down,
    settled,  // who was in a room that has moved has had time to come again
    disconnected,
  };
  event what = event::drained;
};

struct entered {
  room_actor room;
  ot::site_id site = 0;
  std::uint64_t token = 0;  // as of the `enter`
};

struct room_says {
  room_event event;
  ot::site_id site = 0;  // whose; 0: everybody's
};

struct no_room {
  enum class reason : std::uint8_t {
    absent,
    unavailable,
    moved,  // ask for it again: it is on another node, or will be
  };
  reason why = reason::unavailable;
  std::uint64_t token = 0;  // as of the `enter`; 0: of all who are in
  std::string holder{};     // of one that has moved: the node, if it is known
};

struct granted_entry {
  storage::tenant_key tenant = storage::default_tenant;
  room_role role = room_role::none;
  std::optional<std::string> name;  // the account's, instead of what the client says
  std::optional<storage::account_key> account;
};

struct refused_entry {
  close_code code = close_code::forbidden;
  std::string why;
};

struct entry_decided {
  std::variant<granted_entry, refused_entry> what;
};

struct rights_now {
  room_role role = room_role::none;
  refused_entry why;  // if it is none
};

struct ai_says {
  server::ai_event event;
};

struct enter {
  session_actor session;
  join_request request;
  std::uint64_t token = 0;  // names it among its session actor's, if that has many
};

struct member_left {
  ot::site_id site = 0;
};

struct member_says {
  std::variant<member_left, open_request, submit_edit, move_cursor, catch_up, post_chat,
               file_request, divergence_report, change_role>
    what;
};

struct store_written {
  write_outcome outcome = write_outcome::failed;
  std::vector<storage::file_key> created;
};

struct store_claimed {
  bool failed = false;
  std::optional<storage::room_epoch> epoch;  // none: there is no such room, or:
  std::string holder{};                      // the node that has it
  bool is_buried = false;                    // this node may not have rooms now
};

struct store_released {};

struct store_loaded {
  bool failed = false;
  std::optional<storage::loaded_room> room;
};

struct store_history {
  catch_up wanted;
  std::vector<storage::stored_op> ops;
};

struct store_composed_history {
  catch_up wanted;
  ot::text_op composed;
};

struct store_says {
  std::variant<store_claimed, store_loaded, store_written, store_history, store_composed_history,
               store_released>
    what;
};

struct wake_up {};

struct retire {};

struct close_room {};

struct hand_over {
  std::string to;           // a node; empty: whoever asks first
  bool is_at_once = false;  // this node may not serve the room any more
};

struct enter_room {
  std::string room_id;
  session_actor session;
  join_request request;
  storage::tenant_key tenant = storage::default_tenant;
  std::uint64_t token = 0;
  bool is_for_peer = false;  // another node asks: the room is here, or it is told where
  // Since when it has asked for this room without being let in, by the steady clock;
  // 0: since now. Who was told that it has moved and asks again keeps it.
  std::int64_t since_us = 0;
};

struct room_moved {
  std::string room_id;
  room_actor room;
  std::string holder;         // the node that has it, if it is known
  bool is_link_lost = false;  // the holder could not be reached
  bool was_found = false;     // somebody had been let in
};

struct room_idle {
  std::string room_id;
  std::uint64_t entered = 0;  // members the room has seen so far
  room_actor room;
};

struct remove_room {
  std::string room_id;
  std::function<void(storage::store&)> task;
};

struct room_renamed {
  std::string room_id;
  std::string name;
};

struct stop_rooms {
  std::function<void()> done;
};

struct cluster_changed {
  std::shared_ptr<const cluster_view> now;
};

struct still_leased {
  std::vector<storage::lease_record> rooms;
};

struct move_room {
  std::string room_id;
  std::string to;
};

struct try_again {};

struct claim_room {
  room_actor room;
  std::string room_id;
  storage::tenant_key tenant = storage::default_tenant;
  std::string node{};  // empty: this is the only server
};

struct release_room {
  room_actor room;  // none: nobody need be told
  std::string room_id;
  storage::tenant_key tenant = storage::default_tenant;
  std::string node;
  storage::room_epoch epoch = 0;
  std::string to;  // the node that is to have it; empty: whoever asks first
};

struct persist {
  room_actor room;
  std::shared_ptr<storage::room_write> write;  // the receiver takes it
};

struct commit_gathered {};

struct write_task {
  std::function<void(storage::store&)> task;
};

struct admit {
  credentials shown;
  std::string room_id;  // empty: of no room
  std::function<void(const admission&)> answer;
};

struct admit_session {
  session_actor session;
  credentials shown;
  std::string room_id;
};

struct invite_redeemed {
  std::shared_ptr<const admit_session> wish;
  std::optional<storage::account_key> changed;  // whose role is another by it
};

// Of a room, of an account, or of both; of neither: anything may have changed.
struct rights_changed {
  std::string room_id;  // empty: of no room
  std::optional<storage::account_key> account;
};

struct gate_tick {};

struct load_room {
  room_actor room;
  std::string room_id;
  storage::tenant_key tenant = storage::default_tenant;
};

struct read_history {
  room_actor room;
  catch_up wanted;
  std::uint64_t ops_max = 0;
};

struct read_task {
  std::function<void(storage::reader&)> task;
};

}  // namespace tandem

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::client_said)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::connection_says)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::entered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::room_says)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::no_room)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::enter)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::member_says)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::store_says)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::wake_up)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::retire)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::close_room)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::enter_room)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::room_idle)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::remove_room)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::room_renamed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::stop_rooms)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::entry_decided)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::rights_now)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::ai_says)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::admit)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::admit_session)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::invite_redeemed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::rights_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::gate_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::claim_room)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::persist)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::commit_gathered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::write_task)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::load_room)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::read_history)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::read_task)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::hand_over)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::room_moved)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::cluster_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::still_leased)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::move_room)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::try_again)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::release_room)
