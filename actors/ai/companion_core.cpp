#include "actors/ai/companion_core.hpp"

#include "actors/ai/line_change.hpp"
#include "actors/ai/text_difference.hpp"
#include "ot/utf8.hpp"

#include <algorithm>
#include <utility>

namespace tandem::ai {

namespace {

constexpr const char* off_here = "AI is off in this room";
constexpr const char* no_model_here = "the model is not turned on in this room; whoever manages it can do that";

const char* words_for(answer_problem problem) noexcept {
  switch (problem) {
    case answer_problem::none: return "";
    case answer_problem::cut_off: return "\n\n(The change was cut off: ask about a smaller part.)";
    case answer_problem::several_blocks: return "\n\n(There was more than one change: none is shown.)";
  }
  return "";
}

std::string cut_to(std::string text, std::uint64_t chars) {
  if (ot::count_chars(text) > chars) {
    text.resize(ot::byte_offset(text, static_cast<std::uint32_t>(chars - 1)));
    text += "…";
  }
  return text;
}

}  // namespace

companion_core::companion_core(const companion_limits& limits, const ai_offer& offer,
                               const frame_decoder& decoder, companion_effects& effects)
    : limits_{limits}, offer_{offer}, decoder_{decoder}, effects_{effects} {}

// ---- questions ----

void companion_core::ask(asker from, question what, std::int64_t now_us) {
  supersede(from.id, what);
  if (waiting_.size() + under_way_.size() + posts_.size() >= limits_.questions) {
    refuse(from, number_of(what), error_code::rate_limited, "too much is being asked", {}, 1'000);
    return;
  }
  waiting_.push_back({std::move(from), std::move(what), now_us});
  look(now_us);
}

void companion_core::supersede(std::uint64_t asker_id, const question& newer) {
  if (std::holds_alternative<mention>(newer))
    return;
  std::erase_if(waiting_, [&](const waiting_question& one) {
    return one.from.id == asker_id && takes_place_of(newer, one.what);
  });
  const bool is_completion = std::holds_alternative<completion_question>(newer);
  end_calls([&](const call_under_way& call) {
    return call.from.id == asker_id
           && (is_completion ? std::holds_alternative<asked_completion>(call.what)
                             : std::holds_alternative<asked_change>(call.what));
  });
}

void companion_core::end_calls(const std::function<bool(const call_under_way&)>& of_these) {
  std::erase_if(under_way_, [&](const auto& entry) {
    if (!of_these(entry.second))
      return false;
    effects_.end_call(entry.first);
    return true;
  });
}

void companion_core::cancel(std::uint64_t asker_id, std::uint64_t ask) {
  std::erase_if(waiting_, [&](const waiting_question& one) {
    return one.from.id == asker_id && number_of(one.what) == ask
           && !std::holds_alternative<mention>(one.what);
  });
  end_calls([&](const call_under_way& call) {
    const auto* completion = std::get_if<asked_completion>(&call.what);
    const auto* change = std::get_if<asked_change>(&call.what);
    return call.from.id == asker_id
           && ((completion != nullptr && completion->ask == ask)
               || (change != nullptr && change->ask == ask));
  });
}

// What the assistant was asked it answers to everybody.
void companion_core::forget(std::uint64_t asker_id) {
  std::erase_if(waiting_, [&](const waiting_question& one) {
    return one.from.id == asker_id && !std::holds_alternative<mention>(one.what);
  });
  end_calls([&](const call_under_way& call) {
    return call.from.id == asker_id && !std::holds_alternative<asked_mention>(call.what);
  });
}

// What was sent out under another mode is taken back.
void companion_core::set_mode(ai_mode mode, std::int64_t now_us) {
  if (mode == mode_)
    return;
  mode_ = mode;
  if (mode != ai_mode::on)
    refuse_calls(error_code::forbidden, mode == ai_mode::off ? off_here : no_model_here);
  look(now_us);
}

void companion_core::refuse_calls(error_code code, const std::string& why) {
  for (const auto& [number, call] : std::exchange(under_way_, {})) {
    effects_.end_call(number);
    const auto* completion = std::get_if<asked_completion>(&call.what);
    const auto* change = std::get_if<asked_change>(&call.what);
    const std::uint64_t ask = completion != nullptr ? completion->ask
                              : change != nullptr   ? change->ask
                                                    : 0;
    refuse(call.from, ask, code, why, {}, code == error_code::unavailable ? 1'000 : 0);
  }
}

void companion_core::look(std::int64_t now_us) {
  if (!is_joined_)
    return;
  std::vector<waiting_question> still;
  for (waiting_question& one : std::exchange(waiting_, {}))
    if (!deal_with(one))
      still.push_back(std::move(one));
  waiting_ = std::move(still);
  on_time(now_us);
}

void companion_core::on_time(std::int64_t now_us) {
  std::erase_if(waiting_, [&](const waiting_question& one) {
    if (now_us - one.since_us < limits_.answer_wait_us)
      return false;
    return refuse(one.from, number_of(one.what), error_code::unavailable,
                  "the room could not be read in time", {}, 1'000);
  });
  post_again(now_us);
}

bool companion_core::deal_with(waiting_question& waiting) {
  if (mode_ == ai_mode::off)
    return refuse(waiting.from, number_of(waiting.what), error_code::forbidden, off_here);
  return std::visit([&](const auto& wish) { return answer(waiting.from, wish); }, waiting.what);
}

// Always true: a refused question does not wait.
bool companion_core::refuse(const asker& from, std::uint64_t ask, error_code code,
                            std::string why, const std::string& file,
                            std::uint32_t retry_ms) const {
  server::error error{code, std::move(why), file, {}, {}, {}};
  if (retry_ms > 0)
    error.retry_ms = retry_ms;
  if (ask != 0)
    error.ask = ask;
  from.tell(error);
  return true;
}

// Whether that is all: it has been refused. Else it has been found, or waits.
bool companion_core::find_place(const asker& from, std::uint64_t ask,
                                const file_reference& file, std::optional<ot::revision> rev,
                                text_range range, std::optional<place>& found) {
  storage::file_key key = 0;
  known_file* known = find(file, key);
  if (known == nullptr)
    return refuse(from, ask, error_code::unknown_file, "there is no such file", file.name);
  if (!known->text) {
    open(key, *known);
    return false;
  }
  const followed_text& text = *known->text;
  if (rev && *rev > text.revision())
    return false;
  const ot::revision base = rev.value_or(text.revision());
  if (!text.knows_way_from(base))
    return refuse(from, ask, error_code::stale, "that revision is too old", known->name);
  std::optional<text_range> now = range;
  if (range.from == range.to)
    now->from = now->to = text.carry_position(range.from, base);
  else
    now = text.carry(range, base, edges_count::no);
  if (!now)
    return refuse(from, ask, error_code::stale, "the text has changed there", known->name);
  if (now->to > text.text().chars())
    return refuse(from, ask, error_code::bad_message, "that is behind the text's end",
                  known->name);
  found = place{key, text.revision(), *now};
  return true;
}

// ---- completions ----

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

// ---- changes ----

bool companion_core::answer(const asker& from, const change_question& wish) {
  if (mode_ != ai_mode::on)
    return refuse(from, wish.ask, error_code::forbidden, no_model_here);
  if (wish.instruction.empty() || ot::count_chars(wish.instruction) > limits_.instruction_chars)
    return refuse(from, wish.ask,
                  wish.instruction.empty() ? error_code::bad_message : error_code::too_large,
                  "an instruction has 1 to " + std::to_string(limits_.instruction_chars)
                    + " characters");
  if (wish.to - wish.from > limits_.change_chars)
    return refuse(from, wish.ask, error_code::too_large,
                  "at most " + std::to_string(limits_.change_chars) + " characters at once");
  std::optional<place> part;
  if (!find_place(from, wish.ask, wish.file, wish.rev, {wish.from, wish.to}, part))
    return false;
  if (!part)
    return true;
  const known_file& file = files_.at(part->file);
  if (is_secret_file(file.name))
    return refuse(from, wish.ask, error_code::forbidden, "files like this one are not sent to a model");
  const text_range range = part->range;
  refactor_question about;
  about.part = file.text->text().substring(range.from, range.to - range.from);
  about.instruction = wish.instruction;
  const std::uint64_t asked_bytes = about.part.size() + about.instruction.size();
  const std::uint64_t bytes_max = limits_.context_tokens * bytes_per_token;
  if (asked_bytes > bytes_max)
    return refuse(from, wish.ask, error_code::too_large,
                  "at most " + std::to_string(bytes_max)
                    + " bytes at once, the instruction included; ask about a smaller part");
  ++counts_.changes;
  about.file = file.name;
  about.language = file.language;
  place_context near = context_at(
    part->file, range,
    limits_.context_tokens - static_cast<std::uint32_t>(wish.instruction.size() / bytes_per_token));
  about.before = std::move(near.before);
  about.after = std::move(near.after);
  about.others = std::move(near.others);
  const call_number call = ++last_call_;
  under_way_.emplace(call, call_under_way{from, asked_change{wish.ask, *part, about.part}});
  effects_.chat(call, refactor_prompt(about));
  return true;
}

void companion_core::finish(const call_under_way& call, const asked_change& about,
                            const std::string& whole) {
  const refactor_answer read = read_refactor_answer(whole);
  const auto file = files_.find(about.part.file);
  const bool is_known = file != files_.end() && file->second.text
                        && file->second.text->knows_way_from(about.part.rev);
  const auto now =
    is_known ? file->second.text->carry(about.part.range, about.part.rev, edges_count::no)
             : std::nullopt;
  if (!now) {
    ++counts_.dropped;
    refuse(call.from, about.ask, error_code::stale, "the text has changed meanwhile; ask again");
    return;
  }
  server::proposal told;
  told.ask = about.ask;
  told.file = file->second.name;
  told.rev = file->second.text->revision();
  told.summary = read.summary + words_for(read.problem);
  told.provider = offer_.provider;
  if (read.replacement)
    told.op = difference(about.old_text, fitted_to(*read.replacement, about.old_text),
                         static_cast<std::uint32_t>(now->from));
  call.from.tell(told);
}

namespace {

error_code code_of(const model_failure& failure) noexcept {
  using kind = model_failure::kind;
  return failure.what == kind::limited || failure.what == kind::busy ? error_code::rate_limited
                                                                     : error_code::unavailable;
}

}  // namespace

void companion_core::give_up(const call_under_way& call, const asked_change& about,
                             const model_failure& failure) {
  refuse(call.from, about.ask, code_of(failure), failure.why, {}, failure.retry_ms);
}

// ---- the assistant ----

bool companion_core::answer(const asker& from, const mention& wish) {
  const auto said = mention_in(wish, decoder_);
  if (!said)
    return true;
  if (mode_ != ai_mode::on)
    return refuse(from, 0, error_code::forbidden, no_model_here);
  if (open_more())
    return false;
  ++counts_.mentions;
  assistant_question about;
  for (const server::chat& one : chat_)
    if (one.n < said->n)
      about.recent.push_back({one.name, one.text});
  about.who = said->name.empty() ? "Guest" : said->name;
  about.question = said->text;
  about = with_context(std::move(about), room_texts(0), limits_.context_tokens);
  const call_number call = ++last_call_;
  asked_mention asked;
  for (const auto& [key, file] : files_)
    if (file.text)
      asked.shown.emplace(key, followed_text{file.text->text(), file.text->revision()});
  under_way_.emplace(call, call_under_way{from, std::move(asked)});
  effects_.chat(call, assistant_prompt(about));
  return true;
}

void companion_core::finish(const call_under_way& call, const asked_mention& about,
                            const std::string& whole) {
  const assistant_answer read = read_assistant_answer(whole);
  auto proposal = read.edit ? proposal_of(*read.edit, about) : std::nullopt;
  const char* const why_none = read.edit && !proposal ? "\n\n(The text has changed there.)" : "";
  say(call.from, read.text + words_for(read.problem) + why_none, std::move(proposal));
}

// The lines are those of the text that was shown; it may have changed since.
std::optional<server::proposal> companion_core::proposal_of(const assistant_edit& edit,
                                                            const asked_mention& about) {
  storage::file_key key = 0;
  const known_file* file = find({edit.file, std::nullopt}, key);
  const auto shown = about.shown.find(key);
  if (file == nullptr || !file->text || shown == about.shown.end())
    return std::nullopt;
  const ot::rope& then = shown->second.text();
  const auto change = line_change_of(edit, then);
  if (!change || !file->text->knows_way_from(shown->second.revision()))
    return std::nullopt;
  const auto now = file->text->carry(change->range, shown->second.revision(), edges_count::no);
  if (!now)
    return std::nullopt;
  server::proposal proposal;
  proposal.file = file->name;
  proposal.rev = file->text->revision();
  proposal.op =
    difference(then.substring(change->range.from, change->range.to - change->range.from),
               change->replacement, static_cast<std::uint32_t>(now->from));
  proposal.provider = offer_.provider;
  return proposal;
}

void companion_core::give_up(const call_under_way& call, const asked_mention&,
                             const model_failure& failure) {
  say(call.from, "I cannot answer now: " + failure.why, std::nullopt);
}

// The proposal follows once the message has its number.
void companion_core::say(const asker& from, std::string text,
                         std::optional<server::proposal> proposal) {
  if (text.empty())
    text = proposal ? "Here is a change." : "I have nothing to say.";
  client::chat said{++last_chat_, cut_to(std::move(text), limits_.chat_chars)};
  if (proposal)
    proposal->summary = said.text;
  posts_.emplace(said.id, post_under_way{from, said, std::move(proposal), {}, {}});
  effects_.post(std::move(said));
}

// The room keeps what comes twice once, by its id.
void companion_core::post_again(std::int64_t now_us) {
  if (!is_joined_)
    return;
  for (auto& [id, post] : posts_) {
    if (!post.since_us)
      post.since_us = now_us;
    if (post.again_us && now_us >= *post.again_us) {
      post.again_us.reset();
      effects_.post(post.said);
    }
  }
  std::erase_if(posts_, [&](const auto& entry) {
    const post_under_way& post = entry.second;
    return now_us - *post.since_us >= limits_.post_wait_us
           && refuse(post.from, 0, error_code::unavailable,
                     "the assistant's answer could not be kept", {}, 1'000);
  });
}

void companion_core::on_post_refused(const server::error& why, std::int64_t now_us) {
  const auto post = posts_.find(*why.id);
  if (post == posts_.end())
    return;
  if (why.code == error_code::unavailable || why.code == error_code::rate_limited) {
    post->second.again_us = now_us + std::int64_t{why.retry_ms.value_or(1'000)} * 1'000;
    return;
  }
  refuse(post->second.from, 0, why.code, why.message);
  posts_.erase(post);
}

void companion_core::on_posted(const server::chat& own) {
  auto post = posts_.extract(*own.id);
  if (post.empty() || !post.mapped().proposal)
    return;
  server::proposal& proposal = *post.mapped().proposal;
  proposal.chat = own.n;
  post.mapped().from.tell(proposal);
}

// ---- the model ----

void companion_core::on_piece(call_number number, const std::string& piece) {
  const auto call = under_way_.find(number);
  if (call == under_way_.end())
    return;
  if (const auto* change = std::get_if<asked_change>(&call->second.what))
    call->second.from.tell(server::thinking{change->ask, piece});
}

void companion_core::on_done(call_number number, const std::string& whole, std::int64_t) {
  const auto found = under_way_.extract(number);
  if (found.empty())
    return;
  const call_under_way& call = found.mapped();
  std::visit([&](const auto& about) { finish(call, about, whole); }, call.what);
}

void companion_core::on_failed(call_number number, const model_failure& failure, std::int64_t) {
  const auto found = under_way_.extract(number);
  if (found.empty())
    return;
  const call_under_way& call = found.mapped();
  std::visit([&](const auto& about) { give_up(call, about, failure); }, call.what);
}

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

// ---- the room ----

void companion_core::on_joined(const server::welcome& welcome, std::int64_t now_us) {
  is_joined_ = true;
  site_ = welcome.site;
  files_.clear();
  for (const server::file_state& file : welcome.files)
    files_[static_cast<storage::file_key>(file.id)] = {file.name, file.language, {}, false, 0, nullptr};
  chat_.assign(welcome.messages.begin(), welcome.messages.end());
  while (chat_.size() > limits_.chats_remembered)
    chat_.pop_front();
  for (auto& [id, post] : posts_) {
    post.again_us.reset();
    effects_.post(post.said);
  }
  look(now_us);
}

void companion_core::on_moved() {
  is_joined_ = false;
  for (auto& [key, file] : files_)
    forget_text(key, file);
}

void companion_core::on_ended(error_code code, std::string_view why) {
  is_joined_ = false;
  for (const waiting_question& one : std::exchange(waiting_, {}))
    refuse(one.from, number_of(one.what), code, std::string{why});
  refuse_calls(code, std::string{why});
  for (const auto& [id, post] : std::exchange(posts_, {}))
    refuse(post.from, 0, code, std::string{why});
}

void companion_core::on_room(const room_event& event, std::int64_t now_us) {
  if (const auto* opened = std::get_if<file_opened>(&event))
    on_opened(*opened);
  else if (const auto* batch = std::get_if<fanout_ptr>(&event))
    on_fanout(**batch);
  else if (const auto* refused = std::get_if<room_error>(&event); refused && refused->error.id)
    return on_post_refused(refused->error, now_us);
  else
    return;
  look(now_us);
}

companion_core::known_file* companion_core::find(const file_reference& wanted,
                                                 storage::file_key& key) {
  auto found = files_.end();
  if (wanted.key)
    found = files_.find(*wanted.key);
  else
    found = std::ranges::find_if(
      files_, [&](const auto& entry) { return entry.second.name == wanted.name; });
  if (found == files_.end())
    return nullptr;
  key = found->first;
  return &found->second;
}

void companion_core::open(storage::file_key key, known_file& file) {
  if (std::exchange(file.is_asked_for, true))
    return;
  effects_.open({file.name, std::nullopt, std::nullopt, static_cast<std::uint64_t>(key)});
}

// The room's other files, one after the other, as long as there is space. Whether
// one is on its way.
bool companion_core::open_more() {
  std::uint64_t bytes = 0;
  std::uint64_t followed = 0;
  for (const auto& [key, file] : files_) {
    if (file.is_asked_for && !file.text)
      return true;  // that one first
    bytes += file.text ? file.text->text().bytes() : 0;
    followed += file.text ? 1 : 0;
  }
  if (bytes >= limits_.text_bytes || followed >= limits_.files)
    return false;
  for (auto& [key, file] : files_)
    if (!file.is_asked_for) {
      open(key, file);
      return true;
    }
  return false;
}

void companion_core::on_opened(const file_opened& opened) {
  const auto found = files_.find(opened.file);
  if (found == files_.end() || !opened.opened.text)
    return;
  known_file& file = found->second;
  forget_text(found->first, file);
  file.is_asked_for = true;
  file.name = opened.opened.file;
  file.language = opened.opened.language;
  file.text.emplace(ot::rope{*opened.opened.text}, opened.opened.rev);
  predictor_.open(found->first, file.language, file.text->text());
  open_more();
}

void companion_core::forget_text(storage::file_key key, known_file& file) {
  if (file.text)
    predictor_.close(key);
  file.text.reset();
  file.parts.reset();
  file.is_asked_for = false;
}

void companion_core::on_fanout(const fanout& batch) {
  for (const file_batch& one : batch.files)
    follow(one);
  for (const room_note& one : batch.notes)
    note(one);
}

// What does not go on from where the text is, is read anew.
void companion_core::follow(const file_batch& batch) {
  const auto found = files_.find(batch.file);
  if (found == files_.end() || !found->second.text)
    return;
  known_file& file = found->second;
  file.edited = ++edits_seen_;
  for (const sent_op& sent : batch.ops) {
    if (sent.rev <= file.text->revision())
      continue;
    auto op = sent.rev == file.text->revision() + 1 ? decoder_.op_in(*sent.bytes) : std::nullopt;
    if (!op || op->reach_chars() > file.text->text().chars()) {
      forget_text(found->first, file);
      return open(found->first, file);
    }
    file.parts.reset();
    const ot::rope before = file.text->text();
    const ot::text_op made = *op;
    file.text->apply(std::move(*op));
    predictor_.edit(found->first, before, made, file.text->text());
  }
}

void companion_core::note(const room_note& told) {
  const auto found = files_.find(told.file);
  switch (told.on_file) {
    case room_note::effect::created:
      files_[told.file] = {told.new_name, {}, {}, false, 0, nullptr};
      break;
    case room_note::effect::renamed:
      if (found != files_.end())
        found->second.name = told.new_name;
      break;
    case room_note::effect::removed:
      if (found != files_.end()) {
        forget_text(found->first, found->second);
        files_.erase(found);
      }
      break;
    case room_note::effect::none: break;
  }
  if (told.chat_n != 0)
    on_chat(told);
}

void companion_core::on_chat(const room_note& told) {
  const bool is_own = told.own_site == site_ && told.own_bytes != nullptr;
  const auto said = decoder_.chat_in(is_own ? *told.own_bytes : *told.bytes);
  if (!said)
    return;
  if (chat_.empty() || chat_.back().n < said->n)
    chat_.push_back(*said);
  if (chat_.size() > limits_.chats_remembered)
    chat_.pop_front();
  if (is_own && said->id)
    on_posted(*said);
}

}  // namespace tandem::ai
