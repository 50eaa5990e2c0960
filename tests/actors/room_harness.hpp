// A room without actors: what it wants done is written down, and the test plays
// the store and the clock.
#pragma once

#include "actors/room_core.hpp"
#include "tests/support/plain_encoder.hpp"
#include "tests/support/records.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tandem::test {

using lines = std::vector<std::string>;

inline void append_lines(lines& out, const std::string& text) {
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1)
    out.push_back(text.substr(begin, end - begin));
}

class recording_effects final : public room_effects {
 public:
  explicit recording_effects(const frame_encoder& encoder) : encoder_{encoder} {}

  void tell(ot::site_id site, room_event event) override {
    lines& to = told[site];
    if (const auto* e = std::get_if<joined>(&event)) {
      append_lines(to, *encoder_.encode(e->welcome));
    } else if (const auto* e = std::get_if<file_opened>(&event)) {
      append_lines(to, *encoder_.encode(e->opened));
      if (e->committed_seq)
        to.push_back("committed " + std::to_string(*e->committed_seq) + " as "
                     + std::to_string(e->committed_rev));
    } else if (const auto* e = std::get_if<history_slice>(&event)) {
      to.push_back("slice " + std::to_string(e->from) + "-" + std::to_string(e->to)
                   + (e->composed ? " composed" : ""));
      for (const sent_op& op : e->ops)
        append_lines(to, *op.bytes);
      for (const auto& [whose, bytes] : e->cursors)
        append_lines(to, *bytes);
    } else if (const auto* e = std::get_if<edit_answer>(&event)) {
      to.push_back(e->result == edit_answer::verdict::duplicate
                     ? "duplicate " + std::to_string(e->seq) + " as " + std::to_string(e->rev)
                     : "refused " + std::to_string(e->seq) + " "
                         + std::string{to_string(e->code)});
    } else if (const auto* e = std::get_if<room_error>(&event)) {
      append_lines(to, *encoder_.encode(e->error));
    } else if (const auto* e = std::get_if<expelled>(&event)) {
      to.push_back("expelled " + std::to_string(static_cast<int>(e->code)));
    }
  }
  void tell_everyone(fanout_ptr batch) override { batches.push_back(std::move(batch)); }
  void persist(storage::room_write write) override { writes.push_back(std::move(write)); }
  void reload() override { ++reloads; }
  void read_history(const catch_up& wanted, std::uint64_t ops_max) override {
    history_reads.emplace_back(wanted, ops_max);
  }
  void wake_in(std::int64_t us) override { wakes.push_back(us); }

  std::map<ot::site_id, lines> told;
  std::vector<fanout_ptr> batches;
  std::vector<storage::room_write> writes;
  std::vector<std::pair<catch_up, std::uint64_t>> history_reads;
  std::vector<std::int64_t> wakes;
  int reloads = 0;

 private:
  const frame_encoder& encoder_;
};

inline storage::loaded_room loaded_room_with(std::vector<storage::loaded_file> files) {
  storage::loaded_room loaded;
  loaded.room = {1, "room", "Room", 0, {}};
  for (const storage::loaded_file& file : files)
    loaded.room.files.push_back(file.record);
  loaded.files = std::move(files);
  return loaded;
}

// A file of so many letters: a snapshot of the first `base`, the rest as log.
inline storage::loaded_file letters_file(storage::file_key key, std::string name,
                                         ot::revision rev, ot::revision base = 0) {
  storage::loaded_file file;
  file.record = {key, std::move(name), "plaintext", rev};
  file.base = {key, base, letters(base), {}};
  file.tail = letter_run(key, base + 1, rev - base).ops;
  return file;
}

// A room with the file "a" (key 10) of "abc" and the empty "b" (key 20), in
// which broadcasts need not be spaced.
class room_test : public testing::Test {
 protected:
  room_test() { bounds.fanout_us_per_member = 0; }

  void start() {
    core.emplace(bounds, encoder, effects,
                 loaded_room_with({letters_file(10, "a", 3), letters_file(20, "b", 0)}));
  }

  moment now() const { return {at_us, 1'000'000 + at_us / 1000}; }

  ot::site_id join(std::uint8_t who, const std::string& name = "",
                   std::vector<client::open> opens = {}) {
    if (!core)
      start();
    const ot::site_id site = core->next_site();
    EXPECT_TRUE(core->join({client(who), name, std::move(opens)}, now()));
    return site;
  }

  void submit(ot::site_id site, std::uint64_t seq, ot::revision base, ot::text_op op,
              storage::file_key file = 10) {
    core->submit({file, {{}, seq, base, std::move(op), site}}, now());
  }

  void written(write_outcome outcome = write_outcome::written,
               std::vector<storage::file_key> created = {}) {
    core->on_written(outcome, created, now());
  }

  void change(ot::site_id site, client::file_action action, std::string file, std::string to = "",
              std::string text = "") {
    core->change_file({site, {action, std::move(file), std::move(to), std::move(text), ""}},
                      now());
  }

  // What a site was told alone since the last look.
  lines told(ot::site_id site) { return std::exchange(effects.told[site], {}); }

  // What everybody was told since the last look, as `site` sees the notes.
  lines told_all(ot::site_id site = 0) {
    lines all;
    const auto append_note = [&](const room_note& note) {
      append_lines(all, note.own_bytes && note.own_site == site ? *note.own_bytes : *note.bytes);
    };
    for (const fanout_ptr& batch : std::exchange(effects.batches, {})) {
      std::ranges::for_each(batch->people, append_note);
      for (const file_batch& file : batch->files) {
        if (file.all)
          append_lines(all, *file.all);
        for (const auto& [whose, bytes] : file.cursors)
          append_lines(all, *bytes);
        if (file.check)
          append_lines(all, *file.check);
      }
      std::ranges::for_each(batch->notes, append_note);
    }
    return all;
  }

  void forget_what_was_told() {
    effects.told.clear();
    effects.batches.clear();
  }

  std::string text(storage::file_key file = 10) const {
    return core->file(file)->document().text().to_string();
  }

  limits bounds;
  plain_encoder encoder;
  recording_effects effects{encoder};
  std::optional<room_core> core;
  std::int64_t at_us = 1'000'000;
};

}  // namespace tandem::test
