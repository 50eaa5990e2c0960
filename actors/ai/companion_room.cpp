// The room that it follows: who comes and goes, the texts, the chat. Part of
// companion_core.
#include "actors/ai/companion_core.hpp"

#include <algorithm>
#include <utility>

namespace tandem::ai {

void companion_core::on_joined(const server::welcome& welcome, std::int64_t now_us) {
  is_joined_ = true;
  site_ = welcome.site;
  files_.clear();
  for (const server::file_state& file : welcome.files)
    files_[static_cast<storage::file_key>(file.id)] = {file.name, file.language, {}, false, 0, nullptr};
  chat_.assign(welcome.messages.begin(), welcome.messages.end());
  while (chat_.size() > limits_.chats_remembered)
    chat_.pop_front();
  for (auto& [id, post] : posts_) {
    post.again_us.reset();
    effects_.post(post.said);
  }
  look(now_us);
}

void companion_core::on_moved() {
  is_joined_ = false;
  for (auto& [key, file] : files_)
    forget_text(key, file);
}

void companion_core::on_ended(error_code code, std::string_view why) {
  is_joined_ = false;
  for (const waiting_question& one : std::exchange(waiting_, {}))
    refuse(one.from, number_of(one.what), code, std::string{why});
  refuse_calls(code, std::string{why});
  for (const auto& [id, post] : std::exchange(posts_, {}))
    refuse(post.from, 0, code, std::string{why});
}

void companion_core::on_room(const room_event& event, std::int64_t now_us) {
  if (const auto* opened = std::get_if<file_opened>(&event))
    on_opened(*opened);
  else if (const auto* batch = std::get_if<fanout_ptr>(&event))
    on_fanout(**batch);
  else if (const auto* refused = std::get_if<room_error>(&event); refused && refused->error.id)
    return on_post_refused(refused->error, now_us);
  else
    return;
  look(now_us);
}

companion_core::known_file* companion_core::find(const file_reference& wanted,
                                                 storage::file_key& key) {
  auto found = files_.end();
  if (wanted.key)
    found = files_.find(*wanted.key);
  else
    found = std::ranges::find_if(
      files_, [&](const auto& entry) { return entry.second.name == wanted.name; });
  if (found == files_.end())
    return nullptr;
  key = found->first;
  return &found->second;
}

void companion_core::open(storage::file_key key, known_file& file) {
  if (std::exchange(file.is_asked_for, true))
    return;
  effects_.open({file.name, std::nullopt, std::nullopt, static_cast<std::uint64_t>(key)});
}

// The room's other files, one after the other, as long as there is space. Whether
// one is on its way.
bool companion_core::open_more() {
  std::uint64_t bytes = 0;
  std::uint64_t followed = 0;
  for (const auto& [key, file] : files_) {
    if (file.is_asked_for && !file.text)
      return true;  // that one first
    bytes += file.text ? file.text->text().bytes() : 0;
    followed += file.text ? 1 : 0;
  }
  if (bytes >= limits_.text_bytes || followed >= limits_.files)
    return false;
  for (auto& [key, file] : files_)
    if (!file.is_asked_for) {
      open(key, file);
      return true;
    }
  return false;
}

void companion_core::on_opened(const file_opened& opened) {
  const auto found = files_.find(opened.file);
  if (found == files_.end() || !opened.opened.text)
    return;
  known_file& file = found->second;
  forget_text(found->first, file);
  file.is_asked_for = true;
  file.name = opened.opened.file;
  file.language = opened.opened.language;
  file.text.emplace(ot::rope{*opened.opened.text}, opened.opened.rev);
  predictor_.open(found->first, file.language, file.text->text());
  open_more();
}

void companion_core::forget_text(storage::file_key key, known_file& file) {
  if (file.text)
    predictor_.close(key);
  file.text.reset();
  file.parts.reset();
  file.is_asked_for = false;
}

void companion_core::on_fanout(const fanout& batch) {
  for (const file_batch& one : batch.files)
    follow(one);
  for (const room_note& one : batch.notes)
    note(one);
}

// What does not go on from where the text is, is read anew.
void companion_core::follow(const file_batch& batch) {
  const auto found = files_.find(batch.file);
  if (found == files_.end() || !found->second.text)
    return;
  known_file& file = found->second;
  file.edited = ++edits_seen_;
  for (const sent_op& sent : batch.ops) {
    if (sent.rev <= file.text->revision())
      continue;
    auto op = sent.rev == file.text->revision() + 1 ? decoder_.op_in(*sent.bytes) : std::nullopt;
    if (!op || op->reach_chars() > file.text->text().chars()) {
      forget_text(found->first, file);
      return open(found->first, file);
    }
    file.parts.reset();
    const ot::rope before = file.text->text();
    const ot::text_op made = *op;
    file.text->apply(std::move(*op));
    predictor_.edit(found->first, before, made, file.text->text());
  }
}

void companion_core::note(const room_note& told) {
  const auto found = files_.find(told.file);
  switch (told.on_file) {
    case room_note::effect::created:
      files_[told.file] = {told.new_name, {}, {}, false, 0, nullptr};
      break;
    case room_note::effect::renamed:
      if (found != files_.end())
        found->second.name = told.new_name;
      break;
    case room_note::effect::removed:
      if (found != files_.end()) {
        forget_text(found->first, found->second);
        files_.erase(found);
      }
      break;
    case room_note::effect::none: break;
  }
  if (told.chat_n != 0)
    on_chat(told);
}

void companion_core::on_chat(const room_note& told) {
  const bool is_own = told.own_site == site_ && told.own_bytes != nullptr;
  const auto said = decoder_.chat_in(is_own ? *told.own_bytes : *told.bytes);
  if (!said)
    return;
  if (chat_.empty() || chat_.back().n < said->n)
    chat_.push_back(*said);
  if (chat_.size() > limits_.chats_remembered)
    chat_.pop_front();
  if (is_own && said->id)
    on_posted(*said);
}

}  // namespace tandem::ai
