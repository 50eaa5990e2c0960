#include "actors/visit.hpp"

#include "actors/hardening.hpp"

#include <utility>

namespace tandem {

void visit_state::start(visit_settings settings) {
  settings_ = std::move(settings);
  enter();
  self_->delayed_send(self_, edit_deadline,
                      connection_says{connection_says::event::hello_timed_out});
}

void visit_state::enter() {
  const visiting_edit& edit = settings_.edit;
  join_request request{settings_.client, edit.author, {}, 0};
  request.is_unseen = true;
  self_->send(settings_.registry,
              enter_room{edit.room_id, session_actor{self_}, std::move(request), edit.tenant});
}

void visit_state::on_entered(const entered& in) {
  room_ = in.room;
  site_ = in.site;
}

void visit_state::submit() {
  visiting_edit& edit = settings_.edit;
  has_submitted_ = true;
  self_->send(room_, member_says{submit_edit{
                       edit.file,
                       {settings_.client, only_seq, edit.base, std::move(edit.op), site_}}});
}

void visit_state::on_room(const room_says& said) {
  if (std::holds_alternative<joined>(said.event)) {
    submit();
  } else if (const auto* batch = std::get_if<fanout_ptr>(&said.event)) {
    look_for_it(**batch);
  } else if (const auto* answer = std::get_if<edit_answer>(&said.event)) {
    finish({{}, answer->code, answer->why, false});
  } else if (const auto* end = std::get_if<expelled>(&said.event)) {
    finish({{}, error_code::unavailable, end->why, end->code == close_code::no_such_room});
  }
}

void visit_state::look_for_it(const fanout& batch) {
  for (const file_batch& file : batch.files)
    for (const sent_op& op : file.ops)
      if (op.client == settings_.client)
        return finish({op.rev, error_code::internal, {}, false});
}

// Until it has submitted it can ask again; after that only the log knows.
void visit_state::on_no_room(const no_room& none) {
  const bool has_moved = none.why == no_room::reason::moved;
  if (has_moved && !has_submitted_)
    return enter();
  if (has_moved)
    return on_deadline();
  finish({{}, error_code::unavailable, "the room cannot be loaded", none.why == no_room::reason::absent});
}

// Perhaps it was written and nobody could say so.
void visit_state::on_deadline() {
  finish({{}, error_code::unavailable, "it is not known whether this was kept", false});
}

void visit_state::finish(visit_result result) {
  if (!settings_.answer)
    return;
  std::exchange(settings_.answer, nullptr)(result);
  if (room_)
    self_->send(room_, member_says{member_left{site_}});
  self_->quit();
}

session_actor::behavior_type visit(session_actor::stateful_pointer<visit_state> self,
                                   visit_settings settings) {
  visit_state& state = self->state;
  harden(self);
  state.start(std::move(settings));
  return {
    [](client_said&) {},
    [&state](const connection_says&) { state.on_deadline(); },
    [&state](const entered& in) { state.on_entered(in); },
    [&state](const room_says& said) { state.on_room(said); },
    [&state](const no_room& none) { state.on_no_room(none); },
    [](const entry_decided&) {},
    [](const rights_now&) {},
    [](const ai_says&) {},
  };
}

}  // namespace tandem
