// Fill-in-the-middle: a prompt in the tokens that a family of code models was
// trained with. Pure.
//
// Invariants
//  1. No text of people's can be one of those tokens: one that reads like it is
//     broken up by a space.
#pragma once

#include "actors/ai/language_model.hpp"
#include "net/model_settings.hpp"

#include <string>
#include <vector>

namespace tandem::net {

// Whether this style is asked with such a prompt.
bool is_fim_template(completion_style style) noexcept;

// REQUIRES: is_fim_template(style).
std::string fim_prompt(completion_style style, const ai::completion_prompt& prompt);

// What ends an answer, the likeliest first: never a part of it. For every style.
std::vector<std::string> completion_stops(completion_style style, bool is_single_line);

// The others' texts before `before`, each under its path as a comment: for
// servers that know nothing of other files.
std::string with_others_as_comments(const ai::completion_prompt& prompt);

}  // namespace tandem::net
