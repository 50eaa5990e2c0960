// Chat, and creating, renaming and removing files. Part of room_core.
#include "actors/file_names.hpp"
#include "actors/room_core.hpp"

#include <algorithm>
#include <utility>

namespace tandem {

void room_core::post(const post_chat& request, moment now) {
  const auto author = members_.find(request.site);
  if (author == members_.end())
    return;
  if (!can_write(now)) {
    report(request.site, {error_code::unavailable, "the store cannot be written to", {}, {},
                          request.chat.id, static_cast<std::uint32_t>(limits_.store_retry_ms)});
    return;
  }
  const auto is_same = [&](const storage::chat_message& said) {
    return said.client == author->second.client && said.client_message_id == request.chat.id;
  };
  if (const auto said = std::ranges::find_if(chat_, is_same); said != chat_.end()) {
    room_note again = chat_note({request.site, *said});
    again.bytes = std::make_shared<const std::string>();  // everybody else has it
    fanout batch;
    batch.notes.push_back(std::move(again));
    effects_.tell_everyone(std::make_shared<const fanout>(std::move(batch)));
    return;
  }
  // Before it is durable it can be sent again as well, from a new connection.
  const auto is_queued = [&](queued_chat& queued) {
    if (!is_same(queued.message))
      return false;
    queued.site = request.site;
    return true;
  };
  if (std::ranges::any_of(chats_, is_queued)
      || (in_flight_ && std::ranges::any_of(in_flight_->chats, is_queued)))
    return;
  chats_.push_back({request.site,
                    {0, author->second.shown.name, author->second.client, request.chat.id,
                     request.chat.text, now.epoch_ms}});
  run(now);
}

// Whether a file has this name, or will have it when what is queued is done.
bool room_core::is_name_taken(const std::string& name) const {
  bool taken = std::ranges::any_of(
    files_, [&](const auto& entry) { return entry.second->name() == name; });
  const auto replay = [&](const std::vector<queued_change>& changes) {
    for (const queued_change& queued : changes) {
      const client::change_file& request = queued.request;
      if (request.action == client::file_action::create && request.file == name)
        taken = true;
      if (request.action == client::file_action::rename && request.to == name)
        taken = true;
      if (request.action != client::file_action::create && request.file == name)
        taken = false;
    }
  };
  if (in_flight_)
    replay(in_flight_->changes);
  replay(changes_);
  return taken;
}

std::optional<server::error> room_core::change_problem(
  const client::change_file& request) const {
  const auto problem = [&](error_code code, const char* why) {
    return server::error{code, why, request.file, {}, {}, {}};
  };
  const bool is_new = request.action == client::file_action::create;
  const std::string& wanted = is_new ? request.file : request.to;
  if (request.action != client::file_action::remove) {
    if (!is_valid_file_name(wanted, limits_.file_name_chars))
      return problem(error_code::bad_message, "not a valid file name");
    if (is_name_taken(wanted))
      return problem(error_code::file_exists, "a file of that name exists");
  }
  const std::size_t under_way = in_flight_ ? in_flight_->changes.size() : 0;
  if (is_new && files_.size() + changes_.size() + under_way >= limits_.files_per_room)
    return problem(error_code::too_large, "the room has too many files");
  if (is_new && text_bytes_ + request.text.size() > limits_.room_bytes)
    return problem(error_code::too_large, "the room's texts would become too large");
  if (is_new)
    return std::nullopt;
  // A file with a change of its own under way is left alone until it is done.
  const auto touches = [&](const queued_change& queued) {
    return queued.request.file == request.file || queued.request.to == request.file;
  };
  const bool is_busy = std::ranges::any_of(changes_, touches)
                       || (in_flight_ && std::ranges::any_of(in_flight_->changes, touches));
  const bool exists = std::ranges::any_of(
    files_, [&](const auto& entry) { return entry.second->name() == request.file; });
  if (!exists || is_busy)
    return problem(error_code::unknown_file, "no such file in this room");
  return std::nullopt;
}

storage::file_change room_core::resolve(const file_request& request, moment now) const {
  const client::change_file& change = request.change;
  if (change.action == client::file_action::create) {
    storage::create_file created{
      change.file, change.language.empty() ? language_of(change.file) : change.language, {},
      now.epoch_ms};
    if (!change.text.empty()) {
      ot::text_op text;
      text.insert(change.text);
      created.first_ops.push_back(
        {std::move(text), {}, 0, members_.at(request.site).shown.name, now.epoch_ms});
    }
    return created;
  }
  const auto file = std::ranges::find_if(
    files_, [&](const auto& entry) { return entry.second->name() == change.file; });
  if (change.action == client::file_action::remove)
    return storage::remove_file{file->first, now.epoch_ms};
  return storage::rename_file{
    file->first, change.to, change.language.empty() ? language_of(change.to) : change.language};
}

void room_core::change_file(const file_request& request, moment now) {
  if (!members_.contains(request.site))
    return;
  if (auto problem = change_problem(request.change)) {
    report(request.site, std::move(*problem));
    return;
  }
  if (!can_write(now)) {
    report(request.site, {error_code::unavailable, "the store cannot be written to",
                          request.change.file, {}, {},
                          static_cast<std::uint32_t>(limits_.store_retry_ms)});
    return;
  }
  changes_.push_back({request.site, request.change, resolve(request, now)});
  run(now);
}

room_note room_core::change_note(client::file_action action, storage::file_key key,
                                 std::string name, std::string to, ot::site_id by) const {
  const room_file* now = file(key);
  const std::string language = now == nullptr ? std::string{} : now->language();
  room_note note;
  note.file = key;
  note.new_name = action == client::file_action::create ? name : to;
  if (action == client::file_action::create)
    note.on_file = room_note::effect::created;
  else if (action == client::file_action::rename)
    note.on_file = room_note::effect::renamed;
  else
    note.on_file = room_note::effect::removed;
  note.bytes = encoder_.encode(server::file_changed{
    action, std::move(name), std::move(to), language, by, static_cast<std::uint64_t>(key)});
  return note;
}

// The store has the change: the room's files follow, and everybody is told.
void room_core::apply_change(const queued_change& done,
                             const std::vector<storage::file_key>& created,
                             std::size_t& next_created, fanout& batch) {
  const client::change_file& request = done.request;
  storage::file_key key = 0;
  if (const auto* added = std::get_if<storage::create_file>(&done.change)) {
    key = created.at(next_created++);
    storage::loaded_file file;
    file.record = {key, added->name, added->language, added->first_ops.size()};
    file.base.file = key;
    file.tail = added->first_ops;
    files_[key] = std::make_unique<room_file>(limits_, std::move(file));
  } else if (const auto* renamed = std::get_if<storage::rename_file>(&done.change)) {
    key = renamed->file;
    files_.at(key)->rename(renamed->name, renamed->language);
  } else {
    key = std::get<storage::remove_file>(done.change).file;
    forget_file(key);
  }
  batch.notes.push_back(change_note(request.action, key, request.file, request.to, done.site));
}

void room_core::forget_file(storage::file_key key) {
  files_.erase(key);
  std::erase_if(snapshots_, [&](const storage::snapshot& taken) { return taken.file == key; });
  for (const unanswered_edit& edit : unanswered_)
    if (edit.file == key)
      answer(edit, {key, edit.seq, edit_answer::verdict::refused, 0, error_code::unknown_file,
                    "the file was removed", {}});
  std::erase_if(unanswered_, [&](const unanswered_edit& edit) { return edit.file == key; });
}

// After a reload: what the store turned out to have that nobody was told. Whose
// wish it was is known if it was in the write whose outcome was not.
void room_core::note_file_changes_since(
  const std::map<storage::file_key, std::string>& old_names, std::vector<room_note>& notes) {
  const auto asked_by = [&](client::file_action action, const std::string& name) -> ot::site_id {
    ot::site_id by = 0;
    if (in_flight_)
      std::erase_if(in_flight_->changes, [&](const queued_change& queued) {
        const bool is_it = queued.request.action == action && queued.request.file == name;
        if (is_it)
          by = queued.site;
        return is_it;
      });
    return by;
  };
  using enum client::file_action;
  for (const auto& [key, name] : old_names) {
    const room_file* now = file(key);
    if (now == nullptr)
      notes.push_back(change_note(remove, key, name, {}, asked_by(remove, name)));
    else if (now->name() != name)
      notes.push_back(change_note(rename, key, name, now->name(), asked_by(rename, name)));
  }
  for (const auto& [key, now] : files_)
    if (!old_names.contains(key))
      notes.push_back(change_note(create, key, now->name(), {}, asked_by(create, now->name())));
}

}  // namespace tandem
