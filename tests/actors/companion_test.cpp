// A room's AI as a state machine: the room, the model and who asks are played by
// the test.
#include "actors/ai/companion_core.hpp"
#include "ot/utf8.hpp"
#include "tests/support/ops.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tandem::test {
namespace {

constexpr storage::file_key main_file = 4;
constexpr storage::file_key other_file = 5;

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

class companion : public testing::Test {
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

std::string shown(const std::vector<ai::suggestion>& list) {
  std::string out;
  for (const ai::suggestion& one : list)
    out += std::to_string(one.from) + "-" + std::to_string(one.to) + " [" + one.insert + "]";
  return out;
}

// ---- what is asked has to wait for ----

TEST_F(companion, a_question_waits_for_the_room_the_file_and_the_revision) {
  start(ai_mode::local);
  complete(1, 4, 5);
  EXPECT_TRUE(effects.opens.empty()) << "the room is not known yet";
  join();
  EXPECT_EQ(effects.opens, (std::vector<std::string>{"main.py"}));
  opened(main_file, "main.py", 3, "alpha\nal\n");
  EXPECT_TRUE(heard.empty()) << "revision 4 is not there yet";
  told(4, make_op({"x"}));
  const auto answers = all<server::completion>();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].ask, 1U);
  EXPECT_EQ(answers[0].rev, 4U);
  EXPECT_EQ(answers[0].provider, "local");
  EXPECT_FALSE(core->is_waited_for());
}

TEST_F(companion, what_waits_too_long_is_answered) {
  start(ai_mode::local);
  complete(1, 3, 0);
  core->on_time(limits.answer_wait_us - 1);
  EXPECT_TRUE(heard.empty());
  core->on_time(limits.answer_wait_us);
  const auto errors = all<server::error>();
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].code, error_code::unavailable);
  EXPECT_EQ(errors[0].ask, 1U);
}

TEST_F(companion, the_other_files_are_read_one_after_the_other) {
  start(ai_mode::local);
  join();
  complete(1, 3, 0);
  EXPECT_EQ(effects.opens, (std::vector<std::string>{"main.py"}));
  opened(main_file, "main.py", 3, "a");
  EXPECT_EQ(effects.opens, (std::vector<std::string>{"main.py", "b.py"}));
}

TEST_F(companion, no_more_files_are_read_than_there_is_space_for) {
  limits.text_bytes = 10;
  start(ai_mode::local);
  join();
  complete(1, 3, 0);
  opened(main_file, "main.py", 3, "0123456789");
  EXPECT_EQ(effects.opens, (std::vector<std::string>{"main.py"}));
}

struct refusal {
  const char* what;
  std::optional<ot::revision> rev;
  std::uint64_t position;
  const char* file;
  error_code code;
};

TEST_F(companion, what_cannot_be_answered_is_refused_by_its_number) {
  ready(ai_mode::local);
  const refusal table[] = {
    {"behind the end", 3, 1'000, "main.py", error_code::bad_message},
    {"a revision that is long gone", 1, 0, "main.py", error_code::stale},
    {"no such file", 3, 0, "none.py", error_code::unknown_file},
  };
  for (const refusal& row : table) {
    heard.clear();
    core->ask(as(1), ai::completion_question{7, {row.file, {}}, row.rev, row.position}, 0);
    const auto errors = all<server::error>();
    ASSERT_EQ(errors.size(), 1U) << row.what;
    EXPECT_EQ(errors[0].code, row.code) << row.what;
    EXPECT_EQ(errors[0].ask, 7U) << row.what;
  }
}

TEST_F(companion, more_questions_than_it_takes_are_refused) {
  limits.questions = 2;
  start(ai_mode::local);
  for (std::uint64_t who = 1; who <= 3; ++who)
    complete(who, 3, 0, who);
  const auto errors = all<server::error>();
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].code, error_code::rate_limited);
  EXPECT_EQ(errors[0].ask, 3U);
}

// ---- its text ----

TEST_F(companion, follows_the_rooms_edits_and_answers_on_its_latest_text) {
  ready(ai_mode::local);
  told(4, make_op({"# head\n"}));
  complete(1, 3, 18);
  const auto answers = all<server::completion>();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].rev, 4U);
  for (const ai::suggestion& word : answers[0].what.words) {
    EXPECT_EQ(word.from, 23U);
    EXPECT_EQ(word.to, 25U);
  }
  EXPECT_FALSE(answers[0].what.words.empty());
}

TEST_F(companion, reads_a_text_anew_when_something_was_missed) {
  ready(ai_mode::local);
  told(6, make_op({"x"}));
  EXPECT_EQ(effects.opens, (std::vector<std::string>{"main.py"}));
  complete(1, 6, 0);
  EXPECT_TRUE(heard.empty());
  opened(main_file, "main.py", 6, "xyz");
  EXPECT_EQ(all<server::completion>().size(), 1U);
}

TEST_F(companion, reads_a_text_anew_when_an_operation_does_not_fit_it) {
  ready(ai_mode::local);
  told(4, make_op({1'000, "x"}));
  EXPECT_EQ(effects.opens, (std::vector<std::string>{"main.py"}));
}

TEST_F(companion, forgets_what_it_knew_when_the_room_moves) {
  ready(ai_mode::local);
  core->on_moved();
  complete(1, 3, 0);
  EXPECT_TRUE(heard.empty());
  join();
  opened(main_file, "main.py", 3, "abc");
  EXPECT_EQ(all<server::completion>().size(), 1U);
}

// ---- modes ----

TEST_F(companion, says_nothing_where_it_is_off) {
  ready(ai_mode::off);
  complete(1, 3, 0);
  change(2, 3, 0, 1);
  const auto errors = all<server::error>();
  ASSERT_EQ(errors.size(), 2U);
  EXPECT_EQ(errors[0].code, error_code::forbidden);
  EXPECT_EQ(errors[1].code, error_code::forbidden);
}

TEST_F(companion, asks_no_model_where_only_the_predictor_may) {
  ready(ai_mode::local);
  complete(1, 3, 18);
  change(2, 3, 0, 1);
  mention("@assistant hi");
  EXPECT_TRUE(effects.completions.empty());
  EXPECT_TRUE(effects.chats.empty());
  EXPECT_EQ(all<server::completion>().size(), 1U);
  EXPECT_EQ(all<server::error>().size(), 2U);
}

TEST_F(companion, takes_back_what_went_out_when_the_mode_changes) {
  ready(ai_mode::on);
  complete(1, 3, 18);
  const ai::call_number call = only_completion();
  core->set_mode(ai_mode::local, 0);
  EXPECT_EQ(effects.ended, (std::vector{call}));
  const auto errors = all<server::error>();
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].code, error_code::forbidden);
}

// ---- completions of the model ----

TEST_F(companion, gives_the_words_at_once_and_the_models_text_later) {
  ready(ai_mode::on);
  complete(1, 3, 18);
  auto answers = all<server::completion>();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_TRUE(answers[0].is_more_to_come);
  EXPECT_TRUE(answers[0].what.lines.empty());
  EXPECT_FALSE(answers[0].what.words.empty());
  const ai::completion_prompt& prompt = effects.completions.begin()->second;
  EXPECT_EQ(prompt.before, "alpha = 1\nprint(al");
  EXPECT_EQ(prompt.after, "\n");
  core->on_done(only_completion(), "pha)", 0);
  answers = all<server::completion>();
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_FALSE(answers[1].is_more_to_come);
  EXPECT_EQ(shown(answers[1].what.lines), "18-18 [pha)]");
  EXPECT_EQ(answers[1].provider, "openai");
}

struct carried_answer {
  const char* what;
  ot::text_op op;
  const char* lines;
};

TEST_F(companion, an_answer_is_carried_over_what_happened_elsewhere_and_dropped_otherwise) {
  const carried_answer table[] = {
    {"a line before", make_op({"# x\n"}), "22-22 [pha)]"},
    {"a line behind", make_op({19, "# x\n"}), "18-18 [pha)]"},
    {"the same line, before the caret", make_op({10, "x"}), ""},
    {"at the caret", make_op({18, "p"}), ""},
    {"the line is gone", make_op({10, del(9)}), ""},
  };
  for (const carried_answer& row : table) {
    effects = {};
    ready(ai_mode::on);
    complete(1, 3, 18);
    const ai::call_number call = only_completion();
    told(4, row.op);
    core->on_done(call, "pha)", 0);
    const auto answers = all<server::completion>();
    ASSERT_EQ(answers.size(), 2U) << row.what;
    EXPECT_EQ(answers[1].rev, 4U) << row.what;
    EXPECT_EQ(shown(answers[1].what.lines), row.lines) << row.what;
  }
}

TEST_F(companion, a_newer_question_ends_the_older_of_the_same_asker) {
  ready(ai_mode::on);
  complete(1, 3, 18);
  const ai::call_number first = only_completion();
  complete(2, 3, 17);
  EXPECT_EQ(effects.ended, (std::vector{first}));
  complete(3, 3, 16, 2);
  EXPECT_EQ(effects.ended.size(), 1U) << "somebody else's";
  heard.clear();
  core->on_done(first, "late", 0);
  EXPECT_TRUE(heard.empty());
}

TEST_F(companion, what_is_taken_back_is_not_answered) {
  ready(ai_mode::on);
  complete(1, 3, 18);
  core->cancel(2, 1);
  EXPECT_TRUE(effects.ended.empty()) << "somebody else's number";
  core->cancel(1, 1);
  EXPECT_EQ(effects.ended.size(), 1U);
  change(2, 3, 0, 5);
  core->forget(1);
  EXPECT_EQ(effects.ended.size(), 2U);
  EXPECT_FALSE(core->is_waited_for());
}

TEST_F(companion, the_predictor_answers_when_the_model_does_not) {
  ready(ai_mode::on);
  complete(1, 3, 18);
  core->on_failed(only_completion(), {ai::model_failure::kind::limited, "too busy", 2'000}, 0);
  const auto answers = all<server::completion>();
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[1].provider, "local");
  EXPECT_EQ(answers[1].problem, "too busy");
  EXPECT_EQ(answers[1].retry_ms, 2'000U);
  EXPECT_FALSE(answers[1].what.words.empty());
}

TEST_F(companion, the_same_place_is_not_asked_about_twice) {
  ready(ai_mode::on);
  complete(1, 3, 18);
  core->on_done(only_completion(), "pha)", 0);
  effects.completions.clear();
  heard.clear();
  complete(2, 3, 18);
  EXPECT_TRUE(effects.completions.empty());
  const auto answers = all<server::completion>();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(shown(answers[0].what.lines), "18-18 [pha)]");
  told(4, make_op({18, "ph"}));
  heard.clear();
  complete(3, 4, 20);
  EXPECT_EQ(shown(all<server::completion>().at(0).what.lines), "20-20 [a)]");
}

TEST_F(companion, a_file_that_looks_secret_goes_to_no_model) {
  start(ai_mode::on);
  server::welcome welcome;
  welcome.site = 9;
  welcome.files = {{".env", 1, "plaintext", main_file}};
  core->on_joined(welcome, 0);
  core->ask(as(1), ai::completion_question{1, {".env", {}}, {}, 0}, 0);
  opened(main_file, ".env", 1, "KEY=secret\n");
  core->ask(as(1), ai::change_question{2, {".env", {}}, {}, 0, 3, "explain"}, 0);
  EXPECT_TRUE(effects.completions.empty());
  EXPECT_TRUE(effects.chats.empty());
  EXPECT_EQ(all<server::error>().at(0).code, error_code::forbidden);
}

TEST_F(companion, looks_through_a_text_once_for_each_revision) {
  ready(ai_mode::on);
  complete(1, 3, 18);
  const std::uint64_t before = core->counts().texts_cut;
  complete(2, 3, 17);
  told(4, make_op({"x"}));
  complete(3, 4, 16);
  EXPECT_EQ(core->counts().texts_cut, before) << "the other file is as it was";
  told(2, make_op({"x"}), other_file);
  complete(4, 4, 15);
  complete(5, 4, 14);
  EXPECT_EQ(core->counts().texts_cut, before + 1);
}

// ---- changes ----

TEST_F(companion, a_change_comes_as_an_operation_with_a_summary) {
  ready(ai_mode::on);
  change(1, 3, 0, 10);
  const ai::call_number call = only_chat();
  core->on_piece(call, "Renamed");
  EXPECT_EQ(all<server::thinking>().at(0).piece, "Renamed");
  core->on_done(call, "Renamed.\n\n```python\nomega = 1\n```\n", 0);
  const auto proposals = all<server::proposal>();
  ASSERT_EQ(proposals.size(), 1U);
  EXPECT_EQ(proposals[0].ask, 1U);
  EXPECT_EQ(proposals[0].rev, 3U);
  EXPECT_EQ(proposals[0].summary, "Renamed.");
  ot::rope text{"alpha = 1\nprint(al\n"};
  text.apply(proposals[0].op);
  EXPECT_EQ(text.to_string(), "omega = 1\nprint(al\n");
}

TEST_F(companion, a_change_is_carried_over_edits_elsewhere) {
  ready(ai_mode::on);
  change(1, 3, 10, 19);
  const ai::call_number call = only_chat();
  told(4, make_op({"# é\n"}));
  core->on_done(call, "Said.\n```\nprint(alpha)\n```\n", 0);
  const auto proposals = all<server::proposal>();
  ASSERT_EQ(proposals.size(), 1U);
  EXPECT_EQ(proposals[0].rev, 4U);
  ot::rope text{"# é\nalpha = 1\nprint(al\n"};
  text.apply(proposals[0].op);
  EXPECT_EQ(text.to_string(), "# é\nalpha = 1\nprint(alpha)\n");
}

TEST_F(companion, a_change_of_what_has_changed_meanwhile_is_refused) {
  ready(ai_mode::on);
  change(1, 3, 10, 19);
  const ai::call_number call = only_chat();
  told(4, make_op({12, "x"}));
  core->on_done(call, "Said.\n```\nprint(alpha)\n```\n", 0);
  EXPECT_TRUE(all<server::proposal>().empty());
  EXPECT_EQ(all<server::error>().at(0).code, error_code::stale);
}

TEST_F(companion, an_explanation_changes_nothing) {
  ready(ai_mode::on);
  change(1, 3, 0, 10);
  core->on_done(only_chat(), "It sets alpha.", 0);
  const auto proposals = all<server::proposal>();
  ASSERT_EQ(proposals.size(), 1U);
  EXPECT_TRUE(proposals[0].op.is_identity());
  EXPECT_EQ(proposals[0].summary, "It sets alpha.");
}

TEST_F(companion, says_why_a_change_failed) {
  ready(ai_mode::on);
  const std::pair<ai::model_failure::kind, error_code> table[] = {
    {ai::model_failure::kind::limited, error_code::rate_limited},
    {ai::model_failure::kind::busy, error_code::rate_limited},
    {ai::model_failure::kind::timed_out, error_code::unavailable},
    {ai::model_failure::kind::resting, error_code::unavailable},
  };
  for (const auto& [kind, code] : table) {
    effects.chats.clear();
    heard.clear();
    change(1, 3, 0, 10);
    core->on_failed(only_chat(), {kind, "why", 500}, 0);
    const auto errors = all<server::error>();
    ASSERT_EQ(errors.size(), 1U);
    EXPECT_EQ(errors[0].code, code);
    EXPECT_EQ(errors[0].message, "why");
    EXPECT_EQ(errors[0].retry_ms, 500U);
  }
}

TEST_F(companion, bounds_what_may_be_asked_at_once) {
  limits.change_chars = 5;
  limits.instruction_chars = 4;
  ready(ai_mode::on);
  change(1, 3, 0, 5);
  change(2, 3, 0, 6);
  EXPECT_EQ(all<server::error>().size(), 2U);
  for (const server::error& error : all<server::error>())
    EXPECT_EQ(error.code, error_code::too_large);
}

TEST_F(companion, a_part_counts_into_the_budget_with_its_instruction) {
  limits.context_tokens = 3;
  ready(ai_mode::on);
  change(1, 3, 0, 8);
  change(2, 3, 0, 7);
  ASSERT_EQ(all<server::error>().size(), 1U);
  EXPECT_EQ(all<server::error>()[0].ask, 1U);
  EXPECT_EQ(all<server::error>()[0].code, error_code::too_large);
  EXPECT_EQ(effects.chats.size(), 1U);
}

// ---- the assistant ----

TEST_F(companion, answers_in_the_chat) {
  ready(ai_mode::on);
  chatted(2, "Ada", "@assistant what is alpha?");
  mention("@assistant what is alpha?", 2);
  core->on_done(only_chat(), "It is 1.", 0);
  ASSERT_EQ(effects.posts.size(), 1U);
  EXPECT_EQ(effects.posts[0].text, "It is 1.");
  EXPECT_TRUE(all<server::proposal>().empty());
}

TEST_F(companion, proposes_a_change_behind_its_message) {
  ready(ai_mode::on);
  mention("@assistant make it 3");
  core->on_done(only_chat(), "So:\n\nEDIT b.py lines 1-1\n```python\nbeta = 3\n```\n", 0);
  ASSERT_EQ(effects.posts.size(), 1U);
  EXPECT_TRUE(all<server::proposal>().empty()) << "its message has no number yet";
  chatted(7, "Assistant", effects.posts[0].text, effects.posts[0].id);
  const auto proposals = all<server::proposal>();
  ASSERT_EQ(proposals.size(), 1U);
  EXPECT_EQ(proposals[0].chat, 7U);
  EXPECT_EQ(proposals[0].file, "b.py");
  ot::rope text{"beta = 2\n"};
  text.apply(proposals[0].op);
  EXPECT_EQ(text.to_string(), "beta = 3\n");
}

struct proposed_lines {
  const char* edit;
  const char* text;  // then; null: nothing is proposed
};

TEST_F(companion, lines_that_are_not_there_are_not_taken_for_others) {
  const proposed_lines table[] = {
    {"EDIT b.py lines 1-1\n```\nx\n```\n", "x\n"},
    {"EDIT b.py lines 1-0\n```\nx\n```\n", "x\nbeta = 2\n"},
    {"EDIT b.py lines 2-1\n```\nx\n```\n", "beta = 2\nx\n"},
    {"EDIT b.py lines 1-99\n```\nx\n```\n", "x\n"},
    {"EDIT none.py lines 1-1\n```\nx\n```\n", nullptr},
    {"EDIT b.py lines 40-41\n```\nx\n```\n", nullptr},
  };
  for (const proposed_lines& row : table) {
    effects = {};
    ready(ai_mode::on);
    mention("@assistant");
    core->on_done(only_chat(), row.edit, 0);
    ASSERT_EQ(effects.posts.size(), 1U) << row.edit;
    chatted(7, "Assistant", effects.posts[0].text, effects.posts[0].id);
    const auto proposals = all<server::proposal>();
    ASSERT_EQ(proposals.size(), row.text != nullptr ? 1U : 0U) << row.edit;
    if (row.text == nullptr)
      continue;
    ot::rope text{"beta = 2\n"};
    text.apply(proposals[0].op);
    EXPECT_EQ(text.to_string(), row.text) << row.edit;
  }
}

TEST_F(companion, the_assistant_changes_a_last_line_without_a_line_feed) {
  ready(ai_mode::on, "a\nb");
  mention("@assistant");
  core->on_done(only_chat(), "EDIT main.py lines 2-2\n```\nB\n```\n", 0);
  chatted(7, "Assistant", effects.posts.at(0).text, effects.posts.at(0).id);
  ot::rope text{"a\nb"};
  text.apply(all<server::proposal>().at(0).op);
  EXPECT_EQ(text.to_string(), "a\nB");
}

TEST_F(companion, the_assistants_lines_are_those_of_the_text_that_it_was_shown) {
  ready(ai_mode::on);
  mention("@assistant");
  const ai::call_number call = only_chat();
  told(2, make_op({"# first\n"}), other_file);
  core->on_done(call, "EDIT b.py lines 1-1\n```\nbeta = 3\n```\n", 0);
  chatted(7, "Assistant", effects.posts.at(0).text, effects.posts.at(0).id);
  ot::rope text{"# first\nbeta = 2\n"};
  text.apply(all<server::proposal>().at(0).op);
  EXPECT_EQ(text.to_string(), "# first\nbeta = 3\n");
}

TEST_F(companion, nothing_is_proposed_for_lines_that_have_changed_since) {
  ready(ai_mode::on);
  mention("@assistant");
  const ai::call_number call = only_chat();
  told(2, make_op({3, "x"}), other_file);
  core->on_done(call, "EDIT b.py lines 1-1\n```\nbeta = 3\n```\n", 0);
  chatted(7, "Assistant", effects.posts.at(0).text, effects.posts.at(0).id);
  EXPECT_TRUE(all<server::proposal>().empty());
}

TEST_F(companion, says_in_the_chat_that_it_cannot_answer) {
  ready(ai_mode::on);
  mention("@assistant");
  core->on_failed(only_chat(), {ai::model_failure::kind::timed_out, "no answer in time", 0}, 0);
  ASSERT_EQ(effects.posts.size(), 1U);
  EXPECT_NE(effects.posts[0].text.find("no answer in time"), std::string::npos);
}

TEST_F(companion, a_long_answer_is_cut_to_what_a_message_holds) {
  limits.chat_chars = 10;
  ready(ai_mode::on);
  mention("@assistant");
  core->on_done(only_chat(), "äöüäöüäöüäöü", 0);
  EXPECT_EQ(effects.posts.at(0).text, "äöüäöüäöü…");
}

TEST_F(companion, posts_an_answer_again_until_the_room_has_it) {
  ready(ai_mode::on);
  mention("@assistant");
  core->on_done(only_chat(), "EDIT b.py lines 1-1\n```\nx\n```\n", 0);
  ASSERT_EQ(effects.posts.size(), 1U);
  posting_fails(error_code::unavailable, effects.posts[0].id, 1'000'000);
  core->on_time(1'400'000);
  EXPECT_EQ(effects.posts.size(), 1U) << "not yet";
  EXPECT_TRUE(core->is_waited_for());
  core->on_time(1'500'000);
  ASSERT_EQ(effects.posts.size(), 2U);
  EXPECT_EQ(effects.posts[1].id, effects.posts[0].id);
  core->on_moved();
  join();
  ASSERT_EQ(effects.posts.size(), 3U) << "the room is elsewhere: it may not have it";
  chatted(7, "Assistant", effects.posts[2].text, effects.posts[2].id);
  chatted(7, "Assistant", effects.posts[2].text, effects.posts[2].id);
  EXPECT_EQ(all<server::proposal>().size(), 1U);
  EXPECT_FALSE(core->is_waited_for());
}

TEST_F(companion, an_answer_that_the_room_does_not_take_is_given_up) {
  ready(ai_mode::on);
  for (const error_code code : {error_code::unavailable, error_code::too_large}) {
    effects = {};
    heard.clear();
    mention("@assistant");
    core->on_done(only_chat(), "Well.", 0);
    core->on_time(0);
    posting_fails(code, effects.posts.at(0).id, 0);
    core->on_time(limits.post_wait_us);
    ASSERT_EQ(all<server::error>().size(), 1U);
    EXPECT_EQ(all<server::error>()[0].code, code);
    EXPECT_FALSE(core->is_waited_for());
  }
}

TEST_F(companion, what_does_not_mention_it_is_not_answered) {
  ready(ai_mode::on);
  for (const char* text : {"me@assistant.io", "@assistants", "@assistant.io", "x.@assistant",
                           "@assistant-ng", "assistant", ""})
    mention(text);
  EXPECT_TRUE(effects.chats.empty());
  EXPECT_TRUE(heard.empty());
  for (const char* text : {"@assistant", "hm (@assistant)", "ask @assistant.", "@assistant: why?",
                           "\u8bf7@assistant\u770b", "a@assistant @assistant"}) {
    effects.chats.clear();
    mention(text);
    EXPECT_EQ(effects.chats.size(), 1U) << text;
  }
}

// ---- files ----

TEST_F(companion, knows_files_that_come_go_and_are_renamed) {
  ready(ai_mode::local);
  fanout batch;
  room_note renamed;
  renamed.bytes = renamed.own_bytes = std::make_shared<const std::string>("x");
  renamed.on_file = room_note::effect::renamed;
  renamed.file = main_file;
  renamed.new_name = "app.py";
  room_note removed = renamed;
  removed.on_file = room_note::effect::removed;
  removed.file = other_file;
  batch.notes = {renamed, removed};
  core->on_room(std::make_shared<const fanout>(batch), 0);
  core->ask(as(1), ai::completion_question{1, {"app.py", {}}, 3, 0}, 0);
  EXPECT_EQ(all<server::completion>().at(0).file, "app.py");
  core->ask(as(1), ai::completion_question{2, {"b.py", {}}, 1, 0}, 0);
  EXPECT_EQ(all<server::error>().at(0).code, error_code::unknown_file);
}

TEST_F(companion, an_ended_room_answers_everything_that_was_asked) {
  ready(ai_mode::on);
  complete(1, 3, 18);
  complete(2, 9, 18, 2);
  change(3, 3, 0, 5);
  heard.clear();
  core->on_ended(error_code::unavailable, "gone");
  EXPECT_EQ(all<server::error>().size(), 3U);
  EXPECT_FALSE(core->is_waited_for());
}

}  // namespace
}  // namespace tandem::test
