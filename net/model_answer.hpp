// What a model's server answers with, read piece by piece: streams of events
// and single JSON bodies, of all the shapes that are about (OpenAI's chat and
// legacy completions, Azure, Mistral, llama.cpp's /infill), and refusals. Pure.
//
// Invariants
//  1. Text that comes out is clean (net/model_text) and all together at most
//     `text_bytes` long; a longer answer is a failure.
//  2. What a failure says is one line, short, and without the key.
//  3. Only a whole answer is complete: one that ends before its end is a failure.
#pragma once

#include "actors/ai/language_model.hpp"
#include "net/event_stream.hpp"
#include "net/json.hpp"
#include "net/model_text.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tandem::net {

// Of an answer that is no stream, or of one event: room for escapes, and for
// what is not text.
constexpr std::size_t message_bytes_max(std::size_t text_bytes) noexcept {
  return 2 * text_bytes + (std::size_t{64} << 10U);
}

// Of a whole body: in a stream each few characters of text have a frame.
constexpr std::size_t body_bytes_max(std::size_t text_bytes) noexcept {
  return 64 * text_bytes + (std::size_t{64} << 10U);
}

class answer_reader {
 public:
  answer_reader(std::size_t text_bytes, std::string key);

  // `content_type`: lower case, without parameters. Returns a failure if that is
  // nothing that a model answers with.
  std::optional<ai::model_failure> begin(unsigned status, std::string_view content_type,
                                         std::uint32_t retry_after_ms);

  enum class state : std::uint8_t { more, complete, failed };

  // Appends the text that the bytes bring.
  state take(std::string_view bytes, std::string& text);
  // The body has ended.
  state end(std::string& text);

  // REQUIRES: the state is `failed`.
  const ai::model_failure& failure() const noexcept { return failure_; }

 private:
  enum class body : std::uint8_t { events, one_json, refusal };

  state fail(ai::model_failure::kind what, std::string why);
  state take_event(std::string_view data, std::string& text);
  state take_json(std::string_view json, std::string& text);
  state add(std::string_view piece, std::string& text);
  state complete(std::string& text);
  state hand_out(std::string_view clean, std::string& text);
  state refuse();

  const std::size_t text_bytes_;
  const std::string key_;
  body body_ = body::events;
  unsigned status_ = 0;
  std::uint32_t retry_after_ms_ = 0;
  event_stream events_;
  std::string whole_;  // of what is no stream
  json_document document_;
  secret_filter without_key_;  // where it is long enough to stand in no answer by chance
  text_cleaner cleaner_;
  std::size_t taken_bytes_ = 0;  // of text, as the server sent it
  std::size_t given_bytes_ = 0;  // as it came out
  bool is_finished_ = false;  // the model has said that it is done
  state state_ = state::more;
  ai::model_failure failure_;
};

// What a server says is wrong, as one short line of text.
std::string upstream_problem(std::string_view body, std::string_view key);

}  // namespace tandem::net
