// What the stores do by themselves, without a server around them:
//
//   bench_store writes  [OPS]      operations per second, durable, in groups of 256
//   bench_store history [OPS]      opening a room with so long a history, and
//                                  reading texts anywhere in it
//
// Each figure stands beside its floor in the same run: the same bytes appended
// to a plain file with one fdatasync for each group. The operations are those of
// a real editing session (seph-blog1), typed again and again.
#include "storage/op_codec.hpp"
#include "storage/postgres_store.hpp"
#include "storage/sqlite_store.hpp"
#include "storage/store.hpp"
#include "tests/bench/clock.hpp"
#include "tests/bench/latency_book.hpp"
#include "tests/support/private_postgres.hpp"
#include "tests/support/random_text.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/trace_reader.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace tandem::bench {
namespace {

using storage::stored_op;

constexpr std::size_t group_ops = 256;
constexpr ot::revision snapshot_ops = 1'000;

// ---- what is written ----

std::vector<stored_op> real_typing() {
  const auto folder = test::trace_folder(TANDEM_TRACES_DIR);
  const test::trace session = test::read_trace(folder / "seph-blog1.json.gz");
  std::vector<stored_op> ops;
  std::uint64_t length = 0;
  std::int64_t at_ms = 1'700'000'000'000;
  for (const test::trace_txn& txn : session.txns)
    for (const test::trace_patch& patch : txn.patches) {
      ot::text_op op;
      op.keep(static_cast<std::uint32_t>(patch.position));
      op.remove(static_cast<std::uint32_t>(patch.removed)).insert(patch.inserted);
      length = op.length_after(length);
      ops.push_back({std::move(op), {}, ops.size() + 1, "Ada", at_ms += 130});
      ops.back().client.bytes[0] = 1;
    }
  ot::text_op all;
  all.remove(static_cast<std::uint32_t>(length));
  ops.push_back({std::move(all), ops.back().client, ops.size() + 1, "Ada", at_ms});
  return ops;
}

// The session over and over: each time it leaves an empty text behind.
class endless_typing {
 public:
  std::vector<stored_op> next(std::size_t count) {
    std::vector<stored_op> some;
    while (some.size() < count) {
      some.push_back(session_[at_++ % session_.size()]);
      some.back().seq = at_;
      text_.apply(some.back().op);
    }
    return some;
  }
  const ot::rope& text() const { return text_; }

 private:
  std::vector<stored_op> session_ = real_typing();
  std::size_t at_ = 0;
  ot::rope text_;
};

// ---- the floor ----

double floor_ops_per_second(std::size_t ops, std::size_t rows_per_group) {
  const test::temp_folder folder;
  const int fd = ::open((folder / "floor").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  endless_typing typing;
  const std::int64_t start_ns = now_ns();
  for (std::size_t done = 0; done < ops; done += group_ops) {
    std::string bytes;
    for (std::size_t row = 0; row < rows_per_group; ++row)
      bytes += storage::encode_run(typing.next(group_ops / rows_per_group));
    if (::write(fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())
        || ::fdatasync(fd) != 0)
      throw std::runtime_error{"the floor's file cannot be written"};
  }
  ::close(fd);
  return static_cast<double>(ops) * 1e9 / static_cast<double>(now_ns() - start_ns);
}

// ---- the stores ----

struct backend {
  const char* name;
  std::function<std::unique_ptr<storage::store>(const test::temp_folder&)> open;
};

const backend backends[] = {
  {"sqlite", [](const test::temp_folder& folder) {
     return storage::open_sqlite_store(folder / "tandem.db");
   }},
  {"postgres", [](const test::temp_folder&) {
     test::private_postgres& server = test::private_postgres::running();
     return storage::open_postgres_store(server.url(server.add_database()));
   }}};

storage::room_record add_room(storage::store& to, const std::string& id) {
  return to.create_room({storage::default_tenant, id, "Room", 1, {{"main.py", "python", {}, 1}}})
    .value();
}

void write_all(storage::store& to, const std::vector<storage::room_write>& group) {
  for (const storage::write_result& one : to.write(group))
    if (one.result != storage::write_result::verdict::written)
      throw std::runtime_error{"a write was refused"};
}

double written_per_second(const backend& which, std::size_t ops, std::size_t rooms) {
  const test::temp_folder folder;
  const auto store = which.open(folder);
  store->migrate();
  std::vector<storage::room_record> records;
  for (std::size_t i = 0; i < rooms; ++i)
    records.push_back(add_room(*store, "room" + std::to_string(i)));
  endless_typing typing;
  const std::size_t ops_per_room = group_ops / rooms;
  const std::int64_t start_ns = now_ns();
  for (std::size_t done = 0; done < ops; done += group_ops) {
    const ot::revision first = done / rooms + 1;
    std::vector<storage::room_write> group;
    for (const storage::room_record& room : records)
      group.push_back(
        {room.key, {{room.files[0].key, first, typing.next(ops_per_room)}}, {}, {}, {}, 0});
    write_all(*store, group);
    store->maintain(true);
  }
  return static_cast<double>(ops) * 1e9 / static_cast<double>(now_ns() - start_ns);
}

// ---- writes ----

void measure_writes(std::size_t ops) {
  fmt::print("durable operations per second, {} in each group:\n", group_ops);
  for (const std::size_t rooms : {std::size_t{1}, std::size_t{16}, group_ops}) {
    const double floor = floor_ops_per_second(ops, rooms);
    fmt::print("  {:3} rooms   floor {:9.0f}", rooms, floor);
    for (const backend& one : backends) {
      const double rate = written_per_second(one, ops, rooms);
      fmt::print("   {} {:9.0f} ({:.2f} of the floor)", one.name, rate, rate / floor);
      std::fflush(stdout);
    }
    fmt::print("\n");
  }
}

// ---- history ----

// A room as a server would have left it: snapshots on the way, old runs packed,
// and a tail behind the last snapshot that is as long as it gets.
storage::file_key type_history(storage::store& to, std::size_t ops) {
  const storage::room_record room = add_room(to, "long");
  const storage::file_key file = room.files[0].key;
  endless_typing typing;
  for (ot::revision rev = 0; rev + snapshot_ops < ops;) {
    storage::room_write write{room.key, {{file, rev + 1, typing.next(snapshot_ops)}}, {}, {}, {}, 0};
    rev += snapshot_ops;
    write.snapshots.push_back({file, rev, typing.text().to_string(), {}});
    write_all(to, {write});
    to.maintain(false);
  }
  for (std::size_t i = 0; i < ops / snapshot_ops; ++i)
    to.maintain(false);
  const ot::revision last_snapshot = (ops - 1) / snapshot_ops * snapshot_ops;
  write_all(to, {{room.key, {{file, last_snapshot + 1, typing.next(ops - last_snapshot)}},
                  {}, {}, {}, 0}});
  return file;
}

void measure_history(const backend& which, std::size_t ops) {
  const test::temp_folder folder;
  const auto store = which.open(folder);
  store->migrate();
  const storage::file_key file = type_history(*store, ops);
  duration_samples opening;
  for (int i = 0; i < 50; ++i) {
    const std::int64_t start_ns = now_ns();
    if (store->load_room(storage::default_tenant, "long", 100)->files[0].record.rev < ops)
      throw std::runtime_error{"the room is not whole"};
    opening.add(now_ns() - start_ns);
  }
  duration_samples reading;
  test::random_source random{1};
  for (int i = 0; i < 500; ++i) {
    const ot::revision rev = random.below(static_cast<std::uint32_t>(ops + 1));
    const std::int64_t start_ns = now_ns();
    if (!storage::text_at(*store, file, rev))
      throw std::runtime_error{"a revision is not there"};
    reading.add(now_ns() - start_ns);
  }
  fmt::print("{:8}  {} operations: opens in {:.3f} ms (p50; p99 {:.3f});"
             " any revision in {:.2f} ms (p50; p99 {:.2f})\n",
             which.name, ops, opening.quantile_ms(0.5), opening.quantile_ms(0.99),
             reading.quantile_ms(0.5), reading.quantile_ms(0.99));
}

int run(std::string_view what, std::size_t ops) {
  if (what == "writes") {
    measure_writes(ops != 0 ? ops : group_ops * 2'000);
  } else if (what == "history") {
    for (const backend& one : backends)
      measure_history(one, ops != 0 ? ops : 1'000'000);
  } else {
    fmt::print(stderr, "bench_store writes | history [OPERATIONS]\n");
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace tandem::bench

int main(int argc, char** argv) {
  try {
    return tandem::bench::run(argc > 1 ? argv[1] : "",
                              argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 0);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_store: {}\n", error.what());
    return EXIT_FAILURE;
  }
}
