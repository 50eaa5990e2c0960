// What a room's AI knows and does, as a state machine: it follows the room's files
// like a member that nobody sees, predicts from them, asks the model, and carries
// what comes back over the edits made since. Pure: no actor, no clock, no I/O; it
// never edits. Owned by the COMPANION actor, or by a test.
//
//   a question ─▶ waiting ── the room is known, the file open, its revision there ──▶ answered
//                    │                                  │ the model is asked          ▲
//                    └── answer_wait_ms: unavailable    └──▶ under way ── done, failed ┘
//
// Invariants
//  1. Each question gets one last word, unless a newer one of the same asker and
//     kind has taken its place, or it was taken back: then none. The last word on a
//     mention is a message in the chat, which is posted until the room has it.
//  2. What is said of a place in a text holds for the revision that is named with
//     it; where the text around it has changed, nothing is said of it.
//  3. A call of the model that nobody waits for is ended.
//  4. Bounded: companion_limits.
#pragma once

#include "actors/ai/ai_offer.hpp"
#include "actors/ai/answers.hpp"
#include "actors/ai/companion_limits.hpp"
#include "actors/ai/completion_cache.hpp"
#include "actors/ai/context.hpp"
#include "actors/ai/followed_text.hpp"
#include "actors/ai/language_model.hpp"
#include "actors/ai/predictor.hpp"
#include "actors/ai/prompts.hpp"
#include "actors/ai/question.hpp"
#include "actors/room_messages.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace tandem::ai {

using call_number = std::uint64_t;

// A place in a text, as of a revision.
struct place {
  storage::file_key file = 0;
  ot::revision rev = 0;
  text_range range;
};

struct asked_completion {
  std::uint64_t ask = 0;
  place caret;       // an empty range
  text_range guard;  // the line around it
  std::string before;
  std::string after;
};
struct asked_change {
  std::uint64_t ask = 0;
  place part;
  std::string old_text;
};
// With the texts that the assistant was shown: it speaks of their lines.
struct asked_mention {
  std::map<storage::file_key, followed_text> shown;
};
using asked = std::variant<asked_completion, asked_change, asked_mention>;

class companion_effects {
 public:
  virtual ~companion_effects() = default;
  // ---- to the room ----
  virtual void open(client::open wanted) = 0;
  virtual void post(client::chat said) = 0;
  // ---- to the model; answered by on_piece, on_done, on_failed ----
  virtual void complete(call_number call, completion_prompt prompt) = 0;
  virtual void chat(call_number call, chat_prompt prompt) = 0;
  virtual void end_call(call_number call) = 0;
};

class companion_core {
 public:
  struct counters {
    std::uint64_t completions = 0;
    std::uint64_t changes = 0;
    std::uint64_t mentions = 0;
    std::uint64_t dropped = 0;     // the text had changed where it mattered
    std::uint64_t cache_hits = 0;
    std::uint64_t texts_cut = 0;   // looked through anew for what a model is shown
  };

  companion_core(const companion_limits& limits, const ai_offer& offer,
                 const frame_decoder& decoder, companion_effects& effects);

  // ---- who asks ----
  void ask(asker from, question what, std::int64_t now_us);
  void cancel(std::uint64_t asker_id, std::uint64_t ask);
  // It is gone.
  void forget(std::uint64_t asker_id);
  void set_mode(ai_mode mode, std::int64_t now_us);

  // ---- from the room ----
  void on_joined(const server::welcome& welcome, std::int64_t now_us);
  void on_room(const room_event& event, std::int64_t now_us);
  // It is not where it was: what was known of it is forgotten until on_joined.
  void on_moved();
  // It is no more, or cannot be had.
  void on_ended(error_code code, std::string_view why);

  // ---- from the model ----
  void on_piece(call_number call, const std::string& piece);
  void on_done(call_number call, const std::string& whole, std::int64_t now_us);
  void on_failed(call_number call, const model_failure& failure, std::int64_t now_us);

  // To be called now and then while anything waits.
  void on_time(std::int64_t now_us);

  bool is_waited_for() const noexcept {
    return !waiting_.empty() || !under_way_.empty() || !posts_.empty();
  }
  const counters& counts() const noexcept { return counts_; }

 private:
  struct known_file {
    std::string name;
    std::string language;
    std::optional<followed_text> text;
    bool is_asked_for = false;
    std::uint64_t edited = 0;  // rises with each edit in the room
    std::shared_ptr<const text_parts> parts;  // of the text as it is; null: not cut yet
  };
  using file_map = std::map<storage::file_key, known_file>;

  struct waiting_question {
    asker from;
    question what;
    std::int64_t since_us = 0;
  };

  struct call_under_way {
    asker from;
    asked what;
  };

  // A message of the assistant's that the room does not have yet.
  struct post_under_way {
    asker from;
    client::chat said;
    std::optional<server::proposal> proposal;  // follows it
    std::optional<std::int64_t> since_us;      // when it was first looked at
    std::optional<std::int64_t> again_us;      // refused: when to post it again
  };

  void look(std::int64_t now_us);
  // Whether it has been dealt with; else it waits.
  bool deal_with(waiting_question& waiting);
  bool answer(const asker& from, const completion_question& wish);
  bool answer(const asker& from, const change_question& wish);
  bool answer(const asker& from, const mention& wish);
  // The place that is meant, in the text as it is now.
  bool find_place(const asker& from, std::uint64_t ask, const file_reference& file,
                  std::optional<ot::revision> rev, text_range range,
                  std::optional<place>& found);
  bool refuse(const asker& from, std::uint64_t ask, error_code code, std::string why,
              const std::string& file = {}, std::uint32_t retry_ms = 0) const;

  bool ask_model(const asker& from, asked_completion about, server::completion local);
  void supersede(std::uint64_t asker_id, const question& newer);
  void refuse_calls(error_code code, const std::string& why);
  void end_calls(const std::function<bool(const call_under_way&)>& of_these);

  void finish(const call_under_way& call, const asked_completion& about, const std::string& whole);
  void finish(const call_under_way& call, const asked_change& about, const std::string& whole);
  void finish(const call_under_way& call, const asked_mention& about, const std::string& whole);
  void give_up(const call_under_way& call, const asked_completion& about,
               const model_failure& failure);
  void give_up(const call_under_way& call, const asked_change& about,
               const model_failure& failure);
  void give_up(const call_under_way& call, const asked_mention& about,
               const model_failure& failure);
  std::optional<server::proposal> proposal_of(const assistant_edit& edit,
                                              const asked_mention& about);
  void say(const asker& from, std::string text, std::optional<server::proposal> proposal);
  void post_again(std::int64_t now_us);
  void on_post_refused(const server::error& why, std::int64_t now_us);
  void on_posted(const server::chat& own);

  server::completion completion_at(std::uint64_t ask, const place& caret);
  // What the model is shown around a place, within a budget.
  place_context context_at(storage::file_key file, const text_range& part,
                           std::uint32_t tokens);
  // The room's texts but `file`'s. O(what has been edited since the last time).
  std::vector<room_text> room_texts(storage::file_key file);

  known_file* find(const file_reference& wanted, storage::file_key& key);
  void open(storage::file_key key, known_file& file);
  bool open_more();
  void forget_text(storage::file_key key, known_file& file);
  void on_opened(const file_opened& opened);
  void on_fanout(const fanout& batch);
  void follow(const file_batch& batch);
  void note(const room_note& told);
  void on_chat(const room_note& told);

  static constexpr const char* no_model_here =
    "the model is not turned on in this room; whoever manages it can do that";

  const companion_limits limits_;
  const ai_offer offer_;
  const frame_decoder& decoder_;
  companion_effects& effects_;
  ai_mode mode_ = ai_mode::off;
  bool is_joined_ = false;
  ot::site_id site_ = 0;
  file_map files_;
  predictor predictor_;
  completion_cache cache_;
  std::deque<server::chat> chat_;
  std::vector<waiting_question> waiting_;
  std::map<call_number, call_under_way> under_way_;
  std::map<std::uint64_t, post_under_way> posts_;  // by the chat's own id
  call_number last_call_ = 0;
  std::uint64_t last_chat_ = 0;
  std::uint64_t edits_seen_ = 0;
  counters counts_;
};

}  // namespace tandem::ai
