#include "actors/ai/predictor.hpp"

#include "actors/ai/code_tokens.hpp"
#include "actors/ai/keywords.hpp"
#include "actors/ai/learnt_code.hpp"
#include "actors/ai/learnt_lines.hpp"
#include "ot/utf8.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tandem::ai {

struct predictor::state {
  explicit state(const predictor_limits& given) : limits{given}, code{given.line_chars} {}
  ~state() {
    if (limits.shared)
      limits.shared->give_back(granted_bytes);
  }
  state(const state&) = delete;
  state& operator=(const state&) = delete;

  struct known_file {
    std::string language;
    bool is_learnt = false;
    std::uint64_t refused_bytes = 0;  // how long it was when it did not fit
    ot::rope text{};                  // a snapshot, while it is learnt: to take it back
  };

  learnt_lines lines_in(const ot::rope& text) const { return {text, limits.line_chars}; }
  bool has_memory();
  std::optional<std::uint64_t> learn(const ot::rope& text, std::uint64_t first,
                                     std::uint64_t last);
  void take_back(const ot::rope& text, std::uint64_t first, std::uint64_t last);
  void learn_file(known_file& file, const ot::rope& text);
  void forget_file(known_file& file);
  void outgrown(known_file& file, std::uint64_t bytes);
  bool edit(ot::rope text, const ot::text_op& op);
  std::vector<std::string> words(const std::vector<candidate>& likely, std::string_view prefix,
                                 std::string_view language) const;

  const predictor_limits limits;
  std::map<file_key, known_file> files;
  std::uint64_t bytes = 0;          // of the texts that are learnt, as they are now
  std::uint64_t granted_bytes = 0;  // of the limit, and of what is shared
  learnt_code code;
};

// ---- learning ----

bool predictor::state::has_memory() {
  constexpr std::uint64_t step_bytes = 256U << 10U;
  const std::uint64_t needed = code.memory_bytes();
  while (needed > granted_bytes) {
    const std::uint64_t step = std::min(step_bytes, limits.memory_bytes - granted_bytes);
    if (step == 0 || (limits.shared && !limits.shared->take(step)))
      return false;
    granted_bytes += step;
  }
  return true;
}

// Where there was no more memory: that line is the last that was learnt.
std::optional<std::uint64_t> predictor::state::learn(const ot::rope& text, std::uint64_t first,
                                                     std::uint64_t last) {
  std::optional<std::uint64_t> stopped;
  lines_in(text).for_each(
    first, last,
    [&](std::uint64_t number, const std::string& line, const std::string& before) {
      code.learn(line, before);
      if (!has_memory())
        stopped = number;
      return !stopped;
    });
  return stopped;
}

void predictor::state::take_back(const ot::rope& text, std::uint64_t first, std::uint64_t last) {
  lines_in(text).for_each(
    first, last, [&](std::uint64_t, const std::string& line, const std::string& before) {
      code.take_back(line, before);
      return true;
    });
}

void predictor::state::learn_file(known_file& file, const ot::rope& text) {
  file.is_learnt = false;
  file.refused_bytes = text.bytes();
  if (bytes + text.bytes() > limits.text_bytes)
    return;
  if (const auto stopped = learn(text, 0, lines_in(text).last()))
    return take_back(text, 0, *stopped);
  file.is_learnt = true;
  file.text = text;
  bytes += text.bytes();
}

void predictor::state::forget_file(known_file& file) {
  if (!std::exchange(file.is_learnt, false))
    return;
  bytes -= file.text.bytes();
  take_back(file.text, 0, lines_in(file.text).last());
  file.text = {};
}

// One change after the other, each on the text that the ones before have left. False:
// there was not memory enough, and nothing of the text is known any more.
bool predictor::state::edit(ot::rope text, const ot::text_op& op) {
  const auto line_at = [&](std::uint64_t position) {
    return text.before(ot::text_unit::chars, position).lines;
  };
  std::string_view inserted = op.inserted_text();
  std::uint64_t at = 0;
  for (const ot::component& part : op.components()) {
    if (part.kind == ot::component_kind::keep) {
      at += part.chars;
      continue;
    }
    const bool is_insert = part.kind == ot::component_kind::insert;
    const std::uint64_t first = line_at(at);
    take_back(text, first,
              lines_in(text).last_touched_by(is_insert ? first : line_at(at + part.chars)));
    if (is_insert) {
      text.insert(at, inserted.substr(0, part.bytes));
      inserted.remove_prefix(part.bytes);
      at += part.chars;
    } else {
      text.remove(at, part.chars);
    }
    const std::uint64_t last = lines_in(text).last_touched_by(line_at(at));
    if (const auto stopped = learn(text, first, last)) {
      take_back(text, first, *stopped);
      if (first > 0)
        take_back(text, 0, first - 1);
      take_back(text, last + 1, lines_in(text).last());
      return false;
    }
  }
  return true;
}

predictor::predictor(const predictor_limits& limits) : state_{std::make_unique<state>(limits)} {}
predictor::~predictor() = default;

void predictor::open(file_key file, std::string_view language, const ot::rope& text) {
  close(file);
  state::known_file& known = state_->files[file];
  known.language = language;
  state_->learn_file(known, text);
}

void predictor::close(file_key file) {
  const auto found = state_->files.find(file);
  if (found == state_->files.end())
    return;
  state_->forget_file(found->second);
  state_->files.erase(found);
}

void predictor::edit(file_key file, const ot::rope& before, const ot::text_op& op,
                     const ot::rope& after) {
  state& all = *state_;
  const auto found = all.files.find(file);
  if (found == all.files.end())
    return;
  state::known_file& known = found->second;
  if (!known.is_learnt) {
    if (after.bytes() <= known.refused_bytes / 4 * 3)
      all.learn_file(known, after);
    return;
  }
  const std::uint64_t others = all.bytes - before.bytes();
  if (others + after.bytes() > all.limits.text_bytes) {
    all.forget_file(known);
    known.refused_bytes = after.bytes();
    return;
  }
  all.bytes = others;
  known.is_learnt = all.edit(before, op);
  known.text = known.is_learnt ? after : ot::rope{};
  known.refused_bytes = after.bytes();
  if (known.is_learnt)
    all.bytes += after.bytes();
}

bool predictor::is_learnt(file_key file) const noexcept {
  const auto found = state_->files.find(file);
  return found != state_->files.end() && found->second.is_learnt;
}

std::uint64_t predictor::memory_bytes() const noexcept {
  return state_->code.memory_bytes();
}

std::uint64_t predictor::lines_learnt() const noexcept {
  return state_->code.lines_learnt();
}

// ---- predicting ----

std::vector<std::string> predictor::state::words(const std::vector<candidate>& likely,
                                                 std::string_view prefix,
                                                 std::string_view language) const {
  std::vector<std::string> found;
  const auto add = [&](std::string_view word) {
    if (found.size() < limits.words_max && word.size() > std::max<std::size_t>(prefix.size(), 1)
        && is_identifier(word) && std::ranges::find(found, word) == found.end())
      found.emplace_back(word);
  };
  for (const candidate& one : likely)
    add(code.token(one.token));
  if (!prefix.empty())
    for (const std::string_view keyword : keywords_of(language))
      if (keyword.starts_with(prefix))
        add(keyword);
  return found;
}

namespace {

// What may be shown before what stands behind the caret: nothing of it is said twice.
std::string before_what_follows(std::string text, std::string_view after) {
  const std::string_view follows = trimmed(after);
  if (!follows.empty()) {
    for (std::size_t at = 0; at < text.size(); ++at)
      if (follows.starts_with(std::string_view{text}.substr(at)) ||
          (at > 0 && text[at] == follows.front() && kind_of(text[at]) == token_kind::sign)) {
        text.resize(at);
        break;
      }
  }
  while (!text.empty() && kind_of(text.back()) == token_kind::blank)
    text.pop_back();
  return text;
}

// As long as it lives a line is known by nothing but its whole tokens before the
// caret.
class half_typed {
 public:
  half_typed(learnt_code& known, const std::string& line, const std::string& before,
             std::vector<spaced_token> whole, bool is_learnt)
      : known_{known}, line_{line}, before_{before}, whole_{std::move(whole)}, is_learnt_{is_learnt} {
    if (is_learnt_)
      known_.take_back(line_, before_);
    known_.learn_tokens(whole_, before_);
  }
  ~half_typed() {
    known_.take_back_tokens(whole_, before_);
    if (is_learnt_)
      known_.learn(line_, before_);
  }
  half_typed(const half_typed&) = delete;
  half_typed& operator=(const half_typed&) = delete;

 private:
  learnt_code& known_;
  const std::string& line_;
  const std::string& before_;
  const std::vector<spaced_token> whole_;
  const bool is_learnt_;
};

// The rest of a word that is in no file yet: one of the language's, or made of parts of
// others.
std::string new_word_rest(const learnt_code& code, std::string_view prefix,
                          std::string_view language) {
  constexpr std::size_t prefix_bytes_min = 2;
  if (prefix.size() < prefix_bytes_min || code.has_longer(prefix))
    return {};
  for (const std::string_view word : keywords_of(language))
    if (word.size() > prefix.size() && word.starts_with(prefix))
      return std::string{word.substr(prefix.size())};
  return code.part_rest(prefix);
}

bool is_all_closing(std::string_view after) {
  return std::ranges::all_of(trimmed(after), [](char c) {
    return std::string_view{")]};,:\"'`> "}.find(c) != std::string_view::npos;
  });
}

}  // namespace

prediction predictor::predict(file_key file, const ot::rope& text, std::uint64_t position) {
  state& known = *state_;
  prediction found;
  const auto of = known.files.find(file);
  if (of == known.files.end())
    return found;
  const learnt_lines lines = known.lines_in(text);
  const std::uint64_t line = text.before(ot::text_unit::chars, position).lines;
  const std::uint64_t begin = line == 0 ? 0 : text.before(ot::text_unit::lines, line).chars;
  const std::string own = lines.line(line);
  if (ot::count_chars(own) > known.limits.line_chars)
    return found;
  const std::size_t split = ot::byte_offset(own, static_cast<std::uint32_t>(position - begin));
  const std::string_view after = std::string_view{own}.substr(split);
  std::string_view typed = std::string_view{own}.substr(0, split);
  typed.remove_prefix(std::min(typed.find_first_not_of(" \t"), typed.size()));

  const std::string prior = lines.line_before(line);
  auto [tokens, is_behind_blanks] = spaced_tokens_of(typed);
  caret_place place{context_behind(prior), {}, is_behind_blanks || typed.empty()};
  if (!place.is_behind_blanks && kind_of(tokens.back().text.front()) == token_kind::word) {
    place.prefix = tokens.back().text;
    tokens.pop_back();
  }
  if (place.prefix.empty() && !after.empty() && kind_of(after.front()) == token_kind::word)
    return found;
  const half_typed own_line{known.code, own, prior, tokens, of->second.is_learnt};
  for (const spaced_token& one : tokens)
    place.context.push_back(one.text);

  const std::uint32_t ghost_chars_max = known.limits.ghost_chars_max;
  const std::string_view language = of->second.language;
  const bool may_go_on = is_all_closing(after);
  std::string ghost;
  if (may_go_on)
    ghost = typed.empty() ? known.code.next_line(trimmed(prior)) : known.code.line_rest(typed);
  if (ghost.empty())
    ghost = known.code.ghost(place, !may_go_on, ghost_chars_max);
  if (ghost.empty())
    ghost = new_word_rest(known.code, place.prefix, language);
  ghost = before_what_follows(std::move(ghost), after);
  if (!ghost.empty() && ot::count_chars(ghost) <= ghost_chars_max)
    found.lines.push_back({position, position, std::move(ghost)});

  const std::uint64_t prefix_chars = ot::count_chars(place.prefix);
  for (std::string& word : known.words(known.code.candidates(place), place.prefix, language))
    found.words.push_back({position - prefix_chars, position, std::move(word)});
  return found;
}

}  // namespace tandem::ai
