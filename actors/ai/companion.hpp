// The COMPANION actor: companion_core with a mailbox, a member's place in the room,
// and calls of the model. AUTOCOMPLETE starts it and ends it.
//
// Invariants
//  1. It quits only when AUTOCOMPLETE says so, and refuses what is under way then: no
//     question is lost. When its room is lost it says that, and refuses what is asked
//     meanwhile.
//  2. It never edits.
#pragma once

#include "actors/ai/ai_counters.hpp"
#include "actors/ai/ai_interfaces.hpp"
#include "actors/hardening.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace tandem::ai {

struct companion_settings {
  registry_actor registry;
  autocomplete_actor owner;
  std::string room_id;
  storage::tenant_key tenant = storage::default_tenant;
  ot::client_id client;  // of no other member
  companion_limits limits;
  ai_offer offer;
  const frame_decoder* decoder = nullptr;
  std::shared_ptr<language_model> model;  // may be null
  std::shared_ptr<ai_counters> counters;
};

class companion_state : public companion_effects, public guarded_state<companion_state> {
 public:
  static inline const char* name = "companion";
  explicit companion_state(companion_actor::pointer self) : self_{self} {}

  void start(companion_settings settings);
  void on_ask(ask_companion& asked);
  void on_take_back(const take_back& what);
  void on_mode(const mode_is& now);
  void on_model(const model_says& said);
  void on_tick();
  void on_say_if_idle();
  void on_end();
  void on_entered(const entered& in);
  void on_room(const room_says& said);
  void on_no_room(const no_room& none);

  // An exception ends what this companion knows, and nothing else.
  void fail(const std::exception& error);

  void open(client::open wanted) override;
  void post(client::chat said) override;
  void complete(call_number call, completion_prompt prompt) override;
  void chat(call_number call, chat_prompt prompt) override;
  void end_call(call_number call) override { calls_.erase(call); }

 private:
  static constexpr std::chrono::seconds tick_every{1};

  std::int64_t now_us() const;
  void enter();
  void lose_room(error_code code, std::string_view why);
  void tick_while_waited_for();
  void count();

  companion_actor::pointer self_;
  companion_settings settings_;
  std::optional<companion_core> core_;
  companion_core::counters counted_;
  room_actor room_;
  ot::site_id site_ = 0;
  std::map<call_number, std::unique_ptr<model_call>> calls_;
  std::uint64_t asks_heard_ = 0;
  bool is_lost_ = false;
  bool is_ticking_ = false;
};

companion_actor::behavior_type companion(companion_actor::stateful_pointer<companion_state> self,
                                         companion_settings settings);

}  // namespace tandem::ai
