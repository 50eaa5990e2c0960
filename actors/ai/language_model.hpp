// A language model that is asked over some network: the seam between the actors,
// which know rooms, and net/, which knows HTTP. What is asked is data; what comes
// back is text, and nothing is ever done because of it.
//
// Thread safety: every call may come from any thread. Hooks are called on the
// model's own thread, one at a time for each call, and must not block.
//
// Invariants
//  1. Of `done` and `failed` exactly one is called, once, last; neither after the
//     model_call has been destroyed on the hooks' thread, and at most one that was
//     under way already if it is destroyed on another.
//  2. Destroying a model_call before that closes the connection to the model.
//  3. No hook's argument contains a key, a header, or the text that was asked with.
//  4. Pieces are valid UTF-8 without U+0000; all together at most the limit of the
//     settings.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tandem::ai {

// Part of another file of the room.
struct excerpt {
  std::string file;
  std::string text;
};

// What stands around a caret.
struct completion_prompt {
  std::string file;  // its name
  std::string language;
  std::string before;
  std::string after;
  std::vector<excerpt> others;  // the most relevant first
  std::uint32_t answer_tokens_max = 64;
  bool is_single_line = true;  // the answer ends at the line's end
};

struct chat_turn {
  enum class role : std::uint8_t { user, assistant };
  role who = role::user;
  std::string text;
};

// A conversation. `rules` are ours; people's words and files are in the turns.
struct chat_prompt {
  std::string rules;
  std::vector<chat_turn> turns;
  std::uint32_t answer_tokens_max = 2'048;
};

struct model_failure {
  enum class kind : std::uint8_t {
    refused,      // 4xx: asked wrongly, or with a bad key
    limited,      // 429
    unavailable,  // 5xx, no connection, TLS, a broken answer
    timed_out,
    garbage,      // an answer that is none
    too_large,
    resting,      // not asked: too many have failed (circuit breaker)
    busy,         // not asked: too many are under way
  };
  kind what = kind::unavailable;
  std::string why;  // for a log and for people
  std::uint32_t retry_ms = 0;  // when to try again; 0: unknown
};

struct model_hooks {
  std::function<void(std::string piece)> piece;  // may be null
  std::function<void(std::string whole)> done;   // all pieces together
  std::function<void(model_failure)> failed;
};

// One question under way. Destroying it ends it.
class model_call {
 public:
  virtual ~model_call() = default;
};

// What people are told about it.
struct model_facts {
  std::string provider;  // "openai"
  std::string model;
  std::string host;      // where what is asked goes to: a host name, perhaps a port
};

struct model_counts {
  std::uint64_t asked = 0;
  std::uint64_t answered = 0;
  std::uint64_t failed = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t retried = 0;
  std::uint64_t under_way = 0;
  std::uint64_t upstream_ms = 0;  // of all that were answered
  bool is_resting = false;        // the circuit breaker is open
};

class language_model {
 public:
  virtual ~language_model() = default;
  virtual std::unique_ptr<model_call> complete(completion_prompt prompt, model_hooks hooks) = 0;
  virtual std::unique_ptr<model_call> chat(chat_prompt prompt, model_hooks hooks) = 0;
  virtual const model_facts& facts() const noexcept = 0;
  virtual model_counts counts() const noexcept = 0;
};

}  // namespace tandem::ai
