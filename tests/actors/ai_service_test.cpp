// The AI with the real actors: from a client's question to its answer, and the ends
// of everything that may be under way.
#include "tests/actors/scripted_store.hpp"
#include "tests/actors/service_harness.hpp"
#include "tests/support/ops.hpp"

#include <atomic>
#include <mutex>

namespace tandem::test {
namespace {

// Reads no operation: the companion then reads the text anew, which is right, too.
class blind_decoder final : public frame_decoder {
 public:
  std::optional<ot::text_op> op_in(const std::string&) const override { return std::nullopt; }
  std::optional<server::chat> chat_in(const std::string&) const override { return std::nullopt; }
};

// A model that answers when the test says so.
class scripted_model final : public ai::language_model {
 public:
  struct call final : ai::model_call {
    explicit call(scripted_model& from) : model{from} {}
    ~call() override {
      model.state.change([&] { ++model.ended; });
    }
    scripted_model& model;
  };

  std::unique_ptr<ai::model_call> complete(ai::completion_prompt prompt,
                                           ai::model_hooks hooks) override {
    state.change([&] {
      asked.push_back(prompt.before);
      waiting.push_back(std::move(hooks));
    });
    return std::make_unique<call>(*this);
  }
  std::unique_ptr<ai::model_call> chat(ai::chat_prompt prompt, ai::model_hooks hooks) override {
    state.change([&] {
      asked.push_back(prompt.turns.back().text);
      waiting.push_back(std::move(hooks));
    });
    return std::make_unique<call>(*this);
  }
  const ai::model_facts& facts() const noexcept override { return facts_; }
  ai::model_counts counts() const noexcept override { return {}; }

  bool await_asked(std::size_t count) {
    return state.await([&] { return asked.size() == count; });
  }
  bool await_ended(std::size_t count) {
    return state.await([&] { return ended == count; });
  }
  void answer(std::size_t which, std::string text) {
    ai::model_hooks hooks;
    state.change([&] { hooks = waiting.at(which); });
    hooks.done(std::move(text));
  }

  watched state;
  std::vector<std::string> asked;
  std::vector<ai::model_hooks> waiting;
  std::size_t ended = 0;

 private:
  ai::model_facts facts_{"openai", "m1", "models.test"};
};

class ai_service : public service_test {
 protected:
  // What the actors tell at their end is told to this object.
  ~ai_service() override {
    if (actors && !stopped)
      stop();
    actors.reset();
  }

  void start_with(ai_offer offer, std::shared_ptr<scripted_model> model = nullptr,
                  std::unique_ptr<storage::store> store = storage::make_memory_store()) {
    ai.offer = std::move(offer);
    ai.decoder = &decoder;
    ai.model = model;
    start(std::move(store));
  }
  // One whose readers do this before they read a room's mode.
  static std::unique_ptr<storage::store> store_with(std::function<void()> before_mode) {
    auto store = std::make_unique<scripted_store>();
    store->before_mode = std::move(before_mode);
    return store;
  }
  static ai_offer local() { return {"local", "", "", "local"}; }
  static ai_offer with_model() { return {"openai", "m1", "models.test", "on"}; }

  // One that keeps what it is told.
  ai::asker asker(std::uint64_t id) {
    return {id, [this](const server::ai_event& event) {
              told.change([&] { events.push_back(event); });
            }};
  }
  bool await_events(std::size_t count) {
    return told.await([&] { return events.size() >= count; });
  }
  void complete(std::uint64_t position, const std::string& room = "room",
                const std::string& file = "a") {
    actors->ask_ai(room, storage::default_tenant, asker(1),
                   ai::completion_question{1, {file, {}}, {}, position});
  }

  blind_decoder decoder;
  watched told;
  std::vector<server::ai_event> events;
};

TEST_F(ai_service, tells_whoever_comes_in_what_the_ai_may) {
  start_with(local());
  sinking_client ada{*actors, "room", "ada"};
  ada.hello();
  EXPECT_TRUE(ada.sink->await_text("welcome"));
  EXPECT_TRUE(ada.sink->await_text("ai\n"));
}

TEST_F(ai_service, answers_a_client) {
  start_with(local());
  sinking_client ada{*actors, "room", "ada"};
  ada.hello();
  EXPECT_TRUE(ada.sink->await_text("ai\n"));
  ada.say(client::open{"a", {}, {}});
  EXPECT_TRUE(ada.sink->await_text("opened a 3 text [abc]\n"));
  ada.say(client::complete{1, "a", 3, 3, {}});
  EXPECT_TRUE(ada.sink->await_text("completion\n"));
  ada.say(client::edit{"a", 3, 1, make_op({"x"}), {}});
  EXPECT_TRUE(ada.sink->await_text("ack a seq 1 rev 4\n"));
  ada.say(client::complete{2, "a", 4, 4, {}});
  EXPECT_TRUE(ada.sink->await_text("completion\n"));
}

TEST_F(ai_service, answers_who_has_no_connection) {
  start_with(local());
  complete(3);
  ASSERT_TRUE(await_events(1));
  EXPECT_TRUE(std::holds_alternative<server::completion>(events[0]));
  EXPECT_EQ(actors->count_ai().companions, 1U);
}

TEST_F(ai_service, says_what_is_not_there) {
  start_with(local());
  complete(0, "none");
  ASSERT_TRUE(await_events(1));
  EXPECT_EQ(std::get<server::error>(events[0]).code, error_code::unknown_file);
  complete(0, "room", "none");
  ASSERT_TRUE(await_events(2));
  EXPECT_EQ(std::get<server::error>(events[1]).code, error_code::unknown_file);
}

TEST_F(ai_service, is_off_where_the_operator_has_turned_it_off) {
  start_with({"off", "", "", "off"});
  complete(0);
  actors->ask_about_text({"ab", "", 1}, asker(2));
  ASSERT_TRUE(await_events(2));
  for (const server::ai_event& event : events)
    EXPECT_EQ(std::get<server::error>(event).code, error_code::forbidden);
}

TEST_F(ai_service, a_mode_that_cannot_be_read_any_more_counts_as_off_until_it_can) {
  const auto model = std::make_shared<scripted_model>();
  const auto is_away = std::make_shared<std::atomic<bool>>(false);
  ai.bounds.idle_unattended_us = 50'000;
  start_with(with_model(), model, store_with([is_away] {
    if (*is_away)
      throw storage::store_error{storage::store_error::cause::unavailable, "not now"};
  }));
  sinking_client ada{*actors, "room", "ada"};
  ada.hello({{"a", {}, {}}});
  ASSERT_TRUE(ada.sink->await_text("ai\n"));
  complete(3);
  ASSERT_TRUE(model->await_asked(1));
  *is_away = true;
  actors->rights_changed("room", {});
  ASSERT_TRUE(await_events(2)) << "what was under way is taken back";
  EXPECT_EQ(std::get<server::error>(events[1]).code, error_code::forbidden);
  EXPECT_TRUE(model->await_ended(1));
  EXPECT_TRUE(ada.sink->await_text("ai\n")) << "who is in the room hears of it";
  complete(3);
  ASSERT_TRUE(await_events(3));
  EXPECT_EQ(std::get<server::error>(events[2]).code, error_code::unavailable);
  *is_away = false;
  EXPECT_TRUE(ada.sink->await_text("ai\n")) << "it is looked at again by itself";
  complete(3);
  EXPECT_TRUE(model->await_asked(2));
}

// A store whose readers wait before they read a room's mode, until the test says so.
struct slow_modes {
  void wait() {
    gate.change([&] { ++reads; });
    gate.await([&] { return is_open; });
  }
  void open() {
    gate.change([&] { is_open = true; });
  }
  watched gate;
  bool is_open = false;
  int reads = 0;
};

TEST_F(ai_service, who_waits_for_a_rooms_mode_waits_for_so_long) {
  const auto slow = std::make_shared<slow_modes>();
  ai.bounds.answer_wait_us = 50'000;
  start_with(local(), nullptr, store_with([slow] { slow->wait(); }));
  complete(3);
  EXPECT_TRUE(await_events(1));
  slow->open();
  EXPECT_EQ(std::get<server::error>(events.at(0)).code, error_code::unavailable);
}

TEST_F(ai_service, a_mode_is_read_once_for_all_who_ask_and_the_newest_question_counts) {
  const auto slow = std::make_shared<slow_modes>();
  start_with(local(), nullptr, store_with([slow] { slow->wait(); }));
  for (std::uint64_t ask = 1; ask <= 5; ++ask)
    actors->ask_ai("room", storage::default_tenant, asker(1),
                   ai::completion_question{ask, {"a", {}}, {}, 3});
  actors->ask_ai("room", storage::default_tenant, asker(2),
                 ai::completion_question{6, {"a", {}}, {}, 3});
  EXPECT_TRUE(slow->gate.await([&] { return slow->reads == 1; }));
  slow->open();
  ASSERT_TRUE(await_events(2));
  EXPECT_EQ(std::get<server::completion>(events[0]).ask, 5U);
  EXPECT_EQ(std::get<server::completion>(events[1]).ask, 6U);
  EXPECT_EQ(slow->gate.look([&] { return slow->reads; }), 1);
}

TEST_F(ai_service, completes_a_text_of_ones_own) {
  const auto model = std::make_shared<scripted_model>();
  start_with(with_model(), model);
  actors->ask_about_text({"foo = 1\nfo", "python", 10}, asker(1));
  ASSERT_TRUE(model->await_asked(1));
  EXPECT_EQ(model->asked[0], "foo = 1\nfo");
  model->answer(0, "o + 1");
  ASSERT_TRUE(await_events(1));
  const auto& answer = std::get<server::completion>(events[0]);
  EXPECT_EQ(answer.provider, "openai");
  ASSERT_EQ(answer.what.lines.size(), 1U);
  EXPECT_EQ(answer.what.lines[0].insert, "o + 1");
  EXPECT_EQ(answer.what.lines[0].from, 10U);
}

TEST_F(ai_service, of_a_long_text_what_is_near_the_place_counts) {
  const auto model = std::make_shared<scripted_model>();
  ai.bounds.near_chars = 10;
  start_with(with_model(), model);
  actors->ask_about_text({"é = 1\nlongname = 2\nlo and so on and on", "python", 21}, asker(1));
  ASSERT_TRUE(model->await_asked(1));
  EXPECT_EQ(model->asked[0], "ame = 2\nlo");
  model->answer(0, "ng");
  ASSERT_TRUE(await_events(1));
  EXPECT_EQ(std::get<server::completion>(events[0]).what.lines.at(0).from, 21U);
}

TEST_F(ai_service, more_texts_than_it_takes_are_refused_and_rooms_do_not_wait_for_them) {
  ai.bounds.texts_queued = 0;
  start_with(local());
  actors->ask_about_text({"ab", "", 1}, asker(2));
  ASSERT_TRUE(await_events(1));
  EXPECT_EQ(std::get<server::error>(events[0]).code, error_code::rate_limited);
  complete(3);
  ASSERT_TRUE(await_events(2));
  EXPECT_TRUE(std::holds_alternative<server::completion>(events[1]));
}

TEST_F(ai_service, what_a_client_asked_ends_when_it_leaves) {
  const auto model = std::make_shared<scripted_model>();
  start_with(with_model(), model);
  {
    sinking_client ada{*actors, "room", "ada"};
    ada.hello({{"a", {}, {}}});
    EXPECT_TRUE(ada.sink->await_text("ai\n"));
    ada.say(client::complete{1, "a", 3, 3, {}});
    ASSERT_TRUE(model->await_asked(1));
  }
  EXPECT_TRUE(model->await_ended(1));
}

TEST_F(ai_service, nothing_is_asked_about_a_file_that_is_not_open) {
  const auto model = std::make_shared<scripted_model>();
  start_with(with_model(), model);
  sinking_client ada{*actors, "room", "ada"};
  ada.hello();
  EXPECT_TRUE(ada.sink->await_text("ai\n"));
  ada.say(client::complete{1, "a", 3, 3, {}});
  EXPECT_TRUE(ada.sink->await_text("error stale")) << "the file is not open";
  EXPECT_TRUE(model->asked.empty());
}

TEST_F(ai_service, stops_while_something_is_under_way) {
  const auto model = std::make_shared<scripted_model>();
  start_with(with_model(), model);
  complete(3);
  ASSERT_TRUE(model->await_asked(1));
  EXPECT_TRUE(stop());
  actors.reset();
  EXPECT_TRUE(model->await_ended(1));
  ASSERT_TRUE(await_events(2)) << "whoever waits is told";
  EXPECT_EQ(std::get<server::error>(events[1]).code, error_code::unavailable);
}

TEST_F(ai_service, a_companion_ends_when_nobody_asks_but_not_while_somebody_waits) {
  const auto model = std::make_shared<scripted_model>();
  ai.bounds.idle_unattended_us = 50'000;
  start_with(with_model(), model);
  actors->write([](storage::store& to) {
    to.create_room({storage::default_tenant, "other", "Other", 1, {file_with("a", 3)}});
  });
  complete(3);
  ASSERT_TRUE(model->await_asked(1));
  complete(3, "other");
  ASSERT_TRUE(model->await_asked(2));
  model->answer(1, "x");
  EXPECT_TRUE(await_polling([&] { return actors->count_ai().companions == 1; }));
  model->answer(0, "y");
  ASSERT_TRUE(await_events(4));
  EXPECT_EQ(std::get<server::completion>(events[3]).what.lines.at(0).insert, "y");
  EXPECT_TRUE(await_polling([&] { return actors->count_ai().companions == 0; }));
}

TEST_F(ai_service, a_removed_room_answers_what_was_asked) {
  const auto model = std::make_shared<scripted_model>();
  start_with(with_model(), model);
  complete(3);
  ASSERT_TRUE(model->await_asked(1));
  actors->close_room("room", {});
  ASSERT_TRUE(await_events(2));
  EXPECT_TRUE(std::holds_alternative<server::error>(events[1]));
  EXPECT_TRUE(model->await_ended(1));
}

}  // namespace
}  // namespace tandem::test
