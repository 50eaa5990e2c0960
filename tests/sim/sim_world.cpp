#include "tests/sim/sim_world.hpp"

#include "storage/memory_store.hpp"
#include "tests/sim/actor_server.hpp"
#include "tests/sim/sim_client.hpp"
#include "tests/sim/sim_server.hpp"
#include "tests/sim/sim_witness.hpp"

#include <algorithm>
#include <exception>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace tandem::sim {

namespace {

constexpr std::int64_t typing_us = 3'000'000;
constexpr std::int64_t peace_us = 20'000'000;
constexpr std::int64_t carets_us = 1'000'000;
constexpr std::size_t events_max = 400'000;
constexpr const char* room_id = "room";
constexpr const char* file_names[] = {"a.py", "b.py"};

// Small, so that every edge is met within a second: history is forgotten,
// snapshots are taken, readers lag after a few frames.
limits small_limits(sim_random& chance) {
  limits bounds;
  bounds.history_ops = 4 + chance.below(20);
  bounds.snapshot_ops = 3 + chance.below(10);
  bounds.snapshot_overdue_ops = 30;
  bounds.slice_ops = 1 + chance.below(6);
  bounds.outbound_pause_bytes = sim_encoder::frame_bytes * (4 + chance.below(12));
  bounds.check_ops = 5;
  bounds.check_interval_ms = 50;
  bounds.store_retry_ms = 20;
  bounds.ops_per_second = 100'000;
  bounds.ops_burst = 100'000;
  bounds.fanout_us_per_member = static_cast<std::uint32_t>(chance.below(2'000));
  return bounds;
}

class world {
 public:
  world(std::uint64_t seed, bool with_actors, const tracer& trace)
      : chance_{seed}, limits_{small_limits(chance_)}, store_{storage::make_memory_store()} {
    storage::new_room room;
    room.id = room_id;
    for (const char* name : file_names)
      room.files.push_back({name, "python", {}, 0});
    store_->create_room(room);
    witness_ = std::make_unique<sim_witness>(*store_, room_id);
    if (with_actors)
      server_ = make_actor_server(limits_, wire_, clock_, chance_, *store_, room_id);
    else
      server_ = std::make_unique<sim_server>(limits_, wire_, clock_, chance_, *store_, room_id,
                                             seed % 2 == 1);
    server_->on_durable([this](const storage::room_write& write) { witness_->on_durable(write); });
    server_->on_frame([this](const frame& bytes) {
      for (const said* message : wire_.decode(*bytes))
        witness_->on_told(*message);
    });
    const std::uint64_t count = 2 + chance_.below(4);
    for (std::uint64_t i = 0; i < count; ++i)
      clients_.push_back(std::make_unique<sim_client>(*server_, wire_, clock_, chance_, i,
                                                      file_names[chance_.below(4) == 0], trace));
  }

  verdict run() {
    for (const auto& one : clients_)
      one->start();
    run_until(typing_us, [] { return false; });
    server_->heal();
    for (const auto& one : clients_)
      one->settle();
    run_until(typing_us + peace_us, [this] { return all_settled(); });
    for (const auto& one : clients_)
      one->place_carets();
    run_until(clock_.now_us() + carets_us, [] { return false; });
    judge();
    verdict_.crashes = server_->crashes();
    verdict_.reloads = server_->reloads();
    verdict_.moves = server_->moves();
    return verdict_;
  }

 private:
  storage::loaded_room stored() const {
    return *store_->load_room(storage::default_tenant, room_id,
                              std::numeric_limits<std::uint32_t>::max());
  }

  bool all_settled() const {
    if (!std::ranges::all_of(clients_, [](const auto& one) { return one->is_settled(); }))
      return false;
    const auto room = store_->find_room(storage::default_tenant, room_id);
    for (const storage::file_record& file : room->files)
      for (const auto& one : clients_)
        if (const auto held = one->files().find(file.name); held != one->files().end())
          if (held->second->rev() != file.rev)
            return false;
    return true;
  }

  template <class F>
  void run_until(std::int64_t time_us, F is_over) {
    while (clock_.now_us() < time_us && ++events_ < events_max && clock_.step())
      if (events_ % 64 == 0 && is_over())
        return;
  }

  void blame_if(bool wrong, const std::string& fault) {
    if (wrong && verdict_.fault.empty())
      verdict_.fault = fault;
  }

  // ---- the oracle ----

  void judge() {
    for (const auto& one : clients_) {
      const sim_identity& identity = one->identity();
      verdict_.composed += identity.composed;
      verdict_.rebases += identity.rebases;
      blame_if(!identity.fault.empty(), identity.fault);
      blame_if(!one->is_settled(), "a client does not come to rest");
    }
    blame_if(witness_->told_too_early() > 0, "something was told before it was durable");
    // A slice and a fanout may follow the look at what is unread; people, chat, answers
    // and what a room that has moved tells do not wait for it.
    blame_if(server_->most_unread_bytes()
               > limits_.outbound_pause_bytes + sim_encoder::frame_bytes * 80,
             "a queue has grown");
    const storage::loaded_room room = stored();
    verdict_.chats = room.chat.size();
    verdict_.files = witness_->files().size();
    judge_files(room.room);
    judge_log();
    judge_chat(room.chat);
    judge_people();
    judge_carets();
  }

  // Every client knows the room's files, and has the text of those it follows.
  void judge_files(const storage::room_record& room) {
    std::map<std::string, std::uint64_t> ids;
    for (const storage::file_record& file : room.files)
      ids[file.name] = static_cast<std::uint64_t>(file.key);
    for (const auto& one : clients_) {
      blame_if(one->known_files() != ids, "a client knows other files than the room has");
      for (const auto& [name, held] : one->files())
        blame_if(!ids.contains(name), "a client holds a file that is not in the room");
    }
    for (const storage::file_record& file : room.files) {
      const std::string text = replay(file.key, file.rev);
      for (const auto& one : clients_)
        if (const auto held = one->files().find(file.name); held != one->files().end())
          blame_if(held->second->text() != text, "a client's text is not that of the log");
    }
  }

  std::string replay(storage::file_key key, ot::revision through) {
    std::string text;
    store_->read_ops(key, 0, through, [&](ot::revision, storage::stored_op&& entry) {
      text = ot::apply(entry.op, text);
      return true;
    });
    return text;
  }

  // Each edit once, in one file; each acknowledged one there, where it was said
  // to be; no revision left out.
  void judge_log() {
    std::map<std::tuple<ot::client_id, std::uint64_t>, ot::revision> log;
    for (const auto& [key, through] : witness_->files()) {
      ot::revision head = 0;
      store_->read_ops(key, 0, through, [&](ot::revision rev, storage::stored_op&& entry) {
        blame_if(rev != head + 1, "the log has a gap");
        head = rev;
        const bool is_first_text = entry.seq == 0;
        blame_if(!is_first_text && !log.emplace(std::tuple{entry.client, entry.seq}, rev).second,
                 "an edit is in the log twice");
        return true;
      });
      blame_if(head != through, "the log is shorter than its head");
      verdict_.edits += head;
    }
    for (const auto& one : clients_)
      for (const auto& [seq, rev] : one->identity().acked) {
        const auto found = log.find({one->identity().id, seq});
        blame_if(found == log.end(), "an acknowledged edit is lost");
        blame_if(found != log.end() && found->second != rev,
                 "an acknowledged edit has another revision");
      }
  }

  void judge_chat(const std::vector<storage::chat_message>& chat) {
    std::map<std::tuple<ot::client_id, std::uint64_t>, std::uint64_t> said;
    std::uint64_t last = 0;
    for (const storage::chat_message& message : chat) {
      blame_if(message.n != ++last, "the chat has a gap");
      blame_if(!said.emplace(std::tuple{message.client, message.client_message_id}, message.n)
                  .second,
               "a chat message is kept twice");
    }
    for (const auto& one : clients_) {
      blame_if(one->chats_heard_through() != last, "a client has not heard the whole chat");
      for (const auto& [id, n] : one->chats_confirmed()) {
        const auto found = said.find({one->identity().id, id});
        blame_if(found == said.end() || found->second != n, "a confirmed chat message is lost");
      }
    }
  }

  void judge_people() {
    std::set<ot::site_id> everybody;
    for (const auto& one : clients_)
      everybody.insert(one->site());
    for (const auto& one : clients_) {
      std::set<ot::site_id> seen = one->peers();
      seen.insert(one->site());
      blame_if(seen != everybody, "a client sees other people than there are");
    }
  }

  // Everybody sees everybody's carets where they were put last.
  void judge_carets() {
    for (const auto& owner : clients_)
      for (const auto& [name, caret] : owner->last_carets())
        for (const auto& watcher : clients_) {
          const auto held = watcher->files().find(name);
          if (watcher == owner || held == watcher->files().end())
            continue;
          const auto seen = held->second->carets().find(owner->site());
          const bool is_seen = seen != held->second->carets().end();
          blame_if(!is_same(caret.ranges, is_seen ? seen->second : decltype(caret.ranges){}),
                   "a caret is not where it was put");
        }
  }

  static bool is_same(const std::vector<client::selection>& a,
                      const std::vector<client::selection>& b) {
    return std::ranges::equal(a, b, [](const auto& x, const auto& y) {
      return x.anchor == y.anchor && x.head == y.head;
    });
  }

  sim_random chance_;
  const limits limits_;
  sim_clock clock_;
  sim_encoder wire_;
  std::unique_ptr<storage::store> store_;
  std::unique_ptr<sim_witness> witness_;
  std::unique_ptr<sim_host> server_;
  std::vector<std::unique_ptr<sim_client>> clients_;
  std::size_t events_ = 0;
  verdict verdict_;
};

}  // namespace

verdict& verdict::operator+=(const verdict& other) {
  edits += other.edits;
  crashes += other.crashes;
  moves += other.moves;
  reloads += other.reloads;
  composed += other.composed;
  rebases += other.rebases;
  chats += other.chats;
  files += other.files;
  return *this;
}

verdict run_world(std::uint64_t seed, bool with_actors, const tracer& trace) {
  try {
    return world{seed, with_actors, trace}.run();
  } catch (const std::exception& error) {
    verdict broken;
    broken.fault = std::string{"an exception: "} + error.what();
    return broken;
  }
}

}  // namespace tandem::sim
