// Membership and what members do. The life of a write is in room_write.cpp,
// changes of files in room_files.cpp.
#include "actors/room_core.hpp"

#include "actors/file_names.hpp"
#include "storage/store.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tandem {

namespace {

// Readable on white and on near-black (contrast 3:1 or better on both).
constexpr std::array<const char*, 10> peer_colors{
  "#d1495b", "#2e86ab", "#c2571a", "#3a8f5c", "#8e5bd0",
  "#b8860b", "#c2408f", "#1a8f8f", "#6b7fd7", "#7f8c1f"};

// Sites of one epoch are told apart by these bits.
constexpr ot::site_id sites_per_epoch = 1U << 20U;

std::string shown_name(const std::string& wanted, ot::site_id site) {
  return wanted.empty() ? "Guest " + std::to_string(site % sites_per_epoch) : wanted;
}

server::chat shown_chat(const storage::chat_message& message) {
  return {message.n, message.author, message.text, message.at_ms, std::nullopt, std::nullopt};
}

}  // namespace

room_core::room_core(const limits& bounds, const frame_encoder& encoder, room_effects& effects,
                     storage::loaded_room loaded, ot::site_id first_site)
    : limits_{bounds}, encoder_{encoder}, effects_{effects}, next_site_{first_site} {
  load_files(loaded);
}

void room_core::load_files(storage::loaded_room& loaded) {
  std::map<storage::file_key, std::unique_ptr<room_file>> files;
  for (storage::loaded_file& file : loaded.files) {
    const storage::file_key key = file.record.key;
    files[key] = std::make_unique<room_file>(limits_, std::move(file));
    if (room_file* before = find(key))
      files[key]->take_cursors_of(*before);
  }
  files_ = std::move(files);
  chat_ = std::move(loaded.chat);
  chat_count_ = chat_.empty() ? 0 : chat_.back().n;
  record_ = std::move(loaded.room);
  count_text_bytes();
}

void room_core::count_text_bytes() {
  text_bytes_ = 0;
  for (const auto& [key, file] : files_)
    text_bytes_ += file->document().text().bytes();
}

room_file* room_core::find(storage::file_key key) {
  const auto found = files_.find(key);
  return found == files_.end() ? nullptr : found->second.get();
}

room_file* room_core::find(std::string_view name) {
  for (auto& [key, file] : files_)
    if (file->name() == name)
      return file.get();
  return nullptr;
}

const room_file* room_core::file(storage::file_key key) const {
  const auto found = files_.find(key);
  return found == files_.end() ? nullptr : found->second.get();
}

// ---- members ----

ot::site_id room_core::site_for(const join_request& request) const {
  if (request.site_before == 0)
    return next_site_;
  const auto taken = members_.find(request.site_before);
  const bool is_free = taken == members_.end() || taken->second.client == request.client;
  return is_free ? request.site_before : next_site_;
}

// Rule 4 of the grouping rule: a client's new connection ends the earlier one.
bool room_core::join(const join_request& request, moment now) {
  const ot::site_id site = site_for(request);
  const auto earlier = find_member(request.client);
  const bool is_late = earlier != members_.end() && request.attempt < earlier->second.attempt;
  if (earlier != members_.end() && !is_late) {
    effects_.tell(earlier->first, expelled{close_code::superseded, "connected again elsewhere"});
    remove_member(earlier);
  }
  if (!is_late && members_.size() >= limits_.members_per_room)
    return false;
  if (site == next_site_)
    ++next_site_;
  if (is_late) {
    effects_.tell(site, expelled{close_code::superseded, "a later connection is here already"});
    return true;
  }
  const server::peer shown{site, shown_name(request.name, site),
                           peer_colors[site % peer_colors.size()],
                           std::string{to_string(request.role)}};
  if (!request.is_unseen) {
    notes_.push_back({encoder_.encode(server::join{shown}), site, nullptr, {}, 0, {}});
    notes_.back().own_bytes = std::make_shared<const std::string>();
    notes_.back().came = site;
  }
  effects_.tell(site, joined{welcome_for(site, request)});
  members_.emplace(site, member{request.client, shown, request.attempt, request.is_unseen});
  if (phase_ != phase::live)
    report(site, {error_code::unavailable, "the room is read-only: its store cannot be reached",
                  {}, {}, {}, {}});
  for (const client::open& wanted : request.opens)
    open_for(site, wanted, request.site_before != 0);
  run(now);
  return true;
}

room_core::member_map::iterator room_core::find_member(const ot::client_id& client) {
  return std::ranges::find_if(
    members_, [&](const auto& entry) { return entry.second.client == client; });
}

void room_core::remove_member(member_map::iterator found) {
  const ot::site_id site = found->first;
  const bool was_unseen = found->second.is_unseen;
  members_.erase(found);
  for (auto& [key, file] : files_)
    file->forget_cursor(site);
  if (!was_unseen)
    notes_.push_back({encoder_.encode(server::leave{site}), 0, nullptr, {}, 0, {}, 0, site});
}

void room_core::leave(ot::site_id site, moment now) {
  const auto found = members_.find(site);
  if (found == members_.end())
    return;
  remove_member(found);
  run(now);
}

void room_core::change_role(const tandem::change_role& change, moment now) {
  const auto found = members_.find(change.site);
  if (found == members_.end())
    return;
  found->second.shown.role = to_string(change.role);
  if (!may(change.role, room_action::point))
    for (auto& [key, file] : files_)
      file->hide_cursor(change.site);
  notes_.push_back({encoder_.encode(server::join{found->second.shown}), change.site,
                    std::make_shared<const std::string>(), {}, 0, {}, change.site});
  run(now);
}

// Who comes from another node learns which of the messages are its own: they may
// be what it waits for.
server::welcome room_core::welcome_for(ot::site_id site, const join_request& request) const {
  server::welcome welcome;
  welcome.site = site;
  welcome.role = to_string(request.role);
  welcome.room_id = record_.id;
  welcome.room_name = record_.name;
  for (const auto& [key, file] : files_)
    welcome.files.push_back({file->name(), file->document().durable_revision(),
                             file->language(), static_cast<std::uint64_t>(key)});
  std::ranges::sort(welcome.files, {}, &server::file_state::name);
  for (const auto& [other, member] : members_)
    if (!member.is_unseen)
      welcome.peers.push_back(member.shown);
  for (const storage::chat_message& message : chat_) {
    welcome.messages.push_back(shown_chat(message));
    if (request.site_before != 0 && message.client == request.client)
      welcome.messages.back().id = message.client_message_id;
  }
  return welcome;
}

void room_core::report(ot::site_id site, server::error error) {
  effects_.tell(site, room_error{std::move(error)});
}

void room_core::open(const open_request& request) {
  if (members_.contains(request.site))
    open_for(request.site, request.open);
}

// A name may have come to stand for another file since the client was told it;
// the id has not.
void room_core::open_for(ot::site_id site, const client::open& wanted,
                         bool only_operations) {
  const room_file* file =
    wanted.id ? find(static_cast<storage::file_key>(*wanted.id)) : find(wanted.file);
  if (file == nullptr) {
    report(site, {error_code::unknown_file, "no such file in this room", wanted.file,
                  wanted.seq, {}, {}});
    return;
  }
  const ot::revision head = file->document().durable_revision();
  if (wanted.rev && *wanted.rev > head) {
    report(site, {error_code::stale, "that revision is not one of this file's", wanted.file,
                  wanted.seq, {}, {}});
    return;
  }
  file_opened reply;
  reply.file = file->key();
  reply.opened.file = file->name();
  reply.opened.id = static_cast<std::uint64_t>(file->key());
  reply.opened.rev = head;
  reply.opened.language = file->language();
  if (by_operations(*file, wanted) || (only_operations && wanted.rev))
    reply.opened.from = *wanted.rev;
  else
    reply.opened.text = file->document().text().to_string();
  if (wanted.seq) {
    reply.committed_seq = wanted.seq;
    const auto rev = file->document().revision_of(members_.at(site).client, *wanted.seq);
    if (rev)
      reply.committed_rev = *rev;
    else
      reply.committed_seq.reset();
  }
  effects_.tell(site, std::move(reply));
}

// By text, or by the operations from the client's revision on. A client with
// nothing pending that is very far behind takes the text; one with an edit
// pending needs the operations, however far back they are.
bool room_core::by_operations(const room_file& file, const client::open& wanted) const {
  const ot::revision head = file.document().durable_revision();
  return wanted.rev && (wanted.seq || head - *wanted.rev <= limits_.catch_up_ops);
}

// ---- what members do ----

void room_core::refuse(const submit_edit& request, error_code code, std::string why) {
  edit_answer answer{request.file, request.edit.seq, edit_answer::verdict::refused, 0, code,
                     std::move(why), {}};
  if (code == error_code::unavailable)
    answer.retry_ms = static_cast<std::uint32_t>(limits_.store_retry_ms);
  effects_.tell(request.edit.site, std::move(answer));
}

bool room_core::can_write(moment now) const noexcept {
  switch (phase_) {
    case phase::live: return true;
    case phase::read_only: return now.steady_us >= retry_at_us_;
    case phase::reloading: return false;
  }
  return false;
}

void room_core::submit(submit_edit request, moment now) {
  const auto author = members_.find(request.edit.site);
  if (author == members_.end())
    return;
  room_file* file = find(request.file);
  if (file == nullptr)
    return refuse(request, error_code::unknown_file, "no such file in this room");
  if (!can_write(now))
    return refuse(request, error_code::unavailable, "the store cannot be written to");

  // What is known already is only asked about, however full the room is by now.
  const bool is_new = !file->document().revision_of(author->second.client, request.edit.seq);
  if (is_new && text_bytes_ + request.edit.op.inserted_text().size() > limits_.room_bytes)
    return refuse(request, error_code::too_large, "the room's texts would become too large");

  const unanswered_edit pending{request.edit.site, request.file, author->second.client,
                                request.edit.seq};
  request.edit.client = author->second.client;
  const std::string& name = author->second.shown.name;
  const ot::submitted result = file->submit(
    std::move(request.edit), request.by_ai ? name + " (with AI)" : name, now.epoch_ms);
  request.edit.site = pending.site;
  request.edit.seq = pending.seq;
  switch (result.result) {
    case ot::outcome::committed:
      unanswered_.push_back(pending);
      run(now);
      break;
    case ot::outcome::duplicate:
      effects_.tell(pending.site, edit_answer{request.file, pending.seq,
                                              edit_answer::verdict::duplicate, result.rev,
                                              error_code::internal, {}, {}});
      break;
    case ot::outcome::rebase:
      refuse(request, error_code::rebase, "the edit's base is far behind");
      break;
    case ot::outcome::rejected:
      switch (result.reason) {
        case ot::reject_reason::none: break;
        case ot::reject_reason::unknown_revision:
          return refuse(request, error_code::stale, "that revision is not one of this file's");
        case ot::reject_reason::beyond_text:
          return refuse(request, error_code::bad_op, "the operation reaches beyond the text");
        case ot::reject_reason::text_too_long:
          return refuse(request, error_code::too_large, "the file would become too long");
        case ot::reject_reason::old_seq:
          return refuse(request, error_code::bad_message, "seq must rise");
      }
      break;
  }
}

void room_core::move(const move_cursor& request, moment now) {
  room_file* file = find(request.file);
  if (file == nullptr || !members_.contains(request.site)
      || request.rev > file->document().durable_revision())
    return;
  const ot::history& history = file->document().operations();
  if (request.rev < history.first())
    return;  // too old to be carried to the head; another will follow
  move_cursor placed = request;
  const std::uint64_t length = history.length_at(request.rev);
  for (client::selection& range : placed.ranges) {
    range.anchor = std::min(range.anchor, length);
    range.head = std::min(range.head, length);
  }
  file->move_cursor(placed);
  run(now);
}

void room_core::catch_up_reader(const catch_up& request) {
  room_file* file = find(request.file);
  if (file == nullptr || !members_.contains(request.site))
    return;
  const ot::document& document = file->document();
  catch_up wanted = request;
  wanted.to = std::min(request.to, document.durable_revision());
  if (wanted.from >= wanted.to)
    wanted.to = wanted.from;
  if (wanted.from < document.operations().first()) {
    wanted.to = std::clamp(wanted.to, wanted.from + 1, document.operations().first());
    effects_.read_history(wanted, limits_.slice_ops);
    return;
  }
  history_slice slice = file->slice(wanted, limits_.slice_ops, encoder_);
  if (slice.to == document.durable_revision())
    slice.cursors = file->settled_cursors(encoder_);
  effects_.tell(request.site, std::move(slice));
}

// None: they could not be read, and without them the member cannot go on here.
void room_core::on_history(const catch_up& wanted, std::vector<storage::stored_op> ops) {
  const auto member = members_.find(wanted.site);
  const room_file* file = find(wanted.file);
  if (member == members_.end() || file == nullptr)
    return;
  if (!ops.empty()) {
    effects_.tell(wanted.site, file->slice_of(wanted, ops, encoder_));
    return;
  }
  effects_.tell(wanted.site, expelled{close_code::overloaded, "the history cannot be read now"});
  remove_member(member);
}

void room_core::on_composed_history(const catch_up& wanted, const ot::text_op& composed) {
  if (const room_file* file = find(wanted.file); file != nullptr)
    effects_.tell(wanted.site, file->slice_of_composed(wanted, composed, encoder_));
}

void room_core::note_divergence(const divergence_report& report) {
  if (members_.contains(report.site))
    ++divergences_;
}

void room_core::close() {
  for (const auto& [site, member] : members_)
    effects_.tell(site, expelled{close_code::no_such_room, "the room was removed"});
  members_.clear();
}

}  // namespace tandem
