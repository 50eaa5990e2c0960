// What a server's AI may be, as its operator has set it, and what of that holds in
// a room: the one place where both become a mode. Pure functions and a plain value,
// constant after the start: any thread.
//
// Invariants
//  1. `on`, with which parts of files leave the server, holds only where the operator
//     has a model and the room says so, or says nothing and the operator's default does.
//  2. A word that nobody here knows counts as `off`.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem {

enum class ai_mode : std::uint8_t {
  off,
  local,  // from the room's own files, in this server
  on,     // the operator's model is asked too
};

struct ai_offer {
  std::string provider = "off";  // off, local, openai
  std::string model;             // its name, if there is one
  std::string host;              // where what it is asked goes to
  std::string room_default = "local";  // of rooms that say nothing: off, local, on

  // Whether there is a model to be asked.
  bool has_model() const { return provider != "off" && provider != "local"; }
};

inline constexpr std::string_view to_string(ai_mode mode) noexcept {
  switch (mode) {
    case ai_mode::off: return "off";
    case ai_mode::local: return "local";
    case ai_mode::on: return "on";
  }
  return "off";
}

inline std::optional<ai_mode> parse_ai_mode(std::string_view word) noexcept {
  for (const ai_mode mode : {ai_mode::off, ai_mode::local, ai_mode::on})
    if (to_string(mode) == word)
      return mode;
  return std::nullopt;
}

// The most that a room can be.
inline ai_mode most_of(const ai_offer& offer) {
  return offer.provider == "off" ? ai_mode::off
         : offer.has_model()     ? ai_mode::on
                                 : ai_mode::local;
}

// What a room can be set to, from the least on.
inline std::vector<ai_mode> choices_of(const ai_offer& offer) {
  std::vector<ai_mode> choices;
  for (const ai_mode mode : {ai_mode::off, ai_mode::local, ai_mode::on})
    if (mode <= most_of(offer))
      choices.push_back(mode);
  return choices;
}

// What holds in a room. `stored`: its own mode; empty: the operator's default. A room
// that was set to what the server no longer has gets the most that it has.
inline ai_mode effective_mode(const ai_offer& offer, std::string_view stored) {
  const std::string_view wish = stored.empty() ? std::string_view{offer.room_default} : stored;
  return std::min(parse_ai_mode(wish).value_or(ai_mode::off), most_of(offer));
}

}  // namespace tandem
