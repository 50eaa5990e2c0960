#include "actors/ai/predictor.hpp"

#include "actors/ai/code_tokens.hpp"
#include "actors/ai/keywords.hpp"
#include "actors/ai/successors.hpp"
#include "actors/ai/vocabulary.hpp"
#include "ot/utf8.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <map>
#include <string>
#include <unordered_map>

namespace tandem::ai {

namespace {

// A token is predicted from at most so many before it.
constexpr std::size_t longest_context = 5;
// Blank lines that are looked over for the one before, or the next.
constexpr std::uint64_t blank_lines_max = 50;
constexpr std::string_view line_end = "\n";

// How sure it must be. Accepting is a keystroke; a wrong one costs attention.
constexpr double sure_in_word = 0.10;      // with some of the word typed
constexpr double sure_at_start = 0.35;     // with none
constexpr double sure_to_go_on = 0.55;     // each further token, given those before
constexpr double sure_of_line = 0.55;
constexpr std::size_t line_beginning_min = 3;  // bytes: less is any line's beginning

std::uint64_t hash_of(std::string_view text, std::uint64_t hash = 0xCBF29CE484222325U) noexcept {
  for (const char c : text)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  return hash ^ (hash >> 29U);
}

// The hashes of the last 1, 2, … tokens of a context.
using context_hashes = std::array<std::uint64_t, longest_context>;

context_hashes hashes_of(const std::vector<std::string_view>& context) {
  context_hashes hashes{};
  std::uint64_t hash = 0x9E3779B97F4A7C15U;
  for (std::size_t order = 0; order < longest_context; ++order) {
    if (order < context.size())
      hash = hash_of(context[context.size() - 1 - order], hash + order + 1) | 1U;
    else
      hash = 0;
    hashes[order] = hash;
  }
  return hashes;
}

std::string line_of(const ot::rope& text, std::uint64_t line) {
  const std::uint64_t from = line == 0 ? 0 : text.before(ot::text_unit::lines, line).chars;
  const ot::text_metrics next = text.before(ot::text_unit::lines, line + 1);
  const std::uint64_t to = next.lines > line ? next.chars - 1 : text.chars();
  return text.substring(from, to - from);
}

std::uint64_t line_at(const ot::rope& text, std::uint64_t position) {
  return text.before(ot::text_unit::chars, position).lines;
}

// The nearest line before that is not blank; empty if there is none.
std::string line_before(const ot::rope& text, std::uint64_t line) {
  for (std::uint64_t looked = 0; line > 0 && looked < blank_lines_max; ++looked) {
    std::string found = line_of(text, --line);
    if (!trimmed(found).empty())
      return found;
  }
  return {};
}

// What a line begins behind: the end of the one before it, and a line end.
std::vector<std::string_view> context_behind(std::string_view line_before) {
  std::vector<std::string_view> context = tokens_of(trimmed(line_before));
  if (context.size() > 2)
    context.erase(context.begin(), context.end() - 2);
  context.push_back(line_end);
  return context;
}

struct candidate {
  std::uint32_t token = 0;
  double weight = 0;
};

}  // namespace

struct predictor::state {
  explicit state(const predictor_limits& given) : limits{given} {}

  void learn(const std::string& line, const std::string& before);
  void take_back(const std::string& line, const std::string& before);
  void learn_tokens(const std::vector<std::string_view>& own, std::string_view before);
  void take_back_tokens(const std::vector<std::string_view>& own, std::string_view before);
  // The lines from `first` to `last`, and the next one that is not blank, for it
  // is known by the one before it.
  template <class F>
  void for_lines(const ot::rope& text, std::uint64_t first, std::uint64_t last, F each) const;
  bool is_learnt(std::string_view line) const {
    return ot::count_chars(line) <= limits.line_chars;
  }

  std::vector<candidate> candidates(const std::vector<std::string_view>& context,
                                    std::string_view prefix) const;
  std::string ghost(std::vector<std::string_view> context, std::string_view prefix,
                    bool is_one_word) const;
  std::string line_rest(std::string_view beginning) const;
  std::string next_line(std::string_view before) const;
  std::vector<std::string> words(const std::vector<candidate>& likely, std::string_view prefix,
                                 std::string_view language) const;

  struct known_file {
    std::string language;
    std::uint64_t bytes = 0;
    bool is_learnt = false;
    ot::rope text{};  // a snapshot: to take back what was learnt
  };

  const predictor_limits limits;
  std::map<file_key, known_file> files;
  std::uint64_t bytes = 0;  // of the files that are learnt, as they were opened
  vocabulary tokens;
  vocabulary lines;
  successors after_tokens;
  successors after_lines;
  std::uint64_t now = 0;
  std::uint64_t lines_learnt = 0;
};

// ---- learning ----

void predictor::state::learn(const std::string& line, const std::string& before) {
  const std::string_view code = trimmed(line);
  if (code.empty() || !is_learnt(line))
    return;
  ++now;
  ++lines_learnt;
  const std::uint32_t number = lines.add(code, now);
  after_lines.add(hash_of(trimmed(before)), number, now);
  std::vector<std::string_view> own = tokens_of(code);
  own.push_back(line_end);
  learn_tokens(own, before);
}

void predictor::state::learn_tokens(const std::vector<std::string_view>& own,
                                    std::string_view before) {
  std::vector<std::string_view> context = context_behind(before);
  for (const std::string_view token : own) {
    const std::uint32_t known = tokens.add(token, now);
    for (const std::uint64_t hash : hashes_of(context))
      if (hash != 0)
        after_tokens.add(hash, known, now);
    context.push_back(token);
  }
}

void predictor::state::take_back(const std::string& line, const std::string& before) {
  const std::string_view code = trimmed(line);
  if (code.empty() || !is_learnt(line))
    return;
  after_lines.take_back(hash_of(trimmed(before)), lines.find(code));
  lines.take_back(code);
  std::vector<std::string_view> own = tokens_of(code);
  own.push_back(line_end);
  take_back_tokens(own, before);
}

void predictor::state::take_back_tokens(const std::vector<std::string_view>& own,
                                        std::string_view before) {
  std::vector<std::string_view> context = context_behind(before);
  for (const std::string_view token : own) {
    const std::uint32_t known = tokens.find(token);
    for (const std::uint64_t hash : hashes_of(context))
      if (hash != 0)
        after_tokens.take_back(hash, known);
    tokens.take_back(token);
    context.push_back(token);
  }
}

template <class F>
void predictor::state::for_lines(const ot::rope& text, std::uint64_t first, std::uint64_t last,
                                 F each) const {
  std::string before = line_before(text, first);
  const std::uint64_t lines_in_all = text.size().lines + 1;
  for (std::uint64_t line = first; line < lines_in_all; ++line) {
    std::string own = line_of(text, line);
    const bool is_blank = trimmed(own).empty();
    if (line > last + blank_lines_max)
      return;
    if (is_blank)
      continue;
    each(own, before);
    if (line > last)
      return;
    before = std::move(own);
  }
}

predictor::predictor(const predictor_limits& limits) : state_{std::make_unique<state>(limits)} {}
predictor::~predictor() = default;

void predictor::open(file_key file, std::string_view language, const ot::rope& text) {
  state& known = *state_;
  const bool fits = known.bytes + text.bytes() <= known.limits.text_bytes;
  known.files[file] = {std::string{language}, text.bytes(), fits};
  if (!fits)
    return;
  known.bytes += text.bytes();
  std::string before;
  std::string rest;
  const auto take = [&](std::string_view line) {
    const std::string own{line};
    known.learn(own, before);
    if (!trimmed(own).empty())
      before = own;
  };
  text.for_each_chunk([&](std::string_view chunk) {
    rest += chunk;
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = rest.find('\n', begin)) != std::string::npos; begin = end + 1)
      take(std::string_view{rest}.substr(begin, end - begin));
    rest.erase(0, begin);
  });
  take(rest);
  known.files[file].text = text;
}

void predictor::close(file_key file) {
  state& known = *state_;
  const auto found = known.files.find(file);
  if (found == known.files.end())
    return;
  if (found->second.is_learnt) {
    known.bytes -= found->second.bytes;
    const ot::rope& text = found->second.text;
    known.for_lines(text, 0, text.size().lines, [&](const std::string& line, const std::string& before) {
      known.take_back(line, before);
    });
  }
  known.files.erase(found);
}

// One change after the other, each on the text that the ones before have left.
void predictor::edit(file_key file, const ot::rope& before, const ot::text_op& op,
                     const ot::rope& after) {
  state& known = *state_;
  const auto found = known.files.find(file);
  if (found == known.files.end() || !found->second.is_learnt)
    return;
  ot::rope text = before;
  std::string_view inserted = op.inserted_text();
  std::uint64_t at = 0;
  for (const ot::component& part : op.components()) {
    if (part.kind == ot::component_kind::keep) {
      at += part.chars;
      continue;
    }
    const bool is_insert = part.kind == ot::component_kind::insert;
    const std::uint64_t first = line_at(text, at);
    const std::uint64_t old_last = is_insert ? first : line_at(text, at + part.chars);
    known.for_lines(text, first, old_last, [&](const std::string& line, const std::string& prior) {
      known.take_back(line, prior);
    });
    if (is_insert) {
      text.insert(at, inserted.substr(0, part.bytes));
      inserted.remove_prefix(part.bytes);
      at += part.chars;
    } else {
      text.remove(at, part.chars);
    }
    known.for_lines(text, first, line_at(text, at),
                    [&](const std::string& line, const std::string& prior) {
                      known.learn(line, prior);
                    });
  }
  found->second.text = after;
}

std::uint64_t predictor::lines_learnt() const noexcept {
  return state_->lines_learnt;
}

// ---- predicting ----

// From the longest context that is known, each shorter one for what it leaves open:
// PPM with method C's escapes (Moffat 1990). What was used last counts twice.
std::vector<candidate> predictor::state::candidates(const std::vector<std::string_view>& context,
                                                    std::string_view prefix) const {
  std::vector<candidate> found;
  std::unordered_map<std::uint32_t, std::size_t> places;
  double open = 1;
  const context_hashes hashes = hashes_of(context);
  for (std::size_t order = longest_context; order-- > 0;) {
    const auto* list = hashes[order] == 0 ? nullptr : after_tokens.find(hashes[order]);
    if (list == nullptr)
      continue;
    double total = 0;
    double distinct = 0;
    std::uint64_t latest = 0;
    for (const successor& one : *list) {
      if (!tokens.at(one.token).text.starts_with(prefix))
        continue;
      total += one.count;
      ++distinct;
      latest = std::max(latest, one.last);
    }
    if (distinct == 0)
      continue;
    const double all = total + 1 + distinct / 2;
    for (const successor& one : *list) {
      if (!tokens.at(one.token).text.starts_with(prefix))
        continue;
      const double weight = open * (one.count + (one.last == latest ? 1.0 : 0.0)) / all;
      const auto [place, is_new] = places.try_emplace(one.token, found.size());
      if (is_new)
        found.push_back({one.token, weight});
      else
        found[place->second].weight += weight;
    }
    open *= distinct / 2 / all;
  }
  if (!prefix.empty()) {
    std::vector<std::pair<std::uint64_t, std::uint32_t>> latest;
    const std::uint32_t exact = tokens.find(prefix);
    if (exact != 0)
      latest.emplace_back(tokens.at(exact).last, exact);
    tokens.for_each_longer(prefix, 400, [&](std::uint32_t number, const vocabulary::entry& entry) {
      latest.emplace_back(entry.last, number);
    });
    std::ranges::sort(latest, std::ranges::greater{});
    double share = open * 0.5;
    for (const auto& [last, number] : latest) {
      const auto [place, is_new] = places.try_emplace(number, found.size());
      if (is_new)
        found.push_back({number, share});
      else
        found[place->second].weight += share;
      share *= 0.6;
    }
  }
  std::ranges::sort(found, std::ranges::greater{}, &candidate::weight);
  return found;
}

// Token after token, as long as it is sure.
std::string predictor::state::ghost(std::vector<std::string_view> context,
                                    std::string_view prefix, bool is_one_word) const {
  std::string text;
  double needed = prefix.empty() ? sure_at_start : sure_in_word;
  while (text.size() < limits.ghost_chars_max) {
    const std::vector<candidate> likely = candidates(context, prefix);
    if (likely.empty() || likely[0].weight < needed)
      break;
    const std::string_view token = tokens.at(likely[0].token).text;
    if (token == line_end || token.size() == prefix.size())
      break;
    text += token.substr(prefix.size());
    if (is_one_word)
      break;
    context.push_back(token);
    prefix = {};
    needed = sure_to_go_on;
  }
  return text;
}

// The rest of the line that began like this before, if it is nearly always the same.
std::string predictor::state::line_rest(std::string_view beginning) const {
  if (beginning.size() < line_beginning_min)
    return {};
  double total = 1;
  const vocabulary::entry* best = nullptr;
  lines.for_each_longer(beginning, 64, [&](std::uint32_t, const vocabulary::entry& entry) {
    total += entry.count;
    if (best == nullptr || std::pair{entry.count, entry.last} > std::pair{best->count, best->last})
      best = &entry;
  });
  if (best == nullptr || (best->count + 0.5) / total < sure_of_line)
    return {};
  return best->text.substr(beginning.size());
}

std::string predictor::state::next_line(std::string_view before) const {
  const auto* list = after_lines.find(hash_of(before));
  if (list == nullptr || before.size() < line_beginning_min)
    return {};
  const auto best = std::ranges::max_element(*list, {}, [](const successor& one) {
    return std::pair{one.count, one.last};
  });
  double total = 0.5;
  for (const successor& one : *list)
    total += one.count;
  return best->count / total >= sure_of_line ? lines.at(best->token).text : std::string{};
}

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
    add(tokens.at(one.token).text);
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
template <class State>
class half_typed {
 public:
  half_typed(State& known, const std::string& line, const std::string& before,
             std::vector<std::string_view> whole, bool is_learnt)
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
  State& known_;
  const std::string& line_;
  const std::string& before_;
  const std::vector<std::string_view> whole_;
  const bool is_learnt_;
};

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
  const std::uint64_t line = line_at(text, position);
  const std::uint64_t begin = line == 0 ? 0 : text.before(ot::text_unit::lines, line).chars;
  const std::string own = line_of(text, line);
  if (ot::count_chars(own) > known.limits.line_chars)
    return found;
  const std::size_t split = ot::byte_offset(own, static_cast<std::uint32_t>(position - begin));
  const std::string_view after = std::string_view{own}.substr(split);
  std::string_view typed = std::string_view{own}.substr(0, split);
  typed.remove_prefix(std::min(typed.find_first_not_of(" \t"), typed.size()));
  if (!after.empty() && kind_of(after.front()) == token_kind::word)
    return found;

  const std::string prior = line_before(text, line);
  std::vector<std::string_view> context = context_behind(prior);
  std::vector<std::string_view> tokens = tokens_of(typed);
  std::string_view prefix;
  if (!tokens.empty() && kind_of(tokens.back().front()) == token_kind::word) {
    prefix = tokens.back();
    tokens.pop_back();
  }
  const half_typed own_line{known, own, prior, tokens, of->second.is_learnt};
  context.insert(context.end(), tokens.begin(), tokens.end());

  const bool may_go_on = is_all_closing(after);
  std::string ghost;
  if (may_go_on)
    ghost = typed.empty() ? known.next_line(trimmed(prior)) : known.line_rest(typed);
  if (ghost.empty())
    ghost = known.ghost(context, prefix, !may_go_on);
  ghost = before_what_follows(std::move(ghost), after);
  if (!ghost.empty() && ot::count_chars(ghost) <= known.limits.ghost_chars_max)
    found.lines.push_back({position, position, std::move(ghost)});

  const std::uint64_t prefix_chars = ot::count_chars(prefix);
  for (std::string& word :
       known.words(known.candidates(context, prefix), prefix, of->second.language))
    found.words.push_back({position - prefix_chars, position, std::move(word)});
  return found;
}

}  // namespace tandem::ai
