// What the client says. What the room says is in session_delivery.cpp.
#include "actors/session_core.hpp"

#include "ot/utf8.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace tandem {

namespace {

// A peer that sends this many bad messages is no client of ours.
constexpr std::uint32_t bad_messages_max = 20;
constexpr std::size_t early_messages_max = 64;
constexpr std::size_t client_name_bytes_max = 64;

bool is_valid_client_name(std::string_view name) noexcept {
  const auto is_allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'
           || c == '-';
  };
  return !name.empty() && name.size() <= client_name_bytes_max
         && std::ranges::all_of(name, is_allowed);
}

}  // namespace

ot::client_id digest_of(std::string_view client_name) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(client_name.data()), client_name.size(),
         digest.data());
  ot::client_id id;
  std::memcpy(id.bytes.data(), digest.data(), id.bytes.size());
  return id;
}

session_core::session_core(const limits& bounds, const frame_encoder& encoder,
                           session_effects& effects)
    : limits_{bounds},
      encoder_{encoder},
      effects_{effects},
      edits_{bounds.ops_per_second, bounds.ops_burst},
      bytes_{{bounds.edit_bytes_per_second * 60, bounds.edit_bytes_burst}},
      chats_{{bounds.chats_per_minute, bounds.chats_burst}},
      asks_{{bounds.asks_per_minute, bounds.asks_burst}},
      messages_{bounds.messages_per_second, bounds.messages_burst} {
}

void session_core::on_message(client::message message, std::int64_t now_us) {
  if (phase_ == phase::closed)
    return;
  last_heard_us_ = now_us;
  if (auto* hello = std::get_if<client::hello>(&message))
    return say_hello(*hello);
  if (phase_ == phase::handshaking)
    return fail(close_code::bad_message, "the first message must be a hello");
  if (waits_for_room()) {
    if (auto* pointed = std::get_if<client::cursor>(&message); pointed && phase_ == phase::moving)
      return cursor(*pointed);
    if (early_.size() >= early_messages_max)
      return fail(close_code::overloaded, "too much was said before the welcome");
    early_.push_back(std::move(message));
    return;
  }
  if (!std::holds_alternative<client::edit>(message))
    if (const std::int64_t wait_us = messages_.take(now_us); wait_us > 0)
      return refuse_hurry(message, wait_us);
  struct visitor {
    session_core& self;
    std::int64_t now_us;
    void operator()(client::hello&) {}
    void operator()(client::open& m) { self.open(m); }
    void operator()(client::close& m) { self.close_file(m); }
    void operator()(client::edit& m) { self.edit(m, now_us); }
    void operator()(client::cursor& m) { self.cursor(m); }
    void operator()(client::chat& m) { self.chat(m, now_us); }
    void operator()(client::diverged& m) { self.diverged(m); }
    void operator()(client::change_file& m) { self.change_file(m); }
    void operator()(client::complete& m) { self.complete(m, now_us); }
    void operator()(client::refactor& m) { self.refactor(m, now_us); }
    void operator()(const client::cancel& m) { self.effects_.take_back(m.ask); }
    void operator()(client::malformed& m) { self.malformed(m); }
  };
  std::visit(visitor{*this, now_us}, message);
  end_if_unread();
}

bool session_core::waits_for_room() const noexcept {
  return phase_ == phase::joining || phase_ == phase::moving || opens_awaited_ > 0;
}

void session_core::say_early_messages() {
  if (waits_for_room())
    return;
  for (client::message& message : std::exchange(early_, {}))
    on_message(std::move(message), last_heard_us_);
}

void session_core::refuse_hurry(const client::message& message, std::int64_t wait_us) {
  server::error error{error_code::rate_limited, "too many messages", {}, {}, {},
                      static_cast<std::uint32_t>(wait_us / 1000 + 1)};
  if (const auto* chat = std::get_if<client::chat>(&message))
    error.id = chat->id;
  else if (const auto* cursor = std::get_if<client::cursor>(&message))
    error.file = cursor->file;
  else if (const auto* change = std::get_if<client::change_file>(&message))
    error.file = change->file;
  else if (const auto* open = std::get_if<client::open>(&message))
    error.file = open->file;
  else if (const auto* complete = std::get_if<client::complete>(&message))
    error.ask = complete->ask;
  else if (const auto* refactor = std::get_if<client::refactor>(&message))
    error.ask = refactor->ask;
  send_error(std::move(error));
}

// Operations wait in the history for a client that does not read. Everything
// else that it brings about waits here, up to a limit.
void session_core::end_if_unread() {
  if (phase_ != phase::closed && effects_.unread_bytes() > limits_.outbound_bytes)
    fail(close_code::overloaded, "this connection reads too slowly");
}

void session_core::send_error(server::error error) {
  effects_.send(encoder_.encode(error));
}

// Says why, and ends the connection.
void session_core::fail(close_code code, std::string_view why) {
  effects_.close(code, why);
  end();
}

void session_core::end() {
  if (phase_ == phase::joining || phase_ == phase::live || phase_ == phase::moving)
    effects_.leave();
  phase_ = phase::closed;
  files_.clear();
}

void session_core::on_hello_timeout() {
  if (phase_ == phase::handshaking)
    fail(close_code::no_hello, "no hello in time");
}

void session_core::on_disconnected() {
  if (phase_ != phase::closed)
    end();
}

void session_core::on_shutdown() {
  if (phase_ != phase::closed)
    fail(close_code::going_away, "the server is going away");
}

void session_core::say_hello(client::hello& hello) {
  if (phase_ != phase::handshaking)
    return malformed({error_code::bad_message, "hello was said before", {}, {}});
  if (!is_valid_client_name(hello.client))
    return fail(close_code::bad_message, "client must be 1 to 64 of A-Z a-z 0-9 _ -");
  if (ot::count_chars(hello.name) > limits_.name_chars)
    hello.name.resize(ot::byte_offset(hello.name, static_cast<std::uint32_t>(limits_.name_chars)));
  client_ = digest_of(hello.client);
  phase_ = phase::joining;
  opens_awaited_ = hello.opens.size();
  join_request request{client_, std::move(hello.name), std::move(hello.opens), hello.attempt};
  request.token = std::move(hello.token);
  attempt_ = request.attempt;
  if (told_)
    unanswered_join_ = request;
  effects_.join(std::move(request));
}

// ---- what it may ----

void session_core::on_role(room_role role) {
  if (phase_ == phase::closed || role == role_)
    return;
  if (tandem::may(std::exchange(role_, role), room_action::ask_ai)
      && !tandem::may(role_, room_action::ask_ai))
    effects_.take_back({});
  if (phase_ == phase::live || phase_ == phase::moving)
    effects_.send(encoder_.encode(server::role{std::string{to_string(role)}}));
  if (phase_ == phase::live)
    effects_.change_role(role);
}

void session_core::on_refused(close_code code, std::string_view why) {
  if (phase_ != phase::closed)
    fail(code, why);
}

void session_core::on_join_limited(std::int64_t wait_us) {
  if (phase_ == phase::closed)
    return;
  send_error({error_code::rate_limited, "too many connections are made", {}, {}, {},
              static_cast<std::uint32_t>(wait_us / 1000 + 1)});
  fail(close_code::too_many_connections, "too many connections are made");
}

bool session_core::may(room_action action, const std::string& file,
                       std::optional<std::uint64_t> seq, std::optional<std::uint64_t> chat_id) {
  if (tandem::may(role_, action))
    return true;
  send_error({error_code::forbidden, "a " + std::string{to_string(role_)} + " may not do this",
              file, seq, chat_id, {}});
  return false;
}

// A file that is followed already stays so until the room has answered: an edit
// of it may be under way, whose answer must find it, or which must be known
// again when the file is opened anew.
void session_core::open(client::open& wanted) {
  const auto found = find(wanted.file, wanted.id);
  if (found != files_.end()) {
    followed& file = found->second;
    if (const auto held = std::exchange(file.held, std::nullopt))
      ask_rebase(file, *held);
    if (!wanted.seq)
      wanted.seq = file.unanswered_seq;
    file.submitted_since_open = false;
  }
  if (told_)
    told_->asked(wanted);
  effects_.open(std::move(wanted));
}

void session_core::close_file(const client::close& message) {
  if (const auto file = find(message.file, message.id); file != files_.end())
    files_.erase(file);
}

std::map<storage::file_key, session_core::followed>::iterator session_core::find(
  const std::string& name, std::optional<std::uint64_t> id) {
  if (id)
    return files_.find(static_cast<storage::file_key>(*id));
  return std::ranges::find_if(files_,
                              [&](const auto& entry) { return entry.second.name == name; });
}

// ---- edits ----

void session_core::edit(client::edit& message, std::int64_t now_us) {
  const auto found = find(message.file, message.id);
  if (found == files_.end())
    return send_error({error_code::stale, "open the file first", message.file, message.seq, {}, {}});
  followed& file = found->second;
  const auto unanswered =
    file.held ? std::optional{file.held->seq} : file.unanswered_seq;
  if (unanswered == message.seq) {  // sent again before its answer, which is on its way
    if (!file.held && message.rev != file.unanswered_base)
      file.sent_anew = std::move(message);
    return;
  }
  // Sent twice, and answered meanwhile. The room would say the same, but too
  // late: the client's next edit may be on its way.
  if (message.seq == file.acked_seq)
    return effects_.send(
      encoder_.encode(server::ack{file.name, file.acked_seq, file.acked_rev}));
  if (unanswered)
    return send_error({error_code::bad_message, "one unacknowledged edit a file at a time",
                       message.file, message.seq, {}, {}});
  if (message.rev > file.sent)
    return send_error({error_code::stale, "that revision was not sent to this client",
                       message.file, message.seq, {}, {}});
  if (const std::int64_t wait_us = edit_wait_us(message, now_us); wait_us > 0)
    return send_error({error_code::rate_limited, "too many edits", message.file, message.seq, {},
                       static_cast<std::uint32_t>(wait_us / 1000 + 1)});
  if (message.op.inserted_chars() > limits_.op_chars)
    return send_error({error_code::too_large, "the operation inserts too much", message.file,
                       message.seq, {}, {}});
  submit(found->first, file, message);
}

// Its own limits first: who floods alone does not use up what others share.
std::int64_t session_core::edit_wait_us(const client::edit& message, std::int64_t now_us) {
  if (const std::int64_t wait_us = edits_.take(now_us); wait_us > 0)
    return wait_us;
  const std::uint64_t bytes = message.op.inserted_text().size();
  if (const std::int64_t wait_us = bytes_.take(now_us, bytes); wait_us > 0)
    return wait_us;
  if (shared_.edits)
    if (const std::int64_t wait_us = shared_.edits->take(now_us); wait_us > 0)
      return wait_us;
  return shared_.bytes ? shared_.bytes->take(now_us, bytes) : 0;
}

std::int64_t session_core::chat_wait_us(std::int64_t now_us) {
  if (const std::int64_t wait_us = chats_.take(now_us); wait_us > 0)
    return wait_us;
  return shared_.chats ? shared_.chats->take(now_us) : 0;
}

void session_core::submit(storage::file_key key, followed& file, client::edit& message) {
  if (!may(room_action::edit, message.file, message.seq))
    return;
  if (file.slice_asked && file.slice_may_compose) {
    file.held = std::move(message);
    return;
  }
  if (message.rev < file.composed_end)
    return ask_rebase(file, message);
  file.unanswered_seq = message.seq;
  file.unanswered_base = message.rev;
  file.submitted_since_open = true;
  effects_.submit(
    {key, {client_, message.seq, message.rev, std::move(message.op), site_}, message.by_ai});
}

void session_core::ask_rebase(followed& file, const client::edit& message) {
  file.owes_rebase = true;
  send_error({error_code::rebase, "the edit's base lies before a composed operation", file.name,
              message.seq, {}, {}});
}

// ---- everything else ----

void session_core::cursor(client::cursor& message) {
  if (!may(room_action::point, message.file, {}))
    return;
  const auto file = find(message.file, message.id);
  if (file == files_.end() || message.rev > file->second.sent)
    return send_error({error_code::stale, "that revision was not sent to this client",
                       message.file, {}, {}, {}});
  move_cursor moved{site_, file->first, message.rev, std::move(message.ranges)};
  if (told_)
    file->second.pointed = moved;
  if (phase_ != phase::moving)
    effects_.move_cursor(std::move(moved));
}

void session_core::chat(client::chat& message, std::int64_t now_us) {
  if (!may(room_action::chat, {}, {}, message.id))
    return;
  if (message.text.empty() || ot::count_chars(message.text) > limits_.chat_chars)
    return send_error({message.text.empty() ? error_code::bad_message : error_code::too_large,
                       "a message has 1 to " + std::to_string(limits_.chat_chars) + " characters",
                       {}, {}, message.id, {}});
  if (const std::int64_t wait_us = chat_wait_us(now_us); wait_us > 0)
    return refuse_hurry(message, wait_us);
  if (told_)
    told_->asked(message);
  effects_.post(std::move(message));
}

void session_core::change_file(client::change_file& message) {
  if (!may(room_action::change_files, message.file, {}))
    return;
  if (ot::count_chars(message.text) > limits_.text_chars)
    return send_error({error_code::too_large, "the text is too long", message.file, {}, {}, {}});
  if (told_)
    told_->asked(message);
  effects_.change_file(std::move(message));
}

void session_core::diverged(client::diverged& message) {
  client::open again{message.file, std::nullopt, std::nullopt};
  effects_.report_divergence(std::move(message));
  open(again);
}

// ---- the AI ----

bool session_core::may_ask(const std::string& file, std::uint64_t ask, std::uint64_t weight,
                           std::int64_t now_us) {
  server::error error{error_code::forbidden, {}, file, {}, {}, {}};
  if (ask != 0)
    error.ask = ask;
  if (!tandem::may(role_, room_action::ask_ai)) {
    error.message = "a " + std::string{to_string(role_)} + " may not ask the AI";
    send_error(std::move(error));
    return false;
  }
  std::int64_t wait_us = asks_.take(now_us, weight);
  if (wait_us == 0 && shared_.asks)
    wait_us = shared_.asks->take(now_us, weight);
  if (wait_us == 0)
    return true;
  error.code = error_code::rate_limited;
  error.message = "the AI is asked too often";
  error.retry_ms = static_cast<std::uint32_t>(wait_us / 1000 + 1);
  send_error(std::move(error));
  return false;
}

void session_core::refuse_unopened(const std::string& file, std::uint64_t ask) {
  server::error error{error_code::stale, "open the file first", file, {}, {}, {}};
  error.ask = ask;
  send_error(std::move(error));
}

void session_core::complete(client::complete& message, std::int64_t now_us) {
  if (!may_ask(message.file, message.ask, ai::completion_weight, now_us))
    return;
  const auto file = find(message.file, message.id);
  if (file == files_.end() || message.rev > file->second.sent)
    return refuse_unopened(message.file, message.ask);
  effects_.ask_ai(ai::completion_question{message.ask, {message.file, file->first}, message.rev,
                                          message.position});
}

void session_core::refactor(client::refactor& message, std::int64_t now_us) {
  if (!may_ask(message.file, message.ask, ai::change_weight, now_us))
    return;
  const auto file = find(message.file, message.id);
  if (file == files_.end() || message.rev > file->second.sent)
    return refuse_unopened(message.file, message.ask);
  effects_.ask_ai(ai::change_question{message.ask, {message.file, file->first}, message.rev,
                                      message.from, message.to, std::move(message.instruction)});
}

// Once for each message, when it is durable: one that is sent again, and that the room
// has, comes with a frame for its author alone. A frame without the word mentions
// nobody; whether one with it does the COMPANION reads.
void session_core::mention_assistant(const room_note& own_chat) {
  if (own_chat.bytes->empty()
      || own_chat.own_bytes->find(ai::assistant_mention) == std::string::npos)
    return;
  if (may_ask({}, 0, ai::change_weight, last_heard_us_))
    effects_.ask_ai(ai::mention{own_chat.own_bytes});
}

// Before the welcome nobody has been told what may be asked. An answer may have been
// on its way when the role was lost; one to a mention is not taken back.
void session_core::on_ai(const server::ai_event& event) {
  if (phase_ != phase::live && phase_ != phase::moving)
    return;
  if (!std::holds_alternative<server::ai_state>(event)
      && !tandem::may(role_, room_action::ask_ai))
    return;
  effects_.send(encoder_.encode_ai(event));
  end_if_unread();
}

void session_core::malformed(const client::malformed& message) {
  server::error error{message.code, message.why, message.file, message.seq, {}, {}};
  error.ask = message.ask;
  send_error(std::move(error));
  if (++bad_messages_ >= bad_messages_max)
    fail(close_code::bad_message, "too many bad messages");
}

}  // namespace tandem
