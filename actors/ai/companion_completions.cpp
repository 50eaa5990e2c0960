// Completions, and what a model is shown around a place. Part of companion_core.
#include "actors/ai/companion_core.hpp"

#include <algorithm>
#include <utility>

namespace tandem::ai {

server::completion companion_core::completion_at(std::uint64_t ask, const place& caret) {
  const known_file& file = files_.at(caret.file);
  server::completion told;
  told.ask = ask;
  told.file = file.name;
  told.rev = caret.rev;
  told.what = predictor_.predict(caret.file, file.text->text(), caret.range.from);
  told.provider = "local";
  return told;
}

bool companion_core::answer(const asker& from, const completion_question& wish) {
  std::optional<place> caret;
  if (!find_place(from, wish.ask, wish.file, wish.rev, {wish.position, wish.position}, caret))
    return false;
  if (!caret)
    return true;
  ++counts_.completions;
  server::completion told = completion_at(wish.ask, *caret);
  if (mode_ != ai_mode::on || is_secret_file(told.file)) {
    from.tell(told);
    return true;
  }
  const followed_text& text = *files_.at(caret->file).text;
  const std::uint64_t at = caret->range.from;
  const std::uint64_t before = std::min(at, limits_.near_chars);
  const std::uint64_t after = std::min(text.text().chars() - at, limits_.near_chars);
  asked_completion about{wish.ask, *caret, text.line_around(at),
                         text.text().substring(at - before, before),
                         text.text().substring(at, after)};
  if (const auto kept = cache_.find(caret->file, about.before, about.after)) {
    ++counts_.cache_hits;
    told.what.lines = {{at, at, *kept}};
    told.provider = offer_.provider;
    from.tell(told);
    return true;
  }
  return ask_model(from, std::move(about), std::move(told));
}

// The words at once: they are wanted while one types. The model's text later.
bool companion_core::ask_model(const asker& from, asked_completion about,
                               server::completion local) {
  local.what.lines.clear();
  local.is_more_to_come = true;
  from.tell(local);
  completion_prompt prompt;
  prompt.file = local.file;
  prompt.language = files_.at(about.caret.file).language;
  place_context near = context_at(about.caret.file, about.caret.range, limits_.context_tokens);
  prompt.before = std::move(near.before);
  prompt.after = std::move(near.after);
  prompt.others = std::move(near.others);
  const call_number call = ++last_call_;
  under_way_.emplace(call, call_under_way{from, std::move(about)});
  effects_.complete(call, std::move(prompt));
  return true;
}

void companion_core::finish(const call_under_way& call, const asked_completion& about,
                            const std::string& whole) {
  cache_.keep(about.caret.file, about.before, about.after, whole);
  const auto file = files_.find(about.caret.file);
  server::completion told;
  told.ask = about.ask;
  told.provider = offer_.provider;
  if (file == files_.end() || !file->second.text
      || !file->second.text->knows_way_from(about.caret.rev)) {
    ++counts_.dropped;
    refuse(call.from, about.ask, error_code::stale, "the text has changed too much");
    return;
  }
  const followed_text& text = *file->second.text;
  told.file = file->second.name;
  told.rev = text.revision();
  const auto line = text.carry(about.guard, about.caret.rev, edges_count::yes);
  if (!line)
    ++counts_.dropped;
  else if (!whole.empty()) {
    const std::uint64_t at = about.caret.range.from - about.guard.from + line->from;
    told.what = predictor_.predict(file->first, text.text(), at);
    told.what.lines = {{at, at, whole}};
  }
  call.from.tell(told);
}

// The predictor's words are better than none.
void companion_core::give_up(const call_under_way& call, const asked_completion& about,
                             const model_failure& failure) {
  const auto file = files_.find(about.caret.file);
  const bool is_known = file != files_.end() && file->second.text
                        && file->second.text->knows_way_from(about.caret.rev);
  const auto line = is_known
                      ? file->second.text->carry(about.guard, about.caret.rev, edges_count::yes)
                      : std::nullopt;
  if (!line) {
    refuse(call.from, about.ask, error_code::unavailable, failure.why, {}, failure.retry_ms);
    return;
  }
  const std::uint64_t at = about.caret.range.from - about.guard.from + line->from;
  server::completion told = completion_at(
    about.ask, {about.caret.file, file->second.text->revision(), {at, at}});
  told.problem = failure.why;
  if (failure.retry_ms > 0)
    told.retry_ms = failure.retry_ms;
  call.from.tell(told);
}

// ---- what a model is shown ----

std::vector<room_text> companion_core::room_texts(storage::file_key file) {
  std::vector<known_file*> known;
  for (auto& [key, one] : files_)
    if (key != file && one.text && !is_secret_file(one.name))
      known.push_back(&one);
  std::ranges::stable_sort(known, std::ranges::greater{}, &known_file::edited);
  std::vector<room_text> all;
  for (known_file* one : known) {
    if (!one->parts) {
      one->parts = std::make_shared<const text_parts>(one->text->text());
      ++counts_.texts_cut;
    }
    all.push_back({one->name, one->language, one->parts, static_cast<std::uint32_t>(all.size())});
  }
  return all;
}

place_context companion_core::context_at(storage::file_key file, const text_range& part,
                                         std::uint32_t tokens) {
  const ot::rope& text = files_.at(file).text->text();
  const std::uint64_t before = std::min(part.from, limits_.near_chars);
  const std::uint64_t after = std::min(text.chars() - part.to, limits_.near_chars);
  return context_around(text.substring(part.from - before, before),
                        text.substring(part.from, part.to - part.from),
                        text.substring(part.to, after), room_texts(file), tokens);
}

}  // namespace tandem::ai
