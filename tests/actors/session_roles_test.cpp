// What a client may by its role, as the role is now.
#include "tests/actors/session_harness.hpp"

namespace tandem::test {
namespace {

class session_roles : public session_test {
 protected:
  void join_as(room_role role) {
    join();
    core->on_role(role);
    sent();
    effects.roles.clear();
    open_by_text(3);
  }

  void say_one_of_each() {
    edit(1, 3);
    say(client::cursor{"a", 3, {{1, 1}}});
    say(client::chat{7, "hi"});
    say(client::change_file{client::file_action::create, "b", {}, {}, {}});
  }
};

TEST_F(session_roles, a_viewer_is_refused_everything_but_reading) {
  join_as(room_role::viewer);
  say_one_of_each();
  EXPECT_EQ(sent(), (lines{"error forbidden a seq 1", "error forbidden a",
                           "error forbidden id 7", "error forbidden b"}));
  EXPECT_TRUE(effects.edits.empty());
  EXPECT_TRUE(effects.cursors.empty());
  EXPECT_TRUE(effects.chats.empty());
  EXPECT_TRUE(effects.changes.empty());
  others(3, 4);
  EXPECT_EQ(sent(), lines{"op 4"}) << "and reads on";
}

TEST_F(session_roles, a_commenter_chats_and_points) {
  join_as(room_role::commenter);
  say_one_of_each();
  EXPECT_EQ(sent(), (lines{"error forbidden a seq 1", "error forbidden b"}));
  EXPECT_EQ(effects.cursors.size(), 1U);
  EXPECT_EQ(effects.chats.size(), 1U);
}

TEST_F(session_roles, an_editor_edits) {
  join_as(room_role::editor);
  say_one_of_each();
  EXPECT_EQ(sent(), lines{});
  EXPECT_EQ(effects.edits.size(), 1U);
  EXPECT_EQ(effects.changes.size(), 1U);
}

TEST_F(session_roles, who_may_not_edit_asks_the_ai_nothing) {
  for (const room_role role : {room_role::viewer, room_role::commenter}) {
    core.reset();
    effects = {};
    join_as(role);
    say(client::complete{1, "a", 3, 3, {}});
    say(client::refactor{2, "a", 3, 0, 1, "x", {}});
    EXPECT_EQ(sent(), (lines{"error forbidden a", "error forbidden a"}));
    EXPECT_TRUE(effects.questions.empty());
  }
}

TEST_F(session_roles, who_loses_the_role_of_an_editor_hears_no_answer_of_the_ai) {
  join_as(room_role::editor);
  say(client::complete{1, "a", 3, 3, {}});
  ASSERT_EQ(effects.questions.size(), 1U);
  core->on_role(room_role::owner);
  EXPECT_TRUE(effects.taken_back.empty());
  core->on_role(room_role::commenter);
  EXPECT_EQ(effects.taken_back, (std::vector<std::optional<std::uint64_t>>{{}}));
  sent();
  core->on_ai(server::proposal{});
  EXPECT_EQ(sent(), lines{}) << "it was on its way";
  core->on_ai(server::ai_state{});
  EXPECT_EQ(sent(), lines{"ai"});
}

TEST_F(session_roles, a_change_is_told_and_takes_effect_at_once) {
  join_as(room_role::editor);
  core->on_role(room_role::viewer);
  EXPECT_EQ(sent(), lines{"role viewer"});
  EXPECT_EQ(effects.roles, std::vector{room_role::viewer});
  edit(1, 3);
  EXPECT_EQ(sent(), lines{"error forbidden a seq 1"});
  core->on_role(room_role::viewer);
  EXPECT_EQ(sent(), lines{}) << "no change";
  core->on_role(room_role::editor);
  EXPECT_EQ(sent(), lines{"role editor"});
  edit(1, 3);
  EXPECT_EQ(effects.edits.size(), 1U);
}

TEST_F(session_roles, an_edit_that_was_held_back_is_judged_when_it_would_go) {
  join_as(room_role::editor);
  effects.unread = bounds.outbound_pause_bytes;
  others(3, 4);
  effects.unread = 0;
  core->on_drained();
  ASSERT_EQ(effects.slices.size(), 1U) << "it may be composed";
  sent();
  edit(1, 3);
  ASSERT_TRUE(effects.edits.empty()) << "is held";
  core->on_role(room_role::viewer);
  sent();
  slice(3, 4);
  const lines after = sent();
  EXPECT_EQ(after.back(), "error forbidden a seq 1");
  EXPECT_TRUE(effects.edits.empty());
}

TEST_F(session_roles, who_is_let_go_is_told_why_by_the_close_code) {
  join_as(room_role::editor);
  core->on_refused(close_code::forbidden, "no longer a member");
  EXPECT_EQ(sent(), lines{"close 4403"});
  EXPECT_EQ(effects.leaves, 1);
  core->on_role(room_role::owner);
  EXPECT_EQ(sent(), lines{}) << "closed";
}

TEST_F(session_roles, too_many_joins_are_told_when_to_come_again) {
  start();
  say(client::hello{"ada", "Ada", {}});
  core->on_join_limited(1'500'000);
  const lines told = sent();
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0], "error rate_limited retry 1501");
  EXPECT_TRUE(core->is_closed());
}

TEST_F(session_roles, limits_that_are_shared_are_asked_after_the_sessions_own) {
  join_as(room_role::editor);
  core->share({std::make_shared<shared_bucket>(rate{60, 1}),
               std::make_shared<shared_bucket>(rate{}),
               std::make_shared<shared_bucket>(rate{60, 1}), nullptr});
  edit(1, 3);
  own(3, 4, 1);
  sent();
  edit(2, 4);
  const lines told = sent();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_TRUE(told[0].starts_with("error rate_limited a seq 2")) << told[0];
  at_us += 1'000'000;
  edit(2, 4);
  EXPECT_EQ(effects.edits.size(), 2U) << "nothing of it was lost";
  say(client::chat{1, "one"});
  say(client::chat{2, "two"});
  EXPECT_EQ(effects.chats.size(), 1U);
}

}  // namespace
}  // namespace tandem::test
