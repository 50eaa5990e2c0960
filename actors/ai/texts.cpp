#include "actors/ai/texts.hpp"

#include "actors/ai/context.hpp"
#include "actors/ai/predictor.hpp"
#include "ot/utf8.hpp"

#include <algorithm>
#include <utility>

namespace tandem::ai {

text_question cut_to_place(text_question what, std::uint64_t chars) {
  const std::uint64_t all = ot::count_chars(what.text);
  const std::uint64_t from = what.position - std::min(what.position, chars);
  const std::uint64_t to = what.position + std::min(all - what.position, chars);
  const auto byte_at = [&](std::uint64_t position) {
    return ot::byte_offset(what.text, static_cast<std::uint32_t>(position));
  };
  if (from == 0 && to == all)
    return what;
  const std::size_t begin = byte_at(from);
  what.text = what.text.substr(begin, byte_at(to) - begin);
  what.position -= from;
  what.skipped += from;
  return what;
}

void texts_state::on_text(ask_about_text& asked) {
  settings_.queue->leave();
  try {
    answer(asked);
  } catch (const std::exception&) {
    asked.from.tell(server::error{error_code::internal, "the AI has failed here", {}, {}, {}, {}});
    throw;
  }
}

// It is no room's: the operator's default says whether the model may have it.
bool texts_state::may_ask_model() const {
  return settings_.model != nullptr && effective_mode(settings_.offer, "") == ai_mode::on
         && calls_.size() < settings_.limits.text_calls;
}

server::completion texts_state::predicted(const text_question& what) const {
  const ot::rope text{what.text};
  predictor from_text;
  from_text.open(1, what.language, text);
  server::completion told;
  told.provider = "local";
  told.what = from_text.predict(1, text, what.position);
  for (std::vector<suggestion>* list : {&told.what.lines, &told.what.words})
    for (suggestion& one : *list) {
      one.from += what.skipped;
      one.to += what.skipped;
    }
  return told;
}

void texts_state::answer(ask_about_text& asked) {
  if (effective_mode(settings_.offer, "") == ai_mode::off)
    return asked.from.tell(server::error{error_code::forbidden, "AI is off on this server", {}, {},
                                         {}, {}});
  ++settings_.counters->texts;
  const text_question what = cut_to_place(std::move(asked.what), settings_.limits.near_chars);
  server::completion told = predicted(what);
  if (!may_ask_model())
    return asked.from.tell(told);
  const std::size_t at =
    ot::byte_offset(what.text, static_cast<std::uint32_t>(what.position));
  const std::string_view text = what.text;
  place_context near = context_around(text.substr(0, at), {}, text.substr(at), {},
                                      settings_.limits.context_tokens);
  completion_prompt prompt;
  prompt.language = what.language;
  prompt.before = std::move(near.before);
  prompt.after = std::move(near.after);
  told.what.words.clear();
  const call_number call = ++last_call_;
  text_call& under_way =
    calls_.emplace(call, text_call{asked.from, std::move(told), what.skipped + what.position, {}})
      .first->second;
  model_hooks hooks = hooks_for(texts_actor{self_}, call);
  hooks.piece = nullptr;
  try {
    under_way.call = settings_.model->complete(std::move(prompt), std::move(hooks));
  } catch (const std::exception&) {
    calls_.erase(call);
    throw;
  }
}

void texts_state::on_model(const model_says& said) {
  const auto found = calls_.extract(said.call);
  if (found.empty())
    return;
  text_call& ended = found.mapped();
  const std::uint64_t at = ended.position;
  if (const auto* done = std::get_if<model_done>(&said.what)) {
    ended.local.what.lines.clear();
    if (!done->whole.empty())
      ended.local.what.lines.push_back({at, at, done->whole});
    ended.local.provider = settings_.offer.provider;
  } else {
    ended.local.problem = std::get<model_failure>(said.what).why;
  }
  ended.from.tell(ended.local);
}

void texts_state::on_take_back(const take_back& what) {
  std::erase_if(calls_,
                [&](const auto& entry) { return entry.second.from.id == what.asker_id; });
}

void texts_state::on_stop() {
  calls_.clear();
  self_->quit();
}

texts_actor::behavior_type texts(texts_actor::stateful_pointer<texts_state> self,
                                 texts_settings settings) {
  texts_state& state = self->state;
  harden(self);
  state.start(std::move(settings));
  return {
    [&state](ask_about_text& asked) { state.guarded([&] { state.on_text(asked); }); },
    [&state](const take_back& what) { state.guarded([&] { state.on_take_back(what); }); },
    [&state](const model_says& said) { state.guarded([&] { state.on_model(said); }); },
    [&state](const stop_ai&) { state.on_stop(); },
  };
}

}  // namespace tandem::ai
