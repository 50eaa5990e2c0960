#include "tests/sim/sim_world.hpp"

#include "storage/memory_store.hpp"
#include "tests/sim/sim_client.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace tandem::sim {

namespace {

constexpr std::int64_t typing_us = 1'500'000;
constexpr std::int64_t peace_us = 20'000'000;
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
  explicit world(std::uint64_t seed)
      : chance_{seed}, limits_{small_limits(chance_)}, store_{storage::make_memory_store()} {
    storage::new_room room;
    room.id = room_id;
    for (const char* name : file_names)
      room.files.push_back({name, "python", {}, 0});
    store_->create_room(room);
    server_ = std::make_unique<sim_server>(limits_, clock_, chance_, *store_, room_id);
    const std::uint64_t count = 2 + chance_.below(4);
    for (std::uint64_t i = 0; i < count; ++i)
      clients_.push_back(std::make_unique<sim_client>(*server_, clock_, chance_, i,
                                                      file_names[chance_.below(4) == 0]));
  }

  verdict run() {
    for (const auto& one : clients_)
      one->start();
    run_until(typing_us);
    server_->heal();
    for (const auto& one : clients_)
      one->settle();
    run_until(typing_us + peace_us);
    judge();
    verdict_.crashes = server_->crashes();
    verdict_.reloads = server_->reloads();
    return verdict_;
  }

 private:
  bool all_settled() const {
    for (const auto& one : clients_)
      if (!one->is_settled() || one->rev() != head_of(*one))
        return false;
    return true;
  }

  ot::revision head_of(const sim_client& one) const {
    const auto room = store_->find_room(storage::default_tenant, room_id);
    for (const storage::file_record& file : room->files)
      if (file.name == one.file())
        return file.rev;
    return 0;
  }

  void run_until(std::int64_t time_us) {
    while (clock_.now_us() < time_us && ++events_ < events_max && clock_.step())
      if (clock_.now_us() > typing_us && events_ % 64 == 0 && all_settled())
        return;
  }

  void blame(std::string fault) {
    if (verdict_.fault.empty())
      verdict_.fault = std::move(fault);
  }

  void judge() {
    for (const auto& one : clients_) {
      verdict_.composed += one->composed_received();
      verdict_.rebases += one->rebases();
      if (!one->fault().empty())
        blame(one->fault());
      if (!one->is_settled())
        blame("a client does not come to rest");
    }
    if (server_->told_too_early() > 0)
      blame("something was told before it was durable");
    // A slice and a fanout may follow the look at what is unread.
    if (server_->most_unread_bytes()
        > limits_.outbound_pause_bytes + sim_encoder::frame_bytes * 200)
      blame("a queue has grown");
    const auto room = store_->find_room(storage::default_tenant, room_id);
    for (const storage::file_record& file : room->files)
      judge_file(file);
  }

  void judge_file(const storage::file_record& file) {
    std::map<std::tuple<ot::client_id, std::uint64_t>, ot::revision> log;
    std::string text;
    ot::revision head = 0;
    store_->read_ops(file.key, 0, file.rev, [&](ot::revision rev, storage::stored_op&& entry) {
      if (rev != head + 1)
        blame("the log has a gap");
      head = rev;
      if (!log.emplace(std::tuple{entry.client, entry.seq}, rev).second)
        blame("an edit is in the log twice");
      text = ot::apply(entry.op, text);
      return true;
    });
    verdict_.edits += head;
    if (head != file.rev)
      blame("the log is shorter than its head");
    for (const auto& one : clients_) {
      if (one->file() != file.name)
        continue;
      for (const auto& [seq, rev] : one->acked()) {
        const auto found = log.find({one->id(), seq});
        if (found == log.end())
          blame("an acknowledged edit is lost");
        else if (found->second != rev)
          blame("an acknowledged edit has another revision");
      }
      if (one->text() != text)
        blame("a client's text is not that of the log");
    }
  }

  sim_random chance_;
  const limits limits_;
  sim_clock clock_;
  std::unique_ptr<storage::store> store_;
  std::unique_ptr<sim_server> server_;
  std::vector<std::unique_ptr<sim_client>> clients_;
  std::size_t events_ = 0;
  verdict verdict_;
};

}  // namespace

verdict run_world(std::uint64_t seed) {
  return world{seed}.run();
}

}  // namespace tandem::sim
