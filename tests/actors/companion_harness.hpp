// A room's AI as a state machine: the room, the model and who asks are played by
// the test.
#pragma once

#include "actors/ai/companion_core.hpp"
#include "ot/utf8.hpp"
#include "tests/support/ops.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tandem::test {

inline constexpr storage::file_key main_file = 4;
inline constexpr storage::file_key other_file = 5;

// The frames of these tests are what stands in a table.
class table_decoder final : public frame_decoder {
 public:
  std::optional<ot::text_op> op_in(const std::string& bytes) const override {
    const auto found = ops.find(bytes);
    return found == ops.end() ? std::nullopt : std::optional{found->second};
  }
  std::optional<server::chat> chat_in(const std::string& bytes) const override {
    const auto found = chats.find(bytes);
    return found == chats.end() ? std::nullopt : std::optional{found->second};
  }
  std::map<std::string, ot::text_op> ops;
  std::map<std::string, server::chat> chats;
};

class recording_companion final : public ai::companion_effects {
 public:
  void open(client::open wanted) override { opens.push_back(wanted.file); }
  void post(client::chat said) override { posts.push_back(std::move(said)); }
  void complete(ai::call_number call, ai::completion_prompt prompt) override {
    completions.emplace(call, std::move(prompt));
  }
  void chat(ai::call_number call, ai::chat_prompt prompt) override {
    chats.emplace(call, std::move(prompt));
  }
  void end_call(ai::call_number call) override { ended.push_back(call); }

  std::vector<std::string> opens;
  std::vector<client::chat> posts;
  std::map<ai::call_number, ai::completion_prompt> completions;
  std::map<ai::call_number, ai::chat_prompt> chats;
  std::vector<ai::call_number> ended;
};

class companion_test : public testing::Test {
 protected:
  static ai_offer with_model() { return {"openai", "m1", "models.test", "on"}; }

  void start(ai_mode mode) {
    core = std::make_unique<ai::companion_core>(limits, with_model(), decoder, effects);
    core->set_mode(mode, 0);
  }

  void join() {
    server::welcome welcome;
    welcome.site = 9;
    welcome.files = {{"main.py", 3, "python", main_file}, {"b.py", 1, "python", other_file}};
    welcome.messages = {{1, "Ada", "hello", 0, {}, {}}};
    core->on_joined(welcome, 0);
  }

  void opened(storage::file_key key, const std::string& name, ot::revision rev,
              const std::string& text) {
    file_opened in;
    in.file = key;
    in.opened = {name, rev, "python", text, 0, static_cast<std::uint64_t>(key)};
    core->on_room(in, 0);
  }

  // The room tells an operation that leads to `rev`.
  void told(ot::revision rev, const ot::text_op& op, storage::file_key key = main_file) {
    const std::string bytes = "op " + std::to_string(rev) + to_json(op);
    decoder.ops[bytes] = op;
    fanout batch;
    batch.files.push_back({key, rev - 1, rev,
                           {{rev, {}, 0, std::make_shared<const std::string>(bytes)}},
                           nullptr, {}, nullptr});
    core->on_room(std::make_shared<const fanout>(std::move(batch)), 0);
  }

  // A message in the chat; `own`: the assistant's.
  void chatted(std::uint64_t n, const std::string& name, const std::string& text,
               std::optional<std::uint64_t> own = {}) {
    const std::string bytes = "chat " + std::to_string(n);
    decoder.chats[bytes] = {n, name, text, 0, {}, own};
    room_note note;
    note.bytes = std::make_shared<const std::string>(bytes);
    note.own_bytes = note.bytes;
    note.own_site = own ? 9 : 2;
    note.chat_n = n;
    fanout batch;
    batch.notes.push_back(note);
    core->on_room(std::make_shared<const fanout>(std::move(batch)), 0);
  }

  void ready(ai_mode mode, const std::string& text = "alpha = 1\nprint(al\n") {
    start(mode);
    join();
    complete(99, 3, 0);
    opened(main_file, "main.py", 3, text);
    opened(other_file, "b.py", 1, "beta = 2\n");
    heard.clear();
    for (const auto& [call, prompt] : effects.completions)
      core->on_done(call, "", 0);
    effects = {};
    heard.clear();
  }

  ai::asker as(std::uint64_t id) {
    return {id, [this](const server::ai_event& event) { heard.push_back(event); }};
  }

  void complete(std::uint64_t ask, std::optional<ot::revision> rev, std::uint64_t position,
                std::uint64_t who = 1) {
    core->ask(as(who), ai::completion_question{ask, {"main.py", main_file}, rev, position}, now);
  }
  void change(std::uint64_t ask, ot::revision rev, std::uint64_t from, std::uint64_t to) {
    core->ask(as(1), ai::change_question{ask, {"main.py", main_file}, rev, from, to, "do it"}, now);
  }

  // Somebody's message, which the room has: it mentions the assistant.
  void mention(const std::string& text, std::uint64_t n = 5) {
    const std::string bytes = "mention " + std::to_string(n) + text;
    decoder.chats[bytes] = {n, "Ada", text, 0, {}, {}};
    core->ask(as(1), ai::mention{std::make_shared<const std::string>(bytes)}, now);
  }
  void posting_fails(error_code code, std::uint64_t id, std::int64_t at_us) {
    core->on_room(room_error{{code, "not now", {}, {}, id, 500}}, at_us);
  }

  template <class T>
  std::vector<T> all() const {
    std::vector<T> found;
    for (const server::ai_event& event : heard)
      if (const auto* one = std::get_if<T>(&event))
        found.push_back(*one);
    return found;
  }

  ai::call_number only_completion() const {
    EXPECT_EQ(effects.completions.size(), 1U);
    return effects.completions.empty() ? 0 : effects.completions.begin()->first;
  }
  ai::call_number only_chat() const {
    EXPECT_EQ(effects.chats.size(), 1U);
    return effects.chats.empty() ? 0 : effects.chats.begin()->first;
  }

  ai::companion_limits limits;
  table_decoder decoder;
  recording_companion effects;
  std::unique_ptr<ai::companion_core> core;
  std::vector<server::ai_event> heard;
  std::int64_t now = 0;
};

}  // namespace tandem::test
