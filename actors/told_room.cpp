#include "actors/told_room.hpp"

#include <algorithm>
#include <utility>

namespace tandem {

namespace {

template <class T>
void erase_first(std::vector<T>& from, const T& value) {
  if (const auto found = std::ranges::find(from, value); found != from.end())
    from.erase(found);
}

}  // namespace

void told_room::welcomed(const server::welcome& welcome) {
  files_.clear();
  for (const server::file_state& file : welcome.files)
    files_[static_cast<storage::file_key>(file.id)] = file.name;
  for (const server::peer& peer : welcome.peers)
    peers_.insert(peer.site);
  for (const server::chat& message : welcome.messages)
    chat_n_ = std::max(chat_n_, message.n);
}

void told_room::note(const room_note& note, bool is_own) {
  if (note.came != 0 && !is_own) {
    peers_.insert(note.came);
    awaited_.erase(note.came);
  }
  if (note.went != 0)
    peers_.erase(note.went);
  if (note.chat_n != 0) {
    chat_n_ = std::max(chat_n_, note.chat_n);
    // One that the room had already may overtake one that is not kept yet.
    if (is_own && !chats_.empty())
      erase_first(chats_, note.chat_id != 0 ? note.chat_id : chats_.front());
  }
  switch (note.on_file) {
    case room_note::effect::none: break;
    case room_note::effect::created:
      files_[note.file] = note.new_name;
      changed(note.new_name);
      break;
    case room_note::effect::renamed:
      changed(std::exchange(files_[note.file], note.new_name));
      break;
    case room_note::effect::removed:
      changed(files_[note.file]);
      files_.erase(note.file);
      break;
  }
}

void told_room::changed(const std::string& name) {
  erase_first(changes_, name);
}

void told_room::answered(const server::error& error) {
  if (error.id)
    erase_first(chats_, *error.id);
  if (error.file.empty() || error.seq)
    return;
  erase_first(changes_, error.file);
  std::erase_if(opens_, [&](const client::open& open) { return open.file == error.file; });
}

void told_room::answered_open(const server::opened& opened) {
  std::erase_if(opens_, [&](const client::open& open) {
    return open.id ? *open.id == opened.id : open.file == opened.file;
  });
}

std::vector<frame> told_room::differences(const server::welcome& found,
                                          const frame_encoder& encoder) {
  std::vector<frame> frames;
  file_differences(found, encoder, frames);
  chat_differences(found, encoder, frames);
  peer_differences(found, encoder, frames);
  refuse_unanswered(encoder, frames);
  welcomed(found);
  return frames;
}

void told_room::file_differences(const server::welcome& found, const frame_encoder& encoder,
                                 std::vector<frame>& frames) {
  using enum client::file_action;
  std::map<storage::file_key, std::string> gone = files_;
  for (const server::file_state& file : found.files)
    gone.erase(static_cast<storage::file_key>(file.id));
  for (const auto& [key, name] : gone) {
    frames.push_back(encoder.encode(
      server::file_changed{remove, name, {}, {}, 0, static_cast<std::uint64_t>(key)}));
    changed(name);
  }
  for (const server::file_state& file : found.files) {
    const auto known = files_.find(static_cast<storage::file_key>(file.id));
    if (known == files_.end())
      frames.push_back(encoder.encode(
        server::file_changed{create, file.name, {}, file.language, 0, file.id}));
    else if (known->second != file.name)
      frames.push_back(encoder.encode(
        server::file_changed{rename, known->second, file.name, file.language, 0, file.id}));
    else
      continue;
    changed(known == files_.end() ? file.name : known->second);
  }
}

void told_room::chat_differences(const server::welcome& found, const frame_encoder& encoder,
                                 std::vector<frame>& frames) {
  for (const server::chat& message : found.messages) {
    if (message.n <= chat_n_)
      continue;
    frames.push_back(encoder.encode(message));
    if (message.id)
      erase_first(chats_, *message.id);
  }
}

// Others have not come again yet: who is missing is told later (`missing`).
void told_room::peer_differences(const server::welcome& found, const frame_encoder& encoder,
                                 std::vector<frame>& frames) {
  awaited_ = peers_;
  for (const server::peer& peer : found.peers)
    if (awaited_.erase(peer.site) == 0)
      frames.push_back(encoder.encode(server::join{peer}));
}

void told_room::refuse_unanswered(const frame_encoder& encoder, std::vector<frame>& frames) {
  constexpr const char* why = "it is not known whether this was kept; look before you send it again";
  for (const std::uint64_t id : std::exchange(chats_, {}))
    frames.push_back(encoder.encode(server::error{error_code::unavailable, why, {}, {}, id, 0}));
  for (const std::string& file : std::exchange(changes_, {}))
    frames.push_back(encoder.encode(server::error{error_code::unavailable, why, file, {}, {}, 0}));
}

std::vector<frame> told_room::missing(const frame_encoder& encoder) {
  std::vector<frame> frames;
  for (const ot::site_id site : std::exchange(awaited_, {})) {
    peers_.erase(site);
    frames.push_back(encoder.encode(server::leave{site}));
  }
  return frames;
}

}  // namespace tandem
