// A session without actors or a socket: what it wants done is written down, and
// the test plays the client, the room and the connection.
#pragma once

#include "actors/session_core.hpp"
#include "tests/actors/room_harness.hpp"
#include "tests/support/plain_encoder.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tandem::test {

class recording_session_effects final : public session_effects {
 public:
  void send(const frame& bytes) override { append_lines(sent, *bytes); }
  std::uint64_t unread_bytes() const override { return unread; }
  void close(close_code code, std::string_view) override {
    sent.push_back("close " + std::to_string(static_cast<int>(code)));
  }
  void join(join_request request) override { joins.push_back(std::move(request)); }
  void join_again(join_request request) override { joins.push_back(std::move(request)); }
  void settle() override { ++settles; }
  void leave() override { ++leaves; }
  void open(client::open wanted) override { opens.push_back(std::move(wanted)); }
  void submit(submit_edit edit) override { edits.push_back(std::move(edit)); }
  void move_cursor(tandem::move_cursor moved) override { cursors.push_back(std::move(moved)); }
  void catch_up(tandem::catch_up wanted) override { slices.push_back(wanted); }
  void post(client::chat chat) override { chats.push_back(std::move(chat)); }
  void change_file(client::change_file change) override { changes.push_back(std::move(change)); }
  void report_divergence(client::diverged report) override {
    divergences.push_back(std::move(report));
  }
  void change_role(room_role role) override { roles.push_back(role); }
  void ask_ai(ai::question what) override { questions.push_back(std::move(what)); }
  void take_back(std::optional<std::uint64_t> ask) override { taken_back.push_back(ask); }

  lines sent;
  std::uint64_t unread = 0;
  std::vector<join_request> joins;
  int leaves = 0;
  int settles = 0;
  std::vector<client::open> opens;
  std::vector<submit_edit> edits;
  std::vector<tandem::move_cursor> cursors;
  std::vector<tandem::catch_up> slices;
  std::vector<client::chat> chats;
  std::vector<client::change_file> changes;
  std::vector<ai::question> questions;
  std::vector<std::optional<std::uint64_t>> taken_back;
  std::vector<client::diverged> divergences;
  std::vector<room_role> roles;
};

// The session of client "ada", site 1, once she has joined. The file "a" has
// the key 10.
class session_test : public testing::Test {
 protected:
  void start() { core.emplace(bounds, encoder, effects); }

  void say(client::message message) {
    if (!core)
      start();
    core->on_message(std::move(message), at_us);
  }

  void join() {
    say(client::hello{"ada", "Ada", {}});
    room(joined{{1, "editor", "room", "Room", {}, {}, {}, 0, 0, 0}});
    effects.sent.clear();
  }

  void room(room_event event) { core->on_room(event); }

  // The room opens "a" at a revision, by its text, and answers the slice that
  // is asked for.
  void open_by_text(ot::revision rev, const std::string& name = "a",
                    storage::file_key key = 10) {
    room(file_opened{key, {name, rev, "plaintext", "text", 0}, {}, 0});
    slice(rev, rev, key);
    effects.sent.clear();
    effects.slices.clear();
  }

  void edit(std::uint64_t seq, ot::revision rev, const std::string& file = "a") {
    say(client::edit{file, rev, seq, make_op({"x"})});
  }

  // Revisions `from` + 1 to `to`, all of the same client; the last has `seq`.
  std::vector<sent_op> ops(ot::revision from, ot::revision to, ot::client_id by = client(9),
                           std::uint64_t seq = 0) const {
    std::vector<sent_op> made;
    for (ot::revision rev = from + 1; rev <= to; ++rev)
      made.push_back({rev, by, rev == to ? seq : 0,
                      std::make_shared<const std::string>("op " + std::to_string(rev) + "\n")});
    return made;
  }

  void slice(ot::revision from, ot::revision to, storage::file_key key = 10) {
    room(history_slice{key, from, to, false, ops(from, to), {}});
  }

  void composed_slice(ot::revision from, ot::revision to) {
    room(history_slice{10, from, to, true,
                       {{to, {}, 0,
                         std::make_shared<const std::string>(
                           "composed " + std::to_string(from) + "-" + std::to_string(to) + "\n")}},
                       {}});
  }

  file_batch batch_of(ot::revision from, std::vector<sent_op> made) const {
    std::string all;
    for (const sent_op& op : made)
      all += *op.bytes;
    const ot::revision to = from + made.size();
    return {10, from, to, std::move(made), std::make_shared<const std::string>(all), {}, nullptr};
  }

  void fan_out(file_batch batch) {
    room(std::make_shared<const fanout>(fanout{{}, {std::move(batch)}, {}}));
  }

  // A commit group of others' operations.
  void others(ot::revision from, ot::revision to) { fan_out(batch_of(from, ops(from, to))); }

  // A commit group that ends with this client's own edit.
  void own(ot::revision from, ot::revision to, std::uint64_t seq) {
    fan_out(batch_of(from, ops(from, to, ada, seq)));
  }

  // A message of this client's, which the room has kept; `again`: it had it already.
  void own_chat(std::uint64_t n, const std::string& text, bool again, std::uint64_t id = 1) {
    const std::string shown = "chat " + std::to_string(n) + " Ada: " + text;
    room_note note;
    note.bytes = std::make_shared<const std::string>(again ? "" : shown + "\n");
    note.own_site = 1;
    note.own_bytes = std::make_shared<const std::string>(shown + " id " + std::to_string(id) + "\n");
    note.chat_n = n;
    note.chat_id = id;
    room(std::make_shared<const fanout>(fanout{{}, {}, {std::move(note)}}));
  }

  lines sent() { return std::exchange(effects.sent, {}); }

  limits bounds;
  plain_encoder encoder;
  recording_session_effects effects;
  std::optional<session_core> core;
  std::int64_t at_us = 1'000'000;
  const ot::client_id ada = digest_of("ada");
};

}  // namespace tandem::test
