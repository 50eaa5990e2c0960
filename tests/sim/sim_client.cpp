#include "tests/sim/sim_client.hpp"

#include "actors/session_core.hpp"

#include <algorithm>
#include <utility>

namespace tandem::sim {

namespace {

constexpr std::int64_t longest_pause_us = 20'000;   // between two things that it does
constexpr std::int64_t longest_read_us = 2'000;     // for one frame
constexpr std::int64_t longest_stall_us = 200'000;
constexpr std::int64_t retry_us = 5'000;
constexpr std::size_t files_followed_max = 3;

// Few names, so that they are taken, freed and taken again.
constexpr const char* names[] = {"a.py", "b.py", "c.py", "d.py", "e.py"};

}  // namespace

sim_client::sim_client(sim_host& server, const sim_encoder& wire, sim_clock& clock,
                       sim_random& chance, std::uint64_t number, const std::string& first_file,
                       const tracer& trace)
    : server_{server}, wire_{wire}, clock_{clock}, chance_{chance}, trace_{trace} {
  identity_.name = "client-" + std::to_string(number);
  identity_.id = digest_of(identity_.name);
  files_[first_file] = std::make_unique<sim_file>(first_file, 0, identity_);
}

// ---- what it does ----

// One thing after the other, for as long as it lives.
void sim_client::act() {
  if (!is_active_)
    return;
  if (connection_ == 0)
    connect();
  else if (chance_.chance(30))
    drop();
  else
    do_something();
  clock_.at(clock_.now_us() + 1 + static_cast<std::int64_t>(chance_.below(longest_pause_us)),
            [this] { act(); });
}

void sim_client::do_something() {
  if (chance_.chance(30))
    stalled_until_us_ =
      clock_.now_us() + static_cast<std::int64_t>(chance_.below(longest_stall_us));
  if (chance_.chance(30))
    say();
  if (chance_.chance(15))
    change_files();
  if (!is_welcome_ || files_.empty() || chance_.chance(20)) {
    if (is_welcome_ && !known_files_.empty() && files_.size() < files_followed_max) {
      const auto& [name, id] = *std::next(
        known_files_.begin(), static_cast<std::ptrdiff_t>(chance_.below(known_files_.size())));
      open(name, id);
    }
    return;
  }
  const auto at = std::next(files_.begin(), static_cast<std::ptrdiff_t>(chance_.below(files_.size())));
  sim_file& file = *at->second;
  if (chance_.chance(100)) {
    if (const auto caret = file.place_caret(chance_))
      send(*caret);
  } else if (chance_.chance(10) && file.is_settled()) {
    send(client::close{file.name(), file.file_id()});
    files_.erase(at);
    return;
  } else {
    file.type(chance_);
  }
  if (chance_.chance(20))
    if (const auto twice = file.sent_again())
      send(*twice);
  send_unsent();
}

void sim_client::say() {
  if (!is_welcome_)
    return;
  chats_unconfirmed_.insert(next_chat_);
  send(client::chat{next_chat_, "message " + std::to_string(next_chat_)});
  ++next_chat_;
}

void sim_client::change_files() {
  if (!is_welcome_)
    return;
  client::change_file change;
  const auto action = chance_.below(3);
  change.action = action == 0   ? client::file_action::rename
                  : action == 1 ? client::file_action::remove
                                : client::file_action::create;
  change.file = names[chance_.below(std::size(names))];
  if (change.action == client::file_action::rename)
    change.to = names[chance_.below(std::size(names))];
  else if (change.action == client::file_action::create && chance_.chance(500))
    change.text = "new";
  send(std::move(change));
}

void sim_client::settle() {
  is_active_ = false;
  reliable_ = true;
  stalled_until_us_ = 0;
  if (connection_ == 0)
    connect();
  read_next();
}

bool sim_client::is_settled() const {
  return is_welcome_ && chats_unconfirmed_.empty()
         && std::ranges::all_of(files_, [](const auto& e) { return e.second->is_settled(); });
}

void sim_client::place_carets() {
  for (const auto& [name, file] : files_)
    if (const auto caret = file->place_caret(chance_)) {
      carets_[name] = *caret;
      send(*caret);
    }
}

// ---- the connection ----

void sim_client::connect() {
  const std::uint64_t attempt = ++attempt_;
  unread_.clear();
  is_reading_ = false;
  is_welcome_ = false;
  identity_.acks_due.clear();
  for (const auto& [name, file] : files_)
    file->disconnect();
  connection_ = server_.connect(
    [this, attempt](const frame& bytes) {
      if (attempt != attempt_)
        return;
      unread_.push_back(bytes);
      read_next();
    },
    [this, attempt](close_code) {
      if (attempt != attempt_)
        return;
      connection_ = 0;
      reconnect_later();
    });
  if (connection_ == 0)
    return reconnect_later();
  client::hello hello{identity_.name, identity_.name, {}, attempt};
  for (const auto& [name, file] : files_)
    hello.opens.push_back(file->ask());
  send(std::move(hello));
}

// While it acts, connecting is one of the things that it does.
void sim_client::reconnect_later() {
  if (reliable_)
    clock_.at(clock_.now_us() + retry_us, [this] {
      if (connection_ == 0)
        connect();
    });
}

void sim_client::drop() {
  note("drops its connection");
  server_.disconnect(std::exchange(connection_, 0));
  is_welcome_ = false;
  ++attempt_;
}

void sim_client::note(const std::string& what) {
  if (trace_)
    trace_(std::to_string(clock_.now_us()) + " " + identity_.name + " " + what);
}

void sim_client::send(client::message message) {
  if (trace_)
    note("> " + describe(message));
  server_.from_client(connection_, std::move(message));
}

void sim_client::open(const std::string& name, std::uint64_t id) {
  auto& file = files_[name];
  if (!file)
    file = std::make_unique<sim_file>(name, id, identity_);
  else if (!file->is_opened())
    return;              // it was asked for
  file->disconnect();  // what comes before `opened` is of another stream
  send(file->ask());
}

void sim_client::send_unsent() {
  if (connection_ == 0 || !is_welcome_)
    return;
  for (const auto& [name, file] : files_)
    if (auto edit = file->unsent())
      send(std::move(*edit));
}

// Reads frames one at a time, at its own pace.
void sim_client::read_next() {
  if (is_reading_ || unread_.empty() || connection_ == 0)
    return;
  is_reading_ = true;
  const std::int64_t ready_us = std::max(clock_.now_us(), stalled_until_us_)
                                + static_cast<std::int64_t>(chance_.below(longest_read_us));
  clock_.at(ready_us, [this, attempt = attempt_] {
    if (attempt != attempt_)
      return;
    is_reading_ = false;
    const frame bytes = std::move(unread_.front());
    unread_.pop_front();
    server_.client_read(connection_, bytes->size());
    for (const said* message : wire_.decode(*bytes))
      receive(*message);
    send_unsent();
    read_next();
  });
}

// ---- what the server says ----

sim_file* sim_client::find(const std::string& name) {
  const auto found = files_.find(name);
  return found == files_.end() ? nullptr : found->second.get();
}

void sim_client::receive(const said& message) {
  if (trace_)
    note("< " + describe(message));
  const bool was_well = identity_.fault.empty();
  std::visit([this](const auto& m) { hear(m); }, message);
  if (was_well && !identity_.fault.empty())
    note("!! " + identity_.fault);
}

template <class M>
void sim_client::hear_in_file(const M& message, void (sim_file::*call)(const M&)) {
  if (sim_file* file = find(message.file))
    (file->*call)(message);
}

void sim_client::hear(const said_op& op) {
  hear_in_file(op, &sim_file::on_op);
}

void sim_client::hear(const said_ack& ack) {
  hear_in_file(ack, &sim_file::on_ack);
}

void sim_client::hear(const said_check& check) {
  hear_in_file(check, &sim_file::on_check);
}

void sim_client::hear(const server::opened& opened) {
  hear_in_file(opened, &sim_file::on_opened);
}

void sim_client::hear(const said_cursor& cursor) {
  identity_.blame_if(!peers_.contains(cursor.site), "a caret of somebody unknown");
  hear_in_file(cursor, &sim_file::on_cursor);
}

void sim_client::hear(const server::join& join) {
  peers_.insert(join.who.site);
}

void sim_client::hear(const server::leave& leave) {
  peers_.erase(leave.site);
  for (const auto& [name, file] : files_)
    file->on_leave(leave.site);
}

void sim_client::hear(const server::role&) {
  identity_.blame_if(true, "a role that nobody has changed");
}

void sim_client::hear(const server::welcome& welcome) {
  is_welcome_ = true;
  site_ = welcome.site;
  peers_.clear();
  for (const server::peer& peer : welcome.peers)
    peers_.insert(peer.site);
  known_files_.clear();
  for (const server::file_state& file : welcome.files)
    known_files_[file.name] = file.id;
  follow_renames(welcome.files);
  if (!welcome.messages.empty())
    chat_heard_ = std::max(chat_heard_, welcome.messages.back().n);
  for (const std::uint64_t id : chats_unconfirmed_)
    send(client::chat{id, "message " + std::to_string(id)});
}

// Files may have other names than when the connection was lost, or be gone:
// their ids tell.
void sim_client::follow_renames(const std::vector<server::file_state>& present) {
  std::map<std::string, std::unique_ptr<sim_file>> kept;
  for (auto& [name, file] : files_) {
    const auto now = std::ranges::find_if(present, [&](const server::file_state& state) {
      return file->file_id() == 0 ? state.name == name : state.id == file->file_id();
    });
    if (now == present.end())
      continue;
    file->rename(now->name);
    kept[now->name] = std::move(file);
  }
  files_ = std::move(kept);
}

// One's own may come again, if it was said again; all else once, and in order.
void sim_client::hear(const server::chat& chat) {
  if (chat.id) {
    const auto known = chats_confirmed_.find(*chat.id);
    identity_.blame_if(known != chats_confirmed_.end() && known->second != chat.n,
                       "a message has two places in the chat");
    chats_unconfirmed_.erase(*chat.id);
    chats_confirmed_[*chat.id] = chat.n;
    chat_heard_ = std::max(chat_heard_, chat.n);
    return;
  }
  identity_.blame_if(chat.n <= chat_heard_, "a chat message came twice, or out of order");
  chat_heard_ = chat.n;
}

void sim_client::hear(const server::file_changed& change) {
  switch (change.action) {
    case client::file_action::create: known_files_[change.file] = change.id; return;
    case client::file_action::remove:
      known_files_.erase(change.file);
      files_.erase(change.file);
      return;
    case client::file_action::rename: break;
  }
  known_files_.erase(change.file);
  known_files_[change.to] = change.id;
  const auto followed = files_.find(change.file);
  if (followed == files_.end())
    return;
  auto file = std::move(followed->second);
  files_.erase(followed);
  file->rename(change.to);
  const bool was_asked_by_name = !file->is_opened() && file->file_id() == 0;
  if (was_asked_by_name)
    send(file->ask());
  files_[change.to] = std::move(file);
}

void sim_client::hear(const server::error& error) {
  if (error.id) {
    if (error.code == error_code::unavailable)
      clock_.at(clock_.now_us() + retry_us, [this, id = *error.id] {
        if (connection_ != 0 && is_welcome_ && chats_unconfirmed_.contains(id))
          send(client::chat{id, "message " + std::to_string(id)});
      });
    return;
  }
  const auto of_edit = [&](const auto& entry) {
    return error.seq && entry.second->has_pending() && entry.second->pending_seq() == *error.seq;
  };
  const auto at = error.seq ? std::ranges::find_if(files_, of_edit) : files_.find(error.file);
  if (at == files_.end())
    return;
  switch (at->second->on_error(error)) {
    case sim_file::reaction::none: break;
    case sim_file::reaction::file_is_gone: files_.erase(at); break;
    case sim_file::reaction::retry_later:
      clock_.at(clock_.now_us() + retry_us, [this, attempt = attempt_, seq = *error.seq] {
        if (attempt != attempt_)
          return;
        for (const auto& [name, file] : files_)
          file->retry(seq);
        send_unsent();
      });
  }
}

}  // namespace tandem::sim
