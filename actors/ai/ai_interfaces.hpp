// The AI's actors and their interfaces, a sentence per handler. Roles in capitals:
// AUTOCOMPLETE (one: which rooms' AI somebody wants, and what it may be there),
// COMPANION (one per room in which something was asked: a member of it that nobody
// sees) and TEXTS (one: questions about texts of no room).
//
//   SESSION ─ attend_room, ask_ai ─▶ AUTOCOMPLETE ─ ask_companion ─▶ COMPANION ─▶ room, model
//   SESSION ◀──────────── ai_says ──────────────────────────────── COMPANION
//
// All messages stay in this process.
#pragma once

#include "actors/ai/companion_core.hpp"
#include "actors/interfaces.hpp"

#include <caf/all.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace tandem::ai {

struct ask_companion;
struct take_back;
struct mode_is;
struct model_says;
struct companion_tick;
struct say_if_idle;
struct end_companion;

using companion_actor = session_actor::extend<
  // Somebody asks.
  caf::reacts_to<ask_companion>,
  // Somebody does not want to know any more.
  caf::reacts_to<take_back>,
  // What the AI may be in this room.
  caf::reacts_to<mode_is>,
  // The model's word on a call.
  caf::reacts_to<model_says>,
  // The COMPANION to itself, while somebody waits.
  caf::reacts_to<companion_tick>,
  // Nobody has asked for a while: answered by companion_idle, if nobody waits either.
  caf::reacts_to<say_if_idle>,
  // AUTOCOMPLETE has forgotten this room: quit.
  caf::reacts_to<end_companion>>;

struct ask_ai;
struct ask_about_text;
struct take_back_in;
struct attend_room;
struct leave_room;
struct room_mode_read;
struct mode_overdue;
struct companion_idle;
struct companion_ended;
struct autocomplete_tick;
struct stop_ai;

using autocomplete_actor = caf::typed_actor<
  // A question about a room.
  caf::reacts_to<ask_ai>,
  // Somebody does not want to know any more.
  caf::reacts_to<take_back_in>,
  // A SESSION is in a room: it is told what the AI may be there, now and later.
  caf::reacts_to<attend_room>,
  // It is gone.
  caf::reacts_to<leave_room>,
  // A room's mode, from the store.
  caf::reacts_to<room_mode_read>,
  // AUTOCOMPLETE to itself: somebody has waited long enough for a room's mode.
  caf::reacts_to<mode_overdue>,
  // A room, or who may what in it, is not what it was.
  caf::reacts_to<rights_changed>,
  // A COMPANION has nothing to do.
  caf::reacts_to<companion_idle>,
  // A COMPANION has lost its room.
  caf::reacts_to<companion_ended>,
  // AUTOCOMPLETE to itself.
  caf::reacts_to<autocomplete_tick>,
  // The server stops: end every COMPANION, and quit.
  caf::reacts_to<stop_ai>>;

using texts_actor = caf::typed_actor<
  // A question about a text that came with it.
  caf::reacts_to<ask_about_text>,
  // Somebody does not want to know any more.
  caf::reacts_to<take_back>,
  // The model's word on a text.
  caf::reacts_to<model_says>,
  // The server stops: quit.
  caf::reacts_to<stop_ai>>;

// ---- the messages, in the order of the interfaces ----

struct ask_companion {
  asker from;
  question what;
};

struct take_back {
  std::uint64_t asker_id = 0;
  std::optional<std::uint64_t> ask;  // none: all
};

struct mode_is {
  ai_mode mode = ai_mode::off;
};

struct model_piece {
  std::string text;
};

struct model_done {
  std::string whole;
};

struct model_says {
  call_number call = 0;
  std::variant<model_piece, model_done, model_failure> what;
};

struct companion_tick {};

struct say_if_idle {};

struct end_companion {};

struct ask_ai {
  std::string room_id;
  storage::tenant_key tenant = storage::default_tenant;
  asker from;
  question what;
};

struct ask_about_text {
  text_question what;
  asker from;
};

struct take_back_in {
  std::string room_id;
  take_back what;
};

struct attend_room {
  std::string room_id;
  storage::tenant_key tenant = storage::default_tenant;
  asker from;
};

struct leave_room {
  std::string room_id;
  std::uint64_t asker_id = 0;
};

struct room_mode_read {
  std::string room_id;
  bool failed = false;
  std::optional<std::string> stored;  // nothing: there is no such room
};

struct mode_overdue {
  std::string room_id;
};

struct companion_idle {
  std::string room_id;
  companion_actor who;
  std::uint64_t asks_heard = 0;  // questions, so far
};

struct companion_ended {
  std::string room_id;
  companion_actor who;
};

struct autocomplete_tick {};

struct stop_ai {};

// The hooks of a call, which tell an actor of it as long as it lives: a model that
// is slow to let go of them does not keep it.
template <class Handle>
model_hooks hooks_for(const Handle& who, call_number call) {
  const auto tell = [weak = caf::actor_cast<caf::weak_actor_ptr>(who), call](auto what) {
    if (const auto there = weak.lock())
      caf::anon_send(caf::actor_cast<Handle>(there), model_says{call, std::move(what)});
  };
  return {[tell](std::string piece) { tell(model_piece{std::move(piece)}); },
          [tell](std::string whole) { tell(model_done{std::move(whole)}); },
          [tell](model_failure failure) { tell(std::move(failure)); }};
}

}  // namespace tandem::ai

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::ai::ask_companion)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::ai::take_back)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::ai::mode_is)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::ai::model_says)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::ai::companion_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::ai::say_if_idle)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::ai::end_companion)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::ai::ask_ai)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::ai::ask_about_text)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::ai::take_back_in)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::ai::attend_room)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::ai::leave_room)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::ai::room_mode_read)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::ai::mode_overdue)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::ai::companion_idle)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::ai::companion_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::ai::autocomplete_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::ai::stop_ai)
