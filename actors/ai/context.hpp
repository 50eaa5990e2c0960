// Which parts of a room's other files a model is shown: those that share names with
// what is around the caret, the latest edited first. Pure.
#pragma once

#include "actors/ai/language_model.hpp"
#include "ot/rope.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::ai {

// About how many characters a token has.
inline constexpr std::uint64_t chars_per_token = 4;

struct context_file {
  std::string name;
  std::string language;
  ot::rope text;
  std::uint64_t edited = 0;  // the higher the later
};

// By its name: keys, certificates, environments. Such files are never sent.
bool is_secret_file(std::string_view name);

// `near`: the text around the caret. All together at most tokens_max; without
// secret files; cut at line ends.
std::vector<excerpt> choose_excerpts(std::string_view near, std::vector<context_file> others,
                                     std::uint32_t tokens_max);

}  // namespace tandem::ai
