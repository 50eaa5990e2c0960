#include "actors/session.hpp"

#include "actors/clock.hpp"
#include "actors/log.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <utility>

namespace tandem {

namespace {

// When a room has moved: how long its members have to come again before they
// count as gone.
constexpr std::chrono::seconds settle_after{5};

std::string hex_of(const ot::client_id& client) {
  return fmt::format("{:02x}", fmt::join(client.bytes, ""));
}

}  // namespace

void session_state::start(session_settings settings) {
  settings_ = std::move(settings);
  core_.emplace(*settings_.bounds, *settings_.encoder, *this);
  if (settings_.may_rooms_move)
    core_->follow_moves();
}

void session_state::on_client(client_said& said) {
  core_->on_message(std::move(said.message), steady_us(self_->home_system()));
  settings_.sink->consumed();
}

void session_state::on_connection(const connection_says& event) {
  switch (event.what) {
    case connection_says::event::drained: core_->on_drained(); break;
    case connection_says::event::hello_timed_out: core_->on_hello_timeout(); break;
    case connection_says::event::shutting_down: core_->on_shutdown(); break;
    case connection_says::event::settled: core_->on_settled(); break;
    case connection_says::event::disconnected:
      core_->on_disconnected();
      --*settings_.live_sessions;
      self_->quit();
      break;
  }
}

// The core may have closed between asking for the room and being let in.
void session_state::on_entered(const entered& in) {
  room_ = in.room;
  site_ = in.site;
  if (left_)
    tell_room({member_left{site_}});
}

void session_state::on_room(const room_says& said) {
  if (std::holds_alternative<fanout_ptr>(said.event))
    pace_ = connection_sink::pace::with_batch;
  core_->on_room(said.event);
  pace_ = connection_sink::pace::at_once;
  if (std::holds_alternative<joined>(said.event)) {
    outside_since_us_ = 0;
    attend_to_ai();
  }
}

void session_state::tell_room(member_says message) {
  if (room_)
    self_->send(room_, std::move(message));
}

void session_state::fail(const std::exception& error) {
  log(log_level::error, "a session of room " + settings_.room_id + " ends: " + error.what());
  if (core_->is_closed())
    return;
  close(close_code::going_away, "the session has failed");
  core_->on_disconnected();
}

// ---- coming in ----

// Where there are no accounts, who shows nothing need not be asked about.
void session_state::join(join_request request) {
  if (settings_.rates)
    if (const std::int64_t wait_us = settings_.rates->take_join(
          {}, settings_.shown.address, steady_us(self_->home_system()));
        wait_us > 0)
      return core_->on_join_limited(wait_us);
  credentials shown = settings_.shown;
  const bool is_invite = request.token.starts_with(invite_prefix);
  if (is_invite)
    shown.invite_digest = digest_of_token(request.token);
  else if (!request.token.empty())
    shown.token_digest = digest_of_token(request.token);
  shown.client = hex_of(request.client);
  asking_ = std::move(request);
  if (settings_.gate && (is_invite || settings_.mode == access_mode::accounts))
    self_->send(settings_.gate, admit_session{session_actor{self_}, std::move(shown),
                                              settings_.room_id});
  else
    enter({storage::default_tenant, room_role::editor, {}, {}});
}

void session_state::on_decided(const entry_decided& decided) {
  if (core_->is_closed())
    return;
  if (const auto* refused = std::get_if<refused_entry>(&decided.what))
    core_->on_refused(refused->code, refused->why);
  else
    enter(std::get<granted_entry>(decided.what));
}

void session_state::enter(granted_entry granted) {
  join_request request = std::move(*asking_);
  asking_.reset();
  if (settings_.rates) {
    const std::int64_t now_us = steady_us(self_->home_system());
    const std::string& address = settings_.shown.address;
    if (granted.account) {
      settings_.rates->give_back_join(address);
      if (const std::int64_t wait_us =
            settings_.rates->take_join(granted.account, address, now_us);
          wait_us > 0)
        return core_->on_join_limited(wait_us);
    }
    core_->share(settings_.rates->of_session(granted.account, address, now_us));
  }
  settings_.sink->admitted();
  core_->on_role(granted.role);
  request.role = granted.role;
  if (granted.name)
    request.name = *granted.name;
  shown_name_ = request.name;
  tenant_ = granted.tenant;
  ask_for_room(std::move(request));
}

void session_state::ask_for_room(join_request request) {
  if (outside_since_us_ == 0)
    outside_since_us_ = steady_us(self_->home_system());
  self_->send(settings_.registry, enter_room{settings_.room_id, session_actor{self_},
                                             std::move(request), tenant_, 0, false,
                                             outside_since_us_});
}

// Let in it is; the GATE goes on looking after that.
void session_state::join_again(join_request request) {
  request.name = shown_name_;
  ask_for_room(std::move(request));
}

void session_state::settle() {
  self_->delayed_send(self_, settle_after, connection_says{connection_says::event::settled});
}

void session_state::on_no_room(const no_room& none) {
  if (none.why == no_room::reason::moved) {
    room_ = nullptr;
    core_->on_room_moved();
  } else {
    core_->on_no_room(none.why == no_room::reason::absent);
  }
}

void session_state::on_rights(const rights_now& now) {
  if (now.role == room_role::none)
    core_->on_refused(now.why.code, now.why.why);
  else
    core_->on_role(now.role);
}

void session_state::leave() {
  left_ = true;
  tell_room({member_left{site_}});
  if (std::exchange(attends_ai_, false))
    self_->send(settings_.ai, ai::leave_room{settings_.room_id, self_->id()});
}

// ---- the AI ----

ai::asker session_state::as_asker() const {
  return {self_->id(), [session = session_actor{self_}](const server::ai_event& event) {
            caf::anon_send(session, ai_says{event});
          }};
}

void session_state::attend_to_ai() {
  if (settings_.ai && !left_ && !std::exchange(attends_ai_, true))
    self_->send(settings_.ai, ai::attend_room{settings_.room_id, tenant_, as_asker()});
}

void session_state::ask_ai(ai::question what) {
  if (attends_ai_)
    self_->send(settings_.ai,
                ai::ask_ai{settings_.room_id, tenant_, as_asker(), std::move(what)});
}

void session_state::take_back(std::optional<std::uint64_t> ask) {
  if (attends_ai_)
    self_->send(settings_.ai,
                ai::take_back_in{settings_.room_id, {self_->id(), ask}});
}

void session_state::open(client::open wanted) {
  tell_room({open_request{site_, std::move(wanted)}});
}

void session_state::submit(submit_edit edit) {
  tell_room({std::move(edit)});
}

void session_state::move_cursor(tandem::move_cursor moved) {
  tell_room({std::move(moved)});
}

void session_state::catch_up(tandem::catch_up wanted) {
  tell_room({wanted});
}

void session_state::post(client::chat chat) {
  tell_room({post_chat{site_, std::move(chat)}});
}

void session_state::change_file(client::change_file change) {
  tell_room({file_request{site_, std::move(change)}});
}

void session_state::report_divergence(client::diverged report) {
  tell_room({divergence_report{site_, std::move(report)}});
}

void session_state::change_role(room_role role) {
  tell_room({tandem::change_role{site_, role}});
}

session_actor::behavior_type session(session_actor::stateful_pointer<session_state> self,
                                     session_settings settings) {
  session_state& state = self->state;
  harden(self);
  state.start(std::move(settings));
  return {
    [&state](client_said& said) { state.guarded([&] { state.on_client(said); }); },
    [&state](const connection_says& event) { state.guarded([&] { state.on_connection(event); }); },
    [&state](const entered& in) { state.guarded([&] { state.on_entered(in); }); },
    [&state](const room_says& said) { state.guarded([&] { state.on_room(said); }); },
    [&state](const no_room& none) {
      state.guarded([&] { state.on_no_room(none); });
    },
    [&state](const entry_decided& decided) {
      state.guarded([&] { state.on_decided(decided); });
    },
    [&state](const rights_now& now) { state.guarded([&] { state.on_rights(now); }); },
    [&state](const ai_says& said) { state.guarded([&] { state.on_ai(said); }); },
  };
}

}  // namespace tandem
