// A room's AI: changes that it is asked for, and the assistant in the chat.
#include "tests/actors/companion_harness.hpp"

namespace tandem::test {
namespace {

class companion_asked : public companion_test {};

// ---- changes ----

TEST_F(companion_asked, a_change_comes_as_an_operation_with_a_summary) {
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

TEST_F(companion_asked, a_change_is_carried_over_edits_elsewhere) {
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

TEST_F(companion_asked, a_change_of_what_has_changed_meanwhile_is_refused) {
  ready(ai_mode::on);
  change(1, 3, 10, 19);
  const ai::call_number call = only_chat();
  told(4, make_op({12, "x"}));
  core->on_done(call, "Said.\n```\nprint(alpha)\n```\n", 0);
  EXPECT_TRUE(all<server::proposal>().empty());
  EXPECT_EQ(all<server::error>().at(0).code, error_code::stale);
}

TEST_F(companion_asked, an_explanation_changes_nothing) {
  ready(ai_mode::on);
  change(1, 3, 0, 10);
  core->on_done(only_chat(), "It sets alpha.", 0);
  const auto proposals = all<server::proposal>();
  ASSERT_EQ(proposals.size(), 1U);
  EXPECT_TRUE(proposals[0].op.is_identity());
  EXPECT_EQ(proposals[0].summary, "It sets alpha.");
}

TEST_F(companion_asked, says_why_a_change_failed) {
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

TEST_F(companion_asked, bounds_what_may_be_asked_at_once) {
  limits.change_chars = 5;
  limits.instruction_chars = 4;
  ready(ai_mode::on);
  change(1, 3, 0, 5);
  change(2, 3, 0, 6);
  EXPECT_EQ(all<server::error>().size(), 2U);
  for (const server::error& error : all<server::error>())
    EXPECT_EQ(error.code, error_code::too_large);
}

TEST_F(companion_asked, a_part_counts_into_the_budget_with_its_instruction) {
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

TEST_F(companion_asked, answers_in_the_chat) {
  ready(ai_mode::on);
  chatted(2, "Ada", "@assistant what is alpha?");
  mention("@assistant what is alpha?", 2);
  core->on_done(only_chat(), "It is 1.", 0);
  ASSERT_EQ(effects.posts.size(), 1U);
  EXPECT_EQ(effects.posts[0].text, "It is 1.");
  EXPECT_TRUE(all<server::proposal>().empty());
}

TEST_F(companion_asked, proposes_a_change_behind_its_message) {
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

TEST_F(companion_asked, lines_that_are_not_there_are_not_taken_for_others) {
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

TEST_F(companion_asked, the_assistant_changes_a_last_line_without_a_line_feed) {
  ready(ai_mode::on, "a\nb");
  mention("@assistant");
  core->on_done(only_chat(), "EDIT main.py lines 2-2\n```\nB\n```\n", 0);
  chatted(7, "Assistant", effects.posts.at(0).text, effects.posts.at(0).id);
  ot::rope text{"a\nb"};
  text.apply(all<server::proposal>().at(0).op);
  EXPECT_EQ(text.to_string(), "a\nB");
}

TEST_F(companion_asked, the_assistants_lines_are_those_of_the_text_that_it_was_shown) {
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

TEST_F(companion_asked, nothing_is_proposed_for_lines_that_have_changed_since) {
  ready(ai_mode::on);
  mention("@assistant");
  const ai::call_number call = only_chat();
  told(2, make_op({3, "x"}), other_file);
  core->on_done(call, "EDIT b.py lines 1-1\n```\nbeta = 3\n```\n", 0);
  chatted(7, "Assistant", effects.posts.at(0).text, effects.posts.at(0).id);
  EXPECT_TRUE(all<server::proposal>().empty());
}

TEST_F(companion_asked, says_in_the_chat_that_it_cannot_answer) {
  ready(ai_mode::on);
  mention("@assistant");
  core->on_failed(only_chat(), {ai::model_failure::kind::timed_out, "no answer in time", 0}, 0);
  ASSERT_EQ(effects.posts.size(), 1U);
  EXPECT_NE(effects.posts[0].text.find("no answer in time"), std::string::npos);
}

TEST_F(companion_asked, a_long_answer_is_cut_to_what_a_message_holds) {
  limits.chat_chars = 10;
  ready(ai_mode::on);
  mention("@assistant");
  core->on_done(only_chat(), "äöüäöüäöüäöü", 0);
  EXPECT_EQ(effects.posts.at(0).text, "äöüäöüäöü…");
}

TEST_F(companion_asked, posts_an_answer_again_until_the_room_has_it) {
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

TEST_F(companion_asked, an_answer_that_the_room_does_not_take_is_given_up) {
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

TEST_F(companion_asked, what_does_not_mention_it_is_not_answered) {
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

}  // namespace
}  // namespace tandem::test
