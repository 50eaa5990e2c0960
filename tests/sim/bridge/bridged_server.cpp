#include "tests/sim/bridge/bridged_server.hpp"

#include "net/json_text.hpp"
#include "ot/text_op.hpp"
#include "storage/memory_store.hpp"

#include <limits>
#include <utility>

namespace tandem::sim {

namespace {

constexpr const char* room_id = "room";
constexpr const char* file_names[] = {"a.py", "b.py"};

// Small, so that every edge is met within seconds: history is forgotten,
// readers lag after a few frames, and in some worlds edits must be cut in
// pieces or come too fast.
limits small_limits(sim_random& chance) {
  limits bounds;
  bounds.history_ops = 4 + chance.below(20);
  bounds.snapshot_ops = 3 + chance.below(10);
  bounds.snapshot_overdue_ops = 30;
  bounds.slice_ops = 1 + chance.below(6);
  bounds.outbound_pause_bytes = 200 + chance.below(1'500);
  bounds.check_ops = 5;
  bounds.check_interval_ms = 50;
  bounds.store_retry_ms = 20;
  bounds.op_chars = chance.chance(400) ? 6 + chance.below(20) : 1'000;
  const bool is_strict = chance.chance(200);
  bounds.ops_per_second = is_strict ? 20 : 100'000;
  bounds.ops_burst = is_strict ? 10 : 100'000;
  bounds.fanout_us_per_member = static_cast<std::uint32_t>(chance.below(2'000));
  return bounds;
}

std::unique_ptr<storage::store> make_store() {
  auto store = storage::make_memory_store();
  storage::new_room room;
  room.id = room_id;
  for (const char* name : file_names)
    room.files.push_back({name, "python", {}, 0});
  store->create_room(room);
  return store;
}

std::string hex(const ot::client_id& id) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : id.bytes) {
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
}

// A frame of the server's: how long its header is, and how long its text.
struct frame_size {
  std::size_t header = 2;
  std::size_t text = 0;
};

frame_size size_of_first(std::string_view bytes) {
  const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); };
  frame_size size{2, byte(1)};
  const std::size_t width = size.text == 126 ? 2 : size.text == 127 ? 8 : 0;
  if (width == 0)
    return size;
  size = {2 + width, 0};
  for (std::size_t at = 2; at < size.header; ++at)
    size.text = size.text << 8U | byte(at);
  return size;
}

}  // namespace

bridged_server::bridged_server(std::uint64_t seed, std::string& out)
    : out_{out},
      chance_{seed},
      limits_{small_limits(chance_)},
      decoder_{limits_},
      store_{make_store()},
      server_{limits_, encoder_, clock_, chance_, *store_, room_id} {
  note_files();
  server_.on_durable([this](const storage::room_write&) { note_files(); });
}

void bridged_server::note_files() {
  const auto room = store_->find_room(storage::default_tenant, room_id);
  for (const storage::file_record& file : room->files)
    names_[file.key] = file.name;
}

// ---- connections ----

void bridged_server::connect(std::uint64_t name) {
  const std::uint64_t connection = server_.connect(
    [this, name](const frame& bytes) { say_frames(name, *bytes); },
    [this, name](close_code code) {
      say("close", name);
      net::append_number(out_, static_cast<unsigned>(code));
      out_ += '\n';
    });
  say(connection == 0 ? "refuse" : "open", name);
  out_ += '\n';
  if (connection != 0)
    connections_[name] = connection;
}

void bridged_server::hear(std::uint64_t name, std::string_view text) {
  if (const auto found = connections_.find(name); found != connections_.end())
    server_.from_client(found->second, decoder_.decode(text));
}

void bridged_server::read(std::uint64_t name, std::uint64_t bytes) {
  const auto found = connections_.find(name);
  if (found != connections_.end() && server_.unread_bytes(found->second) >= bytes)
    server_.client_read(found->second, bytes);
}

void bridged_server::drop(std::uint64_t name) {
  if (const auto found = connections_.find(name); found != connections_.end()) {
    server_.disconnect(found->second);
    connections_.erase(found);
  }
}

// The begin of a line: what, of which connection, when.
void bridged_server::say(std::string_view what, std::uint64_t name) {
  if (is_running_ && !std::exchange(is_stopping_, true))
    stop_at(clock_.now_us() + lookahead_us_);
  out_ += what;
  out_ += ' ';
  net::append_number(out_, name);
  out_ += ' ';
  net::append_number(out_, clock_.now_us());
  out_ += ' ';
}

void bridged_server::say_frames(std::uint64_t name, std::string_view bytes) {
  while (!bytes.empty()) {
    const frame_size size = size_of_first(bytes);
    say("frame", name);
    net::append_number(out_, size.header + size.text);
    out_ += ' ';
    out_ += bytes.substr(size.header, size.text);
    out_ += '\n';
    bytes.remove_prefix(size.header + size.text);
  }
}

// ---- time ----

void bridged_server::run(std::int64_t until_us, std::int64_t lookahead_us) {
  ++runs_;
  lookahead_us_ = lookahead_us;
  is_running_ = true;
  is_stopping_ = !out_.empty();  // said between two runs
  if (is_stopping_)
    stop_at(clock_.now_us() + lookahead_us_);
  stop_at(until_us);
  while (is_running_)
    clock_.step();
}

// The later of two stops finds its run over, and stops nothing.
void bridged_server::stop_at(std::int64_t time_us) {
  clock_.at(time_us, [this, run = runs_] {
    if (run == runs_)
      is_running_ = false;
  });
}

// ---- the verdict ----

void bridged_server::judge() {
  const auto room = store_->load_room(storage::default_tenant, room_id,
                                      std::numeric_limits<std::uint32_t>::max());
  note_files();
  out_ += "{";
  net::append_field(out_, "crashes", server_.crashes());
  net::append_field(out_, "reloads", server_.reloads());
  net::append_key(out_, "present");
  out_ += '[';
  for (const storage::file_record& file : room->room.files) {
    out_ += out_.back() == '[' ? "" : ",";
    net::append_number(out_, file.key);
  }
  out_ += ']';
  net::append_key(out_, "files");
  out_ += '[';
  for (const auto& [key, name] : names_)
    judge_file(key, name);
  out_ += ']';
  judge_chat(*room);
  out_ += "}\n";
}

// The text by applying the whole log to nothing, whatever snapshots say.
void bridged_server::judge_file(storage::file_key key, const std::string& name) {
  out_ += out_.back() == '[' ? "{" : ",{";
  net::append_field(out_, "key", key);
  net::append_field(out_, "name", name);
  net::append_key(out_, "log");
  out_ += '[';
  std::string text;
  store_->read_ops(key, 0, std::numeric_limits<std::int32_t>::max(),
                   [&](ot::revision rev, storage::stored_op&& entry) {
                     text = ot::apply(entry.op, text);
                     out_ += out_.back() == '[' ? "{" : ",{";
                     net::append_field(out_, "rev", rev);
                     net::append_field(out_, "client", hex(entry.client));
                     net::append_field(out_, "seq", entry.seq);
                     net::append_field(out_, "inserted", entry.op.inserted_text());
                     out_ += '}';
                     return true;
                   });
  out_ += ']';
  net::append_field(out_, "text", text);
  out_ += '}';
}

void bridged_server::judge_chat(const storage::loaded_room& room) {
  net::append_key(out_, "chat");
  out_ += '[';
  for (const storage::chat_message& message : room.chat) {
    out_ += out_.back() == '[' ? "{" : ",{";
    net::append_field(out_, "n", message.n);
    net::append_field(out_, "client", hex(message.client));
    net::append_field(out_, "id", message.client_message_id);
    net::append_field(out_, "text", message.text);
    out_ += '}';
  }
  out_ += ']';
}

}  // namespace tandem::sim
