// A room's AI: what questions wait for, its texts, modes, completions.
#include "tests/actors/companion_harness.hpp"

namespace tandem::test {
namespace {

class companion : public companion_test {};

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
