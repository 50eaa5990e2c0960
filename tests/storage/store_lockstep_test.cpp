// Two stores are given the same random work and must answer alike, step by
// step: memory, whose code is plain, is the oracle of the others. The other one
// is closed and opened again in between.
#include "tests/storage/store_test.hpp"
#include "tests/support/random_text.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <sstream>

namespace tandem::test {
namespace {

using storage::default_tenant;
using storage::file_key;
using storage::room_write;

// What one of the two stores knows things by.
struct twin_file {
  std::array<file_key, 2> key{};
  ot::revision rev = 0;
  bool removed = false;
};

struct twin_room {
  std::array<storage::room_key, 2> key{};
  std::vector<twin_file> files;
  std::uint64_t chat = 0;
};


std::string shown(const storage::loaded_room& room) {
  std::ostringstream out;
  out << room.room.id << ' ' << room.room.name << ' ' << room.room.created_at_ms << '\n';
  for (const storage::loaded_file& file : room.files) {
    out << file.record.name << ' ' << file.record.language << ' ' << file.record.rev << " from "
        << file.base.rev << " [" << file.base.text << "]\n";
    std::map<ot::client_id, ot::last_edit> last{file.base.last.begin(), file.base.last.end()};
    for (const auto& [who, edit] : last)
      out << "  " << int{who.bytes[0]} << ": " << edit.seq << " at " << edit.rev << '\n';
    for (const storage::stored_op& kept : file.tail) {
      PrintTo(kept, &out);
      out << '\n';
    }
  }
  for (const storage::chat_message& said : room.chat)
    out << said.n << ' ' << said.author << ' ' << int{said.client.bytes[0]} << ' '
        << said.client_message_id << ' ' << said.text << ' ' << said.at_ms << '\n';
  return out.str();
}

class twins {
 public:
  twins(const backend& other, std::uint64_t seed) : random_{seed}, other_{other} { reopen(); }

  void step() {
    switch (random_.below(12)) {
      case 0: create_room(); break;
      case 1:
        if (random_.one_in(8))
          remove_room();
        break;
      case 2:
        if (random_.one_in(6))
          reopen();
        break;
      default: write_group(); break;
    }
    compare();
  }

  std::uint64_t conflicts = 0;

 private:
  std::string room_id() { return "room" + std::to_string(random_.below(4)); }

  void reopen() {
    stores_[1].reset();
    stores_[1] = other_.open(folder_);
    stores_[1]->migrate();
  }

  void create_room() {
    const std::string id = room_id();
    const storage::new_room wish{default_tenant, id, "name", random_.below(9),
                                 {file_with("a", random_.below(3)), file_with("b")}};
    const auto first = stores_[0]->create_room(wish);
    const auto second = stores_[1]->create_room(wish);
    ASSERT_EQ(first.has_value(), second.has_value());
    if (!first)
      return;
    twin_room& room = rooms_[id];
    room.key = {first->key, second->key};
    for (std::size_t i = 0; i < 2; ++i)
      room.files.push_back(
        {{first->files[i].key, second->files[i].key}, first->files[i].rev, false});
  }

  void remove_room() {
    const std::string id = room_id();
    ASSERT_EQ(stores_[0]->remove_room(default_tenant, id),
              stores_[1]->remove_room(default_tenant, id));
    rooms_.erase(id);
  }

  // Adds one thing to the same write of both stores.
  void add_to(std::array<room_write, 2>& both, twin_room& room) {
    if (room.files.empty())
      return;
    twin_file& file = room.files[random_.below(room.files.size())];
    const bool alone = std::ranges::none_of(
      both[0].runs, [&](const auto& run) { return run.file == file.key[0]; });
    const std::uint32_t what = random_.below(10);
    const std::string name = "f" + std::to_string(random_.next() % 100'000'000);
    for (std::size_t i = 0; i < 2; ++i) {
      room_write& write = both[i];
      if (what < 5 && alone)
        write.runs.push_back(run_of(file, i));
      else if (what == 5)
        write.chat.push_back({room.chat + write.chat.size() + 1, "Ada", client(3), 7, name, 9});
      else if (what == 6)
        write.changes.push_back(file_with(name, file.rev % 3));
      else if (what == 7 && !file.removed)
        write.changes.push_back(storage::rename_file{file.key[i], name, "x"});
      else if (what == 8 && name.ends_with('1'))
        write.changes.push_back(storage::remove_file{file.key[i], 3});
      else if (what == 9 && file.rev > 0)
        write.snapshots.push_back({file.key[i], file.rev, letters(file.rev),
                                   {{client(file.rev % 5), {file.rev, file.rev}}}});
    }
  }

  // Every eighth does not follow the head.
  storage::op_run run_of(const twin_file& file, std::size_t store) {
    if (store == 0) {
      run_first_ = file.rev + 1;
      if (random_.one_in(8))
        run_first_ += 1 + random_.below(2);
      run_count_ = 1 + random_.below(4);
    }
    return letter_run(file.key[store], run_first_, run_count_);
  }

  void write_group() {
    std::array<std::vector<room_write>, 2> groups;
    std::vector<std::string> ids;
    for (auto& [id, room] : rooms_) {
      if (random_.one_in(2))
        continue;
      std::array<room_write, 2> both;
      both[0].room = room.key[0];
      both[1].room = room.key[1];
      for (std::uint32_t things = random_.below(4); things > 0; --things)
        add_to(both, room);
      ids.push_back(id);
      for (std::size_t i = 0; i < 2; ++i)
        groups[i].push_back(both[i]);
    }
    const auto first = stores_[0]->write(groups[0]);
    const auto second = stores_[1]->write(groups[1]);
    ASSERT_EQ(first.size(), ids.size());
    ASSERT_EQ(second.size(), ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) {
      ASSERT_EQ(first[i].result, second[i].result);
      ASSERT_EQ(first[i].created.size(), second[i].created.size());
      if (first[i].result == written::written)
        note(rooms_.at(ids[i]), groups[0][i], first[i].created, second[i].created);
      else
        ++conflicts;
    }
  }

  // What was written, for the next writes to follow.
  void note(twin_room& room, const room_write& done, const std::vector<file_key>& first,
            const std::vector<file_key>& second) {
    const auto find = [&](file_key key) -> twin_file& {
      return *std::ranges::find_if(room.files, [&](auto& file) { return file.key[0] == key; });
    };
    for (const storage::op_run& run : done.runs)
      find(run.file).rev = run.last();
    room.chat += done.chat.size();
    std::size_t next = 0;
    for (const storage::file_change& change : done.changes) {
      if (const auto* created = std::get_if<storage::create_file>(&change)) {
        room.files.push_back({{first[next], second[next]}, created->first_ops.size(), false});
        ++next;
      } else if (const auto* removed = std::get_if<storage::remove_file>(&change)) {
        find(removed->file).removed = true;
      }
    }
  }

  void compare() {
    for (std::uint32_t number = 0; number < 4; ++number) {
      const std::string id = "room" + std::to_string(number);
      const std::size_t chat = random_.below(8);
      const auto first = stores_[0]->load_room(default_tenant, id, chat);
      const auto second = stores_[1]->load_room(default_tenant, id, chat);
      ASSERT_EQ(first.has_value(), second.has_value()) << id;
      ASSERT_EQ(first.has_value(), rooms_.contains(id)) << id;
      if (first) {
        ASSERT_EQ(shown(*first), shown(*second));
      }
    }
    for (const auto& [id, room] : rooms_) {
      if (room.files.empty())
        continue;
      const twin_file& file = room.files[random_.below(room.files.size())];
      const ot::revision rev = random_.below(file.rev + 3);
      const auto first = text_at(*stores_[0], file.key[0], rev);
      ASSERT_EQ(first, text_at(*stores_[1], file.key[1], rev)) << id << " at " << rev;
      ASSERT_EQ(first.has_value(), rev <= file.rev);
      ASSERT_EQ(first.value_or(letters(rev)), letters(rev));
    }
  }

  random_source random_;
  backend other_;
  temp_folder folder_;
  std::array<std::unique_ptr<storage::store>, 2> stores_{storage::make_memory_store(), nullptr};
  std::map<std::string, twin_room> rooms_;
  ot::revision run_first_ = 1;
  std::size_t run_count_ = 1;
};

class store_lockstep : public testing::TestWithParam<backend> {};

INSTANTIATE_TEST_SUITE_P(against_memory, store_lockstep,
                         testing::Values(backend{"sqlite", open_sqlite},
                                         backend{"postgres", open_postgres}),
                         backend_name);

TEST_P(store_lockstep, both_stores_answer_alike_whatever_is_written) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    twins both{GetParam(), seed};
    for (int steps = 0; steps < 150; ++steps) {
      both.step();
      ASSERT_FALSE(testing::Test::HasFatalFailure()) << "step " << steps;
    }
    EXPECT_GT(both.conflicts, 0U);
  }
}

}  // namespace
}  // namespace tandem::test
