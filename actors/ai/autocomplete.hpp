// The AUTOCOMPLETE actor: which rooms somebody wants the AI in, what it may be in
// each, and who is told. It passes questions on to the room's COMPANION, which it
// starts with the first one, and ends when nobody has asked for a while and nobody
// waits.
//
// Invariants
//  1. Nothing is asked while the room's mode is not known: what cannot be read counts
//     as `off`, and is read again.
//  2. Every question that came is passed on or refused, at most answer_wait_us later,
//     unless a newer one of the same asker and kind has taken its place.
//  3. A room that nobody attends, without a companion, takes no memory.
#pragma once

#include "actors/ai/ai_counters.hpp"
#include "actors/ai/ai_interfaces.hpp"
#include "actors/hardening.hpp"
#include "actors/log.hpp"

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace tandem::ai {

struct autocomplete_settings {
  registry_actor registry;
  reader_actor reader;
  companion_limits limits;
  ai_offer offer;
  const frame_decoder* decoder = nullptr;
  std::shared_ptr<language_model> model;  // none: nothing but the local predictor
  std::shared_ptr<ai_counters> counters;
  std::function<ot::client_id()> new_client;
};

class autocomplete_state : public guarded_state<autocomplete_state> {
 public:
  static inline const char* name = "autocompl";
  explicit autocomplete_state(autocomplete_actor::pointer self) : self_{self} {}

  void start(autocomplete_settings settings);
  void on_ask(ask_ai& asked);
  void on_take_back(const take_back_in& what);
  void on_attend(attend_room& in);
  void on_leave(const leave_room& out);
  void on_mode_read(const room_mode_read& read);
  void on_mode_overdue(const mode_overdue& overdue);
  void on_rights(const rights_changed& changed);
  void on_companion_idle(const companion_idle& idle);
  void on_companion_ended(const companion_ended& ended);
  void on_tick();
  void on_stop();

  // An exception is that message's end, and nothing else's.
  void fail(const std::exception& error) {
    log(log_level::error, std::string{"the AI: "} + error.what());
  }

 private:
  static constexpr std::size_t companions_max = 2'000;

  struct waiting_ask {
    ask_ai asked;
    std::int64_t since_us = 0;
  };

  struct room {
    storage::tenant_key tenant = storage::default_tenant;
    std::optional<ai_mode> mode;  // none: not known yet
    bool is_reading = false;
    bool is_stale = false;        // it may have changed while it was read
    std::unordered_map<std::uint64_t, asker> attending;
    std::vector<waiting_ask> waiting;  // for the mode
    companion_actor companion;
    std::uint64_t passed_on = 0;  // questions, to this companion
    std::int64_t asked_us = 0;
  };
  using room_map = std::unordered_map<std::string, room>;

  std::int64_t now_us() const;
  void tick_later();
  room& find(const std::string& room_id, storage::tenant_key tenant);
  void read_mode(const std::string& room_id, room& of);
  // Nothing: it is not known any more.
  void settle_on(room& of, std::optional<ai_mode> now);
  void wait_for_mode(const std::string& room_id, room& in, ask_ai& asked);
  void pass_on(const std::string& room_id, room& in, ask_ai& asked);
  // Whether it could be: it takes a thread.
  bool start_companion(const std::string& room_id, room& in);
  void end_companion_of(room& in);
  void refuse(const ask_ai& asked, error_code code, std::string why) const;
  server::ai_state state_of(ai_mode mode) const;
  void drop_if_unused(const std::string& room_id);

  autocomplete_actor::pointer self_;
  autocomplete_settings settings_;
  room_map rooms_;
  std::size_t companions_ = 0;
};

autocomplete_actor::behavior_type autocomplete(
  autocomplete_actor::stateful_pointer<autocomplete_state> self, autocomplete_settings settings);

}  // namespace tandem::ai
