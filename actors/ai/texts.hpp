// The TEXTS actor: answers questions about texts that come with them, of no room. It
// has a thread of its own: what learning a text takes is in no room's way.
//
// Invariants
//  1. Each question gets one last word, unless it is taken back.
//  2. Bounded: of a text what is near the place, questions in the mailbox
//     (text_queue), calls of the model.
#pragma once

#include "actors/ai/ai_counters.hpp"
#include "actors/ai/ai_interfaces.hpp"
#include "actors/hardening.hpp"
#include "actors/log.hpp"

#include <atomic>
#include <cstddef>
#include <exception>
#include <map>
#include <memory>
#include <string>

namespace tandem::ai {

// What of a text is near its place: at most so many characters on each side.
text_question cut_to_place(text_question what, std::uint64_t chars);

// How many questions wait for TEXTS. Any thread.
class text_queue {
 public:
  explicit text_queue(std::size_t most) : most_{most} {}

  // Whether there is space for one more.
  bool enter() noexcept {
    if (++waiting_ <= most_)
      return true;
    --waiting_;
    return false;
  }
  void leave() noexcept { --waiting_; }

 private:
  const std::size_t most_;
  std::atomic<std::size_t> waiting_{0};
};

struct texts_settings {
  companion_limits limits;
  ai_offer offer;
  std::shared_ptr<language_model> model;  // may be null
  std::shared_ptr<ai_counters> counters;
  std::shared_ptr<text_queue> queue;
};

class texts_state : public guarded_state<texts_state> {
 public:
  static inline const char* name = "texts";
  explicit texts_state(texts_actor::pointer self) : self_{self} {}

  void start(texts_settings settings) { settings_ = std::move(settings); }
  void on_text(ask_about_text& asked);
  void on_take_back(const take_back& what);
  void on_model(const model_says& said);
  void on_stop();

  // An exception is that message's end, and nothing else's.
  void fail(const std::exception& error) {
    log(log_level::error, std::string{"the AI, about a text: "} + error.what());
  }

 private:
  struct text_call {
    asker from;
    server::completion local;
    std::uint64_t position = 0;  // in the asker's text
    std::unique_ptr<model_call> call;
  };

  void answer(ask_about_text& asked);
  server::completion predicted(const text_question& what) const;
  bool may_ask_model() const;

  texts_actor::pointer self_;
  texts_settings settings_;
  std::map<call_number, text_call> calls_;
  call_number last_call_ = 0;
};

texts_actor::behavior_type texts(texts_actor::stateful_pointer<texts_state> self,
                                 texts_settings settings);

}  // namespace tandem::ai
