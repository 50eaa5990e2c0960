// What the room says, and how it reaches the client. Part of session_core.
#include "actors/session_core.hpp"

#include <algorithm>
#include <utility>

namespace tandem {

void session_core::on_room(const room_event& event) {
  if (phase_ == phase::closed)
    return;
  struct visitor {
    session_core& self;
    void operator()(const joined& e) { self.on_joined(e); }
    void operator()(const file_opened& e) {
      self.on_opened(e);
      self.note_open_answered();
    }
    void operator()(const history_slice& e) { self.on_slice(e); }
    void operator()(const edit_answer& e) { self.on_answer(e); }
    void operator()(const room_error& e) { self.on_room_error(e.error); }
    void operator()(const fanout_ptr& e) { self.on_fanout(*e); }
    void operator()(const expelled& e) {
      self.effects_.close(e.code, e.why);
      self.phase_ = phase::closed;
      self.files_.clear();
    }
  };
  std::visit(visitor{*this}, event);
  say_early_messages();
  end_if_unread();
}

void session_core::on_joined(const joined& in) {
  if (phase_ == phase::moving)
    return on_joined_again(in);
  if (unanswered_join_)
    for (const client::open& wanted : unanswered_join_->opens)
      told_->asked(wanted);  // it is let in, and they have no answer yet
  unanswered_join_.reset();
  site_ = in.welcome.site;
  phase_ = phase::live;
  server::welcome welcome = in.welcome;
  welcome.frame_bytes = limits_.frame_bytes;
  welcome.op_chars = limits_.op_chars;
  welcome.ops_per_second = limits_.ops_per_second;
  effects_.send(encoder_.encode(welcome));
  if (told_)
    told_->welcomed(welcome);
  // It may have changed on the way into the room.
  if (const room_role now = role_; welcome.role != to_string(now)) {
    role_ = room_role::none;
    on_role(now);
  }
}

void session_core::on_room_error(const server::error& error) {
  const auto moving = std::ranges::find_if(files_, [&](const auto& entry) {
    return entry.second.is_moving && entry.second.name == error.file;
  });
  if (moving != files_.end())  // it has no past that this client knows
    return fail(close_code::going_away, "connect again");
  if (told_)
    told_->answered(error);
  send_error(error);
  if (!error.file.empty())
    note_open_answered();
}

// The room answers each of the hello's opens once, before anything else.
void session_core::note_open_answered() {
  if (opens_awaited_ > 0)
    --opens_awaited_;
}

// What was asked of the room before may or may not have been done; what the client
// follows is asked for again, from where it is.
void session_core::on_room_moved() {
  if (phase_ == phase::closed || phase_ == phase::handshaking)
    return;
  if (unanswered_join_) {
    unanswered_join_->role = role_;
    opens_awaited_ = unanswered_join_->opens.size();
    return effects_.join_again(*unanswered_join_);
  }
  phase_ = phase::moving;
  join_request again{client_, {}, {}, attempt_, false, role_, {}, site_};
  for (auto& [key, file] : files_) {
    file.slice_asked = false;
    file.is_moving = true;
    again.opens.push_back({file.name, file.sent, file.unanswered_seq,
                           static_cast<std::uint64_t>(key)});
  }
  // What the client itself waits for comes behind: it may be of the same file, from
  // another revision, and the first answer is taken for ours.
  again.opens.insert(again.opens.end(), told_->opens().begin(), told_->opens().end());
  opens_awaited_ = again.opens.size();
  effects_.join_again(std::move(again));
}

void session_core::on_joined_again(const joined& in) {
  if (in.welcome.site != site_)  // others know this client by the site it had
    return fail(close_code::going_away, "connect again");
  phase_ = phase::live;
  // It may have changed on the way; the client was told.
  if (in.welcome.role != to_string(role_))
    effects_.change_role(role_);
  for (const frame& missed : told_->differences(in.welcome, encoder_))
    effects_.send(missed);
  std::erase_if(files_, [&](const auto& entry) {
    return std::ranges::none_of(in.welcome.files, [&](const server::file_state& file) {
      return file.id == static_cast<std::uint64_t>(entry.first);
    });
  });
  effects_.settle();
}

void session_core::on_settled() {
  if (phase_ != phase::live || !told_)
    return;
  for (const frame& leave : told_->missing(encoder_))
    effects_.send(leave);
}

void session_core::on_no_room(bool absent) {
  if (phase_ == phase::closed)
    return;
  phase_ = phase::closed;
  if (absent) {
    effects_.close(close_code::no_such_room, "no such room");
    return;
  }
  send_error({error_code::unavailable, "the room cannot be loaded now", {}, {}, {}, {}});
  effects_.close(close_code::overloaded, "the room cannot be loaded now");
}

// ---- a file's stream ----

void session_core::on_opened(const file_opened& opened) {
  if (const auto before = files_.find(opened.file);
      before != files_.end() && before->second.is_moving)
    return on_opened_again(before->second, opened);
  if (told_)
    told_->answered_open(opened.opened);
  followed file;
  file.name = opened.opened.file;
  file.head = opened.opened.rev;
  file.sent = opened.opened.text ? opened.opened.rev : opened.opened.from;
  if (const auto before = files_.find(opened.file); before != files_.end()) {
    file.acked_seq = before->second.acked_seq;
    file.acked_rev = before->second.acked_rev;
    if (before->second.submitted_since_open) {
      file.unanswered_seq = before->second.unanswered_seq;
      file.unanswered_base = before->second.unanswered_base;
    }
  }
  effects_.send(encoder_.encode(opened.opened));
  if (opened.committed_seq && opened.committed_rev > file.sent)
    file.unanswered_seq = opened.committed_seq;
  followed& kept = files_[opened.file] = std::move(file);
  if (opened.committed_seq && opened.committed_rev <= kept.sent)
    send_ack(kept, *opened.committed_seq, opened.committed_rev);
  // Even at the head: the slice brings the others' cursors.
  kept.lags = true;
  ask_slice(opened.file, kept);
}

// Its stream goes on from what the client has been sent. An edit that the room
// knows is in there; one that it does not know was not kept.
void session_core::on_opened_again(followed& file, const file_opened& opened) {
  file.is_moving = false;
  file.name = opened.opened.file;
  file.head = opened.opened.rev;
  if (opened.committed_seq && opened.committed_rev <= file.sent)
    send_ack(file, *opened.committed_seq, opened.committed_rev);
  const auto lost = opened.committed_seq ? std::nullopt : file.unanswered_seq;
  if (lost) {
    file.unanswered_seq.reset();
    file.sent_anew.reset();
    file.owes_rebase = true;  // it will be sent again, on the base that it has
    send_error({error_code::unavailable, "the room has moved; send this again", file.name, *lost,
                {}, 0});
  }
  if (file.pointed && tandem::may(role_, room_action::point))
    effects_.move_cursor(*file.pointed);
  file.lags = true;
  ask_slice(opened.file, file);
}

bool session_core::may_send_more() const {
  return effects_.unread_bytes() < limits_.outbound_pause_bytes;
}

void session_core::ask_slice(storage::file_key key, followed& file) {
  if (phase_ != phase::live || file.is_moving || file.slice_asked || !may_send_more())
    return;
  file.slice_asked = true;
  file.slice_may_compose = !file.unanswered_seq && !file.owes_rebase;
  effects_.catch_up({site_, key, file.sent, file.head, file.slice_may_compose});
}

void session_core::on_drained() {
  for (auto& [key, file] : files_)
    if (file.lags)
      ask_slice(key, file);
}

void session_core::on_slice(const history_slice& slice) {
  const auto found = files_.find(slice.file);
  if (found == files_.end() || !found->second.slice_asked || found->second.sent != slice.from)
    return;  // the file was closed or opened anew since it was asked for
  followed& file = found->second;
  file.slice_asked = false;
  if (slice.composed) {
    effects_.send(slice.ops.front().bytes);
    file.composed_end = slice.to;
  } else {
    send_ops(file, slice.ops);
  }
  file.sent = slice.to;
  if (auto held = std::exchange(file.held, std::nullopt))
    submit(slice.file, file, *held);
  if (file.sent < file.head)
    return ask_slice(slice.file, file);
  file.lags = false;
  for (const auto& [site, bytes] : slice.cursors)
    if (site != site_)
      effects_.send(bytes);
}

bool session_core::holds_own_edit(const followed& file,
                                  const std::vector<sent_op>& ops) const noexcept {
  return file.unanswered_seq && std::ranges::any_of(ops, [&](const sent_op& op) {
           return op.seq == *file.unanswered_seq && op.client == client_;
         });
}

// Sends operations one by one, this client's own as its ack.
void session_core::send_ops(followed& file, const std::vector<sent_op>& ops) {
  for (const sent_op& op : ops) {
    if (file.unanswered_seq && op.seq == *file.unanswered_seq && op.client == client_)
      send_ack(file, op.seq, op.rev);
    else
      effects_.send(op.bytes);
  }
}

void session_core::send_ack(followed& file, std::uint64_t seq, ot::revision rev) {
  effects_.send(encoder_.encode(server::ack{file.name, seq, rev}));
  file.unanswered_seq.reset();
  file.sent_anew.reset();
  file.acked_seq = seq;
  file.acked_rev = rev;
  file.owes_rebase = false;
}

void session_core::on_answer(const edit_answer& answer) {
  const auto found = files_.find(answer.file);
  if (found == files_.end() || found->second.unanswered_seq != answer.seq)
    return;
  followed& file = found->second;
  if (answer.result == edit_answer::verdict::duplicate) {
    // Later than `sent`: its place in the stream is its ack.
    if (answer.rev <= file.sent)
      send_ack(file, answer.seq, answer.rev);
    return;
  }
  file.unanswered_seq.reset();
  if (answer.code == error_code::rebase)
    file.owes_rebase = true;
  if (auto again = std::exchange(file.sent_anew, std::nullopt))
    return submit(answer.file, file, *again);
  send_error({answer.code, answer.why, file.name, answer.seq, {}, answer.retry_ms});
}

// ---- fanout ----

void session_core::on_fanout(const fanout& batch) {
  for (const room_note& note : batch.people)
    deliver(note);
  for (const file_batch& changed : batch.files) {
    const auto found = files_.find(changed.file);
    if (found != files_.end())
      deliver(found->second, changed);
  }
  for (const room_note& note : batch.notes)
    deliver(note);
  for (auto& [key, file] : files_)
    if (file.lags)
      ask_slice(key, file);
}

void session_core::deliver(followed& file, const file_batch& batch) {
  file.head = std::max(file.head, batch.to);
  if (file.sent != batch.from || !may_send_more())
    file.lags = true;
  if (file.lags)
    return;
  if (holds_own_edit(file, batch.ops))
    send_ops(file, batch.ops);
  else if (batch.all)
    effects_.send(batch.all);
  file.sent = batch.to;
  for (const auto& [site, bytes] : batch.cursors)
    if (site != site_)
      effects_.send(bytes);
  if (batch.check)
    effects_.send(batch.check);
}

void session_core::deliver(const room_note& note) {
  const bool own = note.own_bytes && note.own_site == site_;
  const frame& bytes = own ? note.own_bytes : note.bytes;
  if (!bytes->empty())
    effects_.send(bytes);
  if (told_)
    told_->note(note, note.own_site == site_);
  if (own && note.chat_n != 0)
    mention_assistant(note);
  if (note.on_file == room_note::effect::none || note.on_file == room_note::effect::created)
    return;
  const auto found = files_.find(note.file);
  if (found == files_.end())
    return;
  if (note.on_file == room_note::effect::renamed) {
    found->second.name = note.new_name;
    return;
  }
  const followed gone = std::move(found->second);
  files_.erase(found);
  if (gone.unanswered_seq)  // the room's answer would find no file any more
    send_error({error_code::unknown_file, "the file was removed", gone.name, gone.unanswered_seq,
                {}, {}});
}

}  // namespace tandem
