// The life of a write: gathered, committed, told. Part of room_core.
#include "actors/room_core.hpp"

#include <algorithm>
#include <utility>

namespace tandem {

namespace {

// Waiting less than this costs more than it saves.
constexpr std::int64_t shortest_wait_us = 200;

}  // namespace

bool room_core::has_members_work() const noexcept {
  return !chats_.empty() || !changes_.empty()
         || std::ranges::any_of(files_, [](const auto& entry) {
              return entry.second->has_tentative();
            });
}

bool room_core::has_durable_work() const noexcept {
  return !snapshots_.empty() || has_members_work();
}

// A snapshot that could not be written can be made again by whoever loads the
// room next.
bool room_core::has_unwritten() const noexcept {
  return in_flight_ || has_members_work()
         || (!snapshots_.empty() && phase_ != phase::read_only);
}

bool room_core::has_notes() const noexcept {
  return !notes_.empty() || std::ranges::any_of(files_, [](const auto& entry) {
    return entry.second->has_moved_cursors();
  });
}

// A broadcast costs a send per member. Spacing them by the number of members
// bounds the room's share of the machine, and what comes between is told in one
// frame each: a quiet or a small room is told at once, a busy large one a few
// milliseconds later and much cheaper.
std::int64_t room_core::interval_us() const noexcept {
  const auto wanted =
    static_cast<std::int64_t>(members_.size()) * limits_.fanout_us_per_member;
  return std::min<std::int64_t>(wanted, limits_.fanout_interval_max_us);
}

// Begins what can be begun: a write, or telling what needs none.
void room_core::run(moment now) {
  if (in_flight_ || phase_ == phase::reloading)
    return;
  const bool durable_work = can_write(now) && has_durable_work();
  if (!durable_work && !has_notes())
    return;
  const std::int64_t wait_us = last_run_us_ + interval_us() - now.steady_us;
  if (wait_us >= shortest_wait_us) {
    if (!timer_armed_)
      effects_.wake_in(wait_us);
    timer_armed_ = true;
    return;
  }
  last_run_us_ = now.steady_us;
  if (durable_work)
    begin_write(now);
  else
    emit({}, now);
}

void room_core::on_timer(moment now) {
  timer_armed_ = false;
  if (phase_ == phase::reloading && now.steady_us >= retry_at_us_)
    effects_.reload();
  else
    run(now);
}

void room_core::begin_write(moment) {
  write_under_way under_way;
  storage::room_write write;
  write.room = record_.key;
  write.epoch = record_.epoch;
  for (const auto& [key, file] : files_) {
    if (!file->has_tentative())
      continue;
    write.runs.push_back(file->tentative_run());
    under_way.through[key] = write.runs.back().last();
  }
  for (queued_chat& queued : chats_) {
    queued.message.n = chat_count_ + write.chat.size() + 1;
    write.chat.push_back(queued.message);
  }
  for (const queued_change& queued : changes_)
    write.changes.push_back(queued.change);
  write.snapshots = snapshots_;
  under_way.snapshots = std::exchange(snapshots_, {});
  under_way.chats = std::exchange(chats_, {});
  under_way.changes = std::exchange(changes_, {});
  under_way.answered_edits = unanswered_.size();
  in_flight_ = std::move(under_way);
  effects_.persist(std::move(write));
}

void room_core::on_written(write_outcome outcome, const std::vector<storage::file_key>& created,
                           moment now) {
  switch (outcome) {
    case write_outcome::written:
      phase_ = phase::live;
      finish_write(created, now);
      break;
    case write_outcome::failed: fail_write(now); break;
    case write_outcome::unknown:
    case write_outcome::conflict:
      phase_ = phase::reloading;
      retry_at_us_ = now.steady_us;
      announce_unavailable();
      effects_.reload();
      break;
  }
}

room_note room_core::chat_note(const queued_chat& said) const {
  const storage::chat_message& m = said.message;
  server::chat shown{m.n, m.author, m.text, m.at_ms, std::nullopt, std::nullopt};
  const auto author = members_.find(said.site);
  const bool is_unseen = author != members_.end() && author->second.is_unseen;
  if (said.site != 0 && !is_unseen)
    shown.site = said.site;
  room_note note{encoder_.encode(shown), said.site, nullptr, {}, 0, {}};
  shown.id = m.client_message_id;
  note.own_bytes = encoder_.encode(shown);
  note.chat_n = m.n;
  note.chat_id = m.client_message_id;
  return note;
}

void room_core::finish_write(const std::vector<storage::file_key>& created, moment now) {
  const write_under_way done = *std::exchange(in_flight_, std::nullopt);
  unanswered_.erase(unanswered_.begin(),
                    unanswered_.begin() + static_cast<std::ptrdiff_t>(done.answered_edits));
  fanout batch;
  for (const auto& [key, through] : done.through) {
    room_file& file = *files_.at(key);
    batch.files.push_back(file.confirm(through, encoder_));
    batch.files.back().check = file.due_check(now.steady_us / 1000, encoder_);
    if (auto taken = file.due_snapshot())
      snapshots_.push_back(std::move(*taken));
  }
  for (const queued_chat& said : done.chats) {
    batch.notes.push_back(chat_note(said));
    chat_.push_back(said.message);
    ++chat_count_;
  }
  if (chat_.size() > limits_.chat_kept)
    chat_.erase(chat_.begin(), chat_.end() - static_cast<std::ptrdiff_t>(limits_.chat_kept));
  gather_cursors(batch);  // under the names that everybody knows so far
  std::size_t next_created = 0;
  for (const queued_change& change : done.changes)
    apply_change(change, created, next_created, batch);
  count_text_bytes();
  emit(std::move(batch), now);
  run(now);
}

void room_core::gather_cursors(fanout& batch) {
  for (auto& [key, file] : files_) {
    if (!file->has_moved_cursors())
      continue;
    auto at = std::ranges::find(batch.files, key, &file_batch::file);
    if (at == batch.files.end()) {
      const ot::revision head = file->document().durable_revision();
      batch.files.push_back({key, head, head, {}, nullptr, {}, nullptr});
      at = batch.files.end() - 1;
    }
    at->cursors = file->take_moved_cursors(encoder_);
  }
}

// Tells everybody a batch, with all the notes and cursors that have gathered.
void room_core::emit(fanout batch, moment) {
  gather_cursors(batch);
  batch.people = std::exchange(notes_, {});
  if (batch.people.empty() && batch.files.empty() && batch.notes.empty())
    return;
  effects_.tell_everyone(std::make_shared<const fanout>(std::move(batch)));
}

// ---- when the store does not do as asked ----

void room_core::announce_unavailable() {
  notes_.push_back({encoder_.encode(server::error{
                      error_code::unavailable,
                      "the store cannot be written to; the room is read-only until it can",
                      {}, {}, {}, static_cast<std::uint32_t>(limits_.store_retry_ms)}),
                    0, nullptr, {}, 0, {}});
  effects_.tell_everyone(
    std::make_shared<const fanout>(fanout{std::exchange(notes_, {}), {}, {}}));
}

// Every chat message and change of files that waits is refused.
void room_core::abandon_queue(const char* why) {
  const auto refuse_chats = [&](const std::vector<queued_chat>& chats) {
    for (const queued_chat& queued : chats)
      report(queued.site, {error_code::unavailable, why, {}, {},
                           queued.message.client_message_id, {}});
  };
  const auto refuse_changes = [&](const std::vector<queued_change>& changes) {
    for (const queued_change& queued : changes)
      report(queued.site, {error_code::unavailable, why, queued.request.file, {}, {}, {}});
  };
  if (in_flight_) {
    refuse_chats(in_flight_->chats);
    refuse_changes(in_flight_->changes);
  }
  refuse_chats(std::exchange(chats_, {}));
  refuse_changes(std::exchange(changes_, {}));
  in_flight_.reset();
}

// The author may have come back under another site since.
void room_core::answer(const unanswered_edit& edit, edit_answer answer) {
  auto author = members_.find(edit.site);
  if (author == members_.end())
    author = find_member(edit.client);
  if (author != members_.end())
    effects_.tell(author->first, std::move(answer));
}

// Nothing was written: everything tentative is forgotten, and its authors keep
// it until the store is back.
void room_core::fail_write(moment now) {
  const bool was_live = phase_ == phase::live;
  phase_ = phase::read_only;
  retry_at_us_ = now.steady_us + static_cast<std::int64_t>(limits_.store_retry_ms) * 1000;
  for (auto& [key, file] : files_)
    file->roll_back();
  snapshots_ = std::move(in_flight_->snapshots);
  abandon_queue("the store cannot be written to");
  for (const unanswered_edit& edit : std::exchange(unanswered_, {}))
    answer(edit, {edit.file, edit.seq, edit_answer::verdict::refused, 0,
                  error_code::unavailable, "the store cannot be written to",
                  static_cast<std::uint32_t>(limits_.store_retry_ms)});
  if (was_live)
    announce_unavailable();
}

void room_core::on_reloaded(std::optional<storage::loaded_room> loaded, moment now) {
  if (phase_ != phase::reloading)
    return;
  if (!loaded) {
    retry_at_us_ = now.steady_us + static_cast<std::int64_t>(limits_.store_retry_ms) * 1000;
    effects_.wake_in(retry_at_us_ - now.steady_us);
    timer_armed_ = true;
    return;
  }
  const std::map<storage::file_key, std::string> old_names = file_names();
  const std::uint64_t chats_told = chat_count_;
  load_files(*loaded);
  snapshots_.clear();
  phase_ = phase::live;
  fanout found;
  found.notes = chats_since(chats_told);
  note_file_changes_since(old_names, found.notes);
  abandon_queue("it is not known whether this was kept; look before you send it again");
  answer_after_reload(std::move(found));
  run(now);
}

std::map<storage::file_key, std::string> room_core::file_names() const {
  std::map<storage::file_key, std::string> names;
  for (const auto& [key, file] : files_)
    names[key] = file->name();
  return names;
}

// The store turned out to have these messages: they are told, and no longer
// waited for.
std::vector<room_note> room_core::chats_since(std::uint64_t told) {
  std::vector<room_note> notes;
  for (const storage::chat_message& message : chat_) {
    if (message.n <= told)
      continue;
    queued_chat found{0, message};
    if (in_flight_)
      std::erase_if(in_flight_->chats, [&](const queued_chat& queued) {
        const bool is_it = queued.message.client == message.client
                           && queued.message.client_message_id == message.client_message_id;
        if (is_it)
          found.site = queued.site;
        return is_it;
      });
    notes.push_back(chat_note(found));
  }
  return notes;
}

// The heads may have moved: an empty batch at each file's head makes every
// session see that it has missed something, and catch up. Edits that the store
// turned out to have are among what they get; the others are refused.
void room_core::answer_after_reload(fanout heads) {
  for (const auto& [key, file] : files_) {
    const ot::revision head = file->document().durable_revision();
    heads.files.push_back({key, head, head, {}, nullptr, {}, nullptr});
  }
  effects_.tell_everyone(std::make_shared<const fanout>(std::move(heads)));
  for (const unanswered_edit& edit : std::exchange(unanswered_, {})) {
    const room_file* file = find(edit.file);
    if (file != nullptr && file->document().revision_of(edit.client, edit.seq))
      continue;
    answer(edit, {edit.file, edit.seq, edit_answer::verdict::refused, 0,
                  file == nullptr ? error_code::unknown_file : error_code::unavailable,
                  "the edit was not kept",
                  static_cast<std::uint32_t>(limits_.store_retry_ms)});
  }
}

}  // namespace tandem
