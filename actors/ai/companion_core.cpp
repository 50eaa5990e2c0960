// Questions: how they wait, end, and what the model says of them. What is answered is
// in the other files of companion_core: completions, changes, the assistant; so is the
// room that it follows.
#include "actors/ai/companion_core.hpp"

#include <utility>

namespace tandem::ai {

namespace {

constexpr const char* off_here = "AI is off in this room";

}  // namespace

companion_core::companion_core(const companion_limits& limits, const ai_offer& offer,
                               const frame_decoder& decoder, companion_effects& effects)
    : limits_{limits},
      offer_{offer},
      decoder_{decoder},
      effects_{effects},
      predictor_{limits.learning} {}

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

}  // namespace tandem::ai
