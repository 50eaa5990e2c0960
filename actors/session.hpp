// The SESSION actor: session_core with a mailbox. Lives as long as its
// connection: it quits when that says `disconnected`.
#pragma once

#include "actors/ai/ai_interfaces.hpp"
#include "actors/hardening.hpp"
#include "actors/interfaces.hpp"
#include "actors/rate_limits.hpp"
#include "actors/session_core.hpp"

#include <atomic>
#include <exception>
#include <memory>
#include <string>

namespace tandem {

struct session_settings {
  const limits* bounds = nullptr;
  const frame_encoder* encoder = nullptr;
  registry_actor registry;
  std::string room_id;
  std::shared_ptr<connection_sink> sink;
  std::shared_ptr<std::atomic<std::uint64_t>> live_sessions;

  access_mode mode = access_mode::open;
  gate_actor gate = {};  // none: everybody with the link edits
  credentials shown = {};
  std::shared_ptr<rate_limits> rates = {};  // none: no limits but its own
  bool may_rooms_move = false;              // in a cluster
  ai::autocomplete_actor ai = {};           // none: nothing can be asked
};

class session_state : public session_effects, public guarded_state<session_state> {
 public:
  static inline const char* name = "session";
  explicit session_state(session_actor::pointer self) : self_{self} {}

  void start(session_settings settings);
  session_core& core() { return *core_; }
  void on_client(client_said& said);
  void on_connection(const connection_says& event);
  void on_entered(const entered& in);
  void on_room(const room_says& said);
  void on_decided(const entry_decided& decided);
  void on_rights(const rights_now& now);
  void on_no_room(const no_room& none);
  void on_ai(const ai_says& said) { core_->on_ai(said.event); }

  // An exception ends this connection, and nothing else: its
  // client is told to connect again.
  void fail(const std::exception& error);

  void send(const frame& bytes) override { settings_.sink->send(bytes, pace_); }
  std::uint64_t unread_bytes() const override { return settings_.sink->unread_bytes(); }
  void close(close_code code, std::string_view why) override {
    settings_.sink->close(code, why);
  }

  void join(join_request request) override;
  void join_again(join_request request) override;
  void settle() override;
  void leave() override;
  void open(client::open wanted) override;
  void submit(submit_edit edit) override;
  void move_cursor(tandem::move_cursor moved) override;
  void catch_up(tandem::catch_up wanted) override;
  void post(client::chat chat) override;
  void change_file(client::change_file change) override;
  void report_divergence(client::diverged report) override;
  void change_role(room_role role) override;
  void ask_ai(ai::question what) override;
  void take_back(std::optional<std::uint64_t> ask) override;

 private:
  void tell_room(member_says message);
  void enter(granted_entry granted);
  void ask_for_room(join_request request);
  ai::asker as_asker() const;
  void attend_to_ai();

  session_actor::pointer self_;
  session_settings settings_;
  std::optional<session_core> core_;
  std::optional<join_request> asking_;  // while the gate decides
  storage::tenant_key tenant_ = storage::default_tenant;
  std::string shown_name_;
  room_actor room_;
  ot::site_id site_ = 0;
  std::int64_t outside_since_us_ = 0;  // when the room was first asked for; 0: it is in
  bool left_ = false;
  bool attends_ai_ = false;
  connection_sink::pace pace_ = connection_sink::pace::at_once;
};

session_actor::behavior_type session(session_actor::stateful_pointer<session_state> self,
                                     session_settings settings);

}  // namespace tandem
