// Changes of a part of a file. Part of companion_core.
#include "actors/ai/companion_core.hpp"

#include "actors/ai/text_difference.hpp"
#include "ot/utf8.hpp"

#include <utility>

namespace tandem::ai {

namespace {

error_code code_of(const model_failure& failure) noexcept {
  using kind = model_failure::kind;
  return failure.what == kind::limited || failure.what == kind::busy ? error_code::rate_limited
                                                                     : error_code::unavailable;
}

}  // namespace

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
  told.summary = read.summary + explained(read.problem);
  told.provider = offer_.provider;
  if (read.replacement)
    told.op = difference(about.old_text, fitted_to(*read.replacement, about.old_text),
                         static_cast<std::uint32_t>(now->from));
  call.from.tell(told);
}

void companion_core::give_up(const call_under_way& call, const asked_change& about,
                             const model_failure& failure) {
  refuse(call.from, about.ask, code_of(failure), failure.why, {}, failure.retry_ms);
}

}  // namespace tandem::ai
