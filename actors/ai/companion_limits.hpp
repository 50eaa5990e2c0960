// What a COMPANION is bounded by, and what else answers for the AI. Constant after the start.
#pragma once

#include "actors/ai/predictor_limits.hpp"

#include <cstdint>

namespace tandem::ai {

struct companion_limits {
  // Of all files that are followed unasked. What they grow to, and what is asked about,
  // is followed besides: never more than the room itself holds.
  std::uint64_t text_bytes = 4U << 20U;
  std::uint64_t files = 50;                // likewise
  std::uint64_t questions = 500;           // waiting or under way
  std::int64_t answer_wait_us = 5'000'000; // for the room, a file, a revision
  std::uint64_t near_chars = 20'000;       // on each side of a place: what is looked at
  std::uint32_t context_tokens = 2'048;    // of people's words, in a question to a model
  std::uint64_t instruction_chars = 2'000;
  std::uint64_t texts_queued = 64;         // questions about texts of no room
  std::uint64_t text_calls = 500;          // of the model about such
  std::uint64_t change_chars = 40'000;     // of the part that is to be changed
  std::uint64_t chat_chars = 4'000;
  std::uint64_t chats_remembered = 20;
  predictor_limits learning{};
  std::uint64_t learning_bytes_in_all = 256U << 20U;  // memory, of all rooms together
  std::int64_t post_wait_us = 10'000'000;  // for a message of the assistant's to be kept
  // It ends when nobody has asked for so long, and nobody waits: with people in the
  // room, and without.
  std::int64_t idle_us = 300'000'000;
  std::int64_t idle_unattended_us = 20'000'000;
};

}  // namespace tandem::ai
