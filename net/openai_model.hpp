// The model behind a server that speaks the OpenAI API, or one of its
// neighbours (net/model_settings: how completions are asked). It has a thread of
// its own, with its connections, on which all its hooks are called.
//
// Invariants, besides those of ai::language_model
//  1. It talks to the addresses of the settings and to no other.
//  2. The key goes into a request's header and nowhere else.
//  3. A question ends within its deadline, tries and pauses included.
//  4. A question is tried again only while nothing of an answer has been given.
//  5. Whoever has failed too often is left alone for a while: completions and questions
//     each for themselves, also where one server answers both (ai::circuit_breaker).
#pragma once

#include "actors/ai/circuit_breaker.hpp"
#include "actors/ai/language_model.hpp"
#include "net/model_settings.hpp"

#include <memory>

namespace tandem::net {

// Nothing if the provider is another. Throws std::runtime_error if an address,
// the key or the authority's file cannot be used. Destroying the model fails
// what is under way; its calls may outlive it.
// REQUIRES: it is not destroyed by one of its hooks.
std::unique_ptr<ai::language_model> make_openai_model(const model_settings& settings,
                                                      const ai::breaker_limits& bounds = {});

}  // namespace tandem::net
