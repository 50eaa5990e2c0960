#include "actors/ai/learnt_code.hpp"

#include "actors/ai/code_tokens.hpp"
#include "ot/utf8.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>
#include <utility>

namespace tandem::ai {

namespace {

// A token is predicted from at most so many before it.
constexpr std::size_t longest_context = 5;
constexpr std::string_view line_end = "\n";

// How sure it must be. Accepting is a keystroke; a wrong one costs attention.
constexpr double sure_in_word = 0.10;      // with some of the word typed
constexpr double sure_at_start = 0.35;     // with none
constexpr double sure_to_go_on = 0.75;     // each further token, given those before
constexpr double sure_of_line = 0.55;
constexpr std::size_t line_beginning_min = 3;  // bytes: less is any line's beginning

// What was written lately counts so many times more, and half of it so many lines later.
constexpr double lately_bonus = 2;
constexpr double lately_lines = 1'000;
// Of what is left over for shorter contexts, by the successors that are known.
constexpr double escape_each = 0.5;
// Of words that begin alike each counts so much of the one that was used after it.
constexpr double older_share = 0.6;
// Letters of a part that are enough: of a later part of a word, and of a whole one.
constexpr std::size_t later_part_min = 1;
constexpr std::size_t whole_part_min = 3;

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

std::vector<spaced_token> whole_tokens_of(std::string_view line) {
  std::vector<spaced_token> own = spaced_tokens_of(line).tokens;
  own.push_back({line_end});
  return own;
}

bool is_word(std::string_view token) noexcept {
  return kind_of(token.front()) == token_kind::word;
}

// A part as it is known in other words, too.
std::string in_small_letters(std::string_view part) {
  std::string small;
  for (const char c : part)
    if (c != '_')
      small += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return small;
}

// Those of a token that say something.
template <class F>
void for_each_part(std::string_view token, F each) {
  if (!is_identifier(token))
    return;
  for (const std::string_view part : parts_of(token))
    if (const std::string small = in_small_letters(part); small.size() > 1)
      each(small);
}

}  // namespace

std::vector<std::string_view> context_behind(std::string_view line_before) {
  constexpr std::size_t looked_at_max = 2;
  const std::vector<spaced_token> all = spaced_tokens_of(trimmed(line_before)).tokens;
  std::vector<std::string_view> context;
  for (std::size_t at = all.size() - std::min(all.size(), looked_at_max); at < all.size(); ++at)
    context.push_back(all[at].text);
  context.push_back(line_end);
  return context;
}

// ---- learning ----

bool learnt_code::is_learnt(std::string_view line) const {
  return !trimmed(line).empty() && ot::count_chars(line) <= line_chars_max_;
}

void learnt_code::learn(std::string_view line, std::string_view before) {
  if (!is_learnt(line))
    return;
  ++now_;
  ++lines_learnt_;
  const std::string_view code = trimmed(line);
  after_lines_.add(hash_of(trimmed(before)), lines_.add(code, now_), false, now_);
  learn_tokens(whole_tokens_of(code), before);
}

void learnt_code::learn_tokens(const std::vector<spaced_token>& own, std::string_view before) {
  std::vector<std::string_view> context = context_behind(before);
  for (const auto& [text, is_spaced] : own) {
    const std::uint32_t known = tokens_.add(text, now_);
    for_each_part(text, [&](const std::string& part) { parts_.add(part, now_); });
    for (const std::uint64_t hash : hashes_of(context))
      if (hash != 0)
        after_tokens_.add(hash, known, is_spaced, now_);
    context.push_back(text);
  }
}

void learnt_code::take_back(std::string_view line, std::string_view before) {
  if (!is_learnt(line))
    return;
  const std::string_view code = trimmed(line);
  after_lines_.take_back(hash_of(trimmed(before)), lines_.find(code), false);
  lines_.take_back(code);
  take_back_tokens(whole_tokens_of(code), before);
}

void learnt_code::take_back_tokens(const std::vector<spaced_token>& own,
                                   std::string_view before) {
  std::vector<std::string_view> context = context_behind(before);
  for (const auto& [text, is_spaced] : own) {
    const std::uint32_t known = tokens_.find(text);
    for (const std::uint64_t hash : hashes_of(context))
      if (hash != 0)
        after_tokens_.take_back(hash, known, is_spaced);
    for_each_part(text, [&](const std::string& part) { parts_.take_back(part); });
    tokens_.take_back(text);
    context.push_back(text);
  }
}

// ---- predicting ----

namespace {

// Weights by token.
class weighing {
 public:
  // `spaced`: the share of it with blanks before the token.
  void add(std::uint32_t token, double weight, double spaced) {
    const auto [place, is_new] = places_.try_emplace(token, found_.size());
    if (is_new) {
      found_.push_back({token});
      spaced_.push_back(0);
    }
    found_[place->second].weight += weight;
    spaced_[place->second] += weight * spaced;
  }
  // Of two that weigh the same the one that was used last comes first.
  std::vector<candidate> in_order(const vocabulary& tokens) && {
    for (std::size_t at = 0; at < found_.size(); ++at)
      found_[at].is_spaced = spaced_[at] > found_[at].weight / 2;
    std::ranges::sort(found_, std::ranges::greater{}, [&](const candidate& one) {
      return std::pair{one.weight, tokens.at(one.token).last};
    });
    return std::move(found_);
  }

 private:
  std::vector<candidate> found_;
  std::vector<double> spaced_;
  std::unordered_map<std::uint32_t, std::size_t> places_;
};

}  // namespace

bool learnt_code::fits(const successors::successor& one, const caret_place& place) const {
  const std::string_view text = token(one.token);
  if (!place.prefix.empty())
    return text.starts_with(place.prefix);
  if (text == line_end)
    return true;
  if (place.is_behind_blanks)
    return one.spaced > 0;
  return !place.is_behind_word || one.spaced > 0 || !is_word(text);
}

double learnt_code::weight_of(const successors::successor& one, const caret_place& place) const {
  const bool with_blanks =
    place.prefix.empty() && place.is_behind_blanks && token(one.token) != line_end;
  const double age = now_ - one.last;
  return (with_blanks ? one.spaced : one.count) + lately_bonus * std::exp2(-age / lately_lines);
}

// From the longest context that is known, each shorter one for what it leaves open: PPM
// (Cleary and Witten 1984) with escapes by how many successors are known, as in method
// D, and counts that forget. Contexts are of words and signs: blanks say little.
std::vector<candidate> learnt_code::candidates(const caret_place& place) const {
  weighing found;
  double open = 1;
  const context_hashes hashes = hashes_of(place.context);
  std::vector<std::pair<successors::successor, double>> fitting;  // with their weights
  for (std::size_t order = longest_context; order-- > 0;) {
    if (hashes[order] == 0)
      continue;
    fitting.clear();
    double total = 0;
    after_tokens_.for_each(hashes[order], [&](const successors::successor& one) {
      if (!fits(one, place))
        return;
      fitting.emplace_back(one, weight_of(one, place));
      total += fitting.back().second;
    });
    if (fitting.empty())
      continue;
    const double escape = static_cast<double>(fitting.size()) * escape_each;
    for (const auto& [one, weight] : fitting)
      found.add(one.token, open * weight / (total + escape),
                static_cast<double>(one.spaced) / one.count);
    open *= escape / (total + escape);
  }
  if (!place.prefix.empty()) {
    double share = open * (1 - older_share);
    for (const std::uint32_t like : latest_like(place.prefix)) {
      found.add(like, share, 0);
      share *= older_share;
    }
  }
  return std::move(found).in_order(tokens_);
}

// The tokens that begin so, the one that was used last first.
std::vector<std::uint32_t> learnt_code::latest_like(std::string_view prefix) const {
  constexpr std::size_t looked_at_max = 400;
  std::vector<std::uint32_t> found;
  if (const std::uint32_t exact = tokens_.find(prefix); exact != 0)
    found.push_back(exact);
  tokens_.for_each_longer(prefix, looked_at_max, [&](std::uint32_t number, const auto&) {
    found.push_back(number);
  });
  std::ranges::sort(found, std::ranges::greater{}, [&](std::uint32_t number) {
    return std::pair{tokens_.at(number).last, number};
  });
  return found;
}

std::string learnt_code::ghost(caret_place place, bool is_one_word,
                               std::size_t chars_max) const {
  std::string text;
  double needed = place.prefix.empty() ? sure_at_start : sure_in_word;
  while (text.size() < chars_max) {
    const std::vector<candidate> likely = candidates(place);
    // What is typed may be a whole word already: what goes on is worth showing.
    const auto best = std::ranges::find_if(likely, [&](const candidate& one) {
      return token(one.token).size() > place.prefix.size();
    });
    if (best == likely.end() || best->weight < needed || token(best->token) == line_end)
      break;
    const std::string_view next = token(best->token);
    if (best->is_spaced && place.prefix.empty() && !place.is_behind_blanks)
      text += ' ';
    text += next.substr(place.prefix.size());
    if (is_one_word)
      break;
    place.context.push_back(next);
    place = {std::move(place.context), {}, false, is_word(next)};
    needed = sure_to_go_on;
  }
  return text;
}

bool learnt_code::has_longer(std::string_view prefix) const {
  bool found = false;
  tokens_.for_each_longer(prefix, 1, [&](std::uint32_t, const auto&) { found = true; });
  return found;
}

std::string learnt_code::part_rest(std::string_view prefix) const {
  constexpr std::size_t looked_at_max = 400;
  const std::vector<std::string_view> parts = parts_of(prefix);
  const std::string begun = in_small_letters(parts.back());
  if (begun.size() < (parts.size() > 1 ? later_part_min : whole_part_min))
    return {};
  const vocabulary::entry* latest = nullptr;
  parts_.for_each_longer(begun, looked_at_max, [&](std::uint32_t, const auto& entry) {
    if (latest == nullptr || entry.last > latest->last)
      latest = &entry;
  });
  return latest == nullptr ? std::string{} : latest->text.substr(begun.size());
}

std::string learnt_code::line_rest(std::string_view beginning) const {
  constexpr std::size_t looked_at_max = 64;
  if (beginning.size() < line_beginning_min)
    return {};
  double total = 1;
  const vocabulary::entry* best = nullptr;
  lines_.for_each_longer(beginning, looked_at_max, [&](std::uint32_t, const auto& entry) {
    total += entry.count;
    if (best == nullptr || std::pair{entry.count, entry.last} > std::pair{best->count, best->last})
      best = &entry;
  });
  if (best == nullptr || (best->count + 0.5) / total < sure_of_line)
    return {};
  return best->text.substr(beginning.size());
}

std::string learnt_code::next_line(std::string_view before) const {
  if (before.size() < line_beginning_min)
    return {};
  double total = 0.5;
  successors::successor best;
  after_lines_.for_each(hash_of(before), [&](const successors::successor& one) {
    total += one.count;
    if (std::pair{one.count, one.last} > std::pair{best.count, best.last})
      best = one;
  });
  return best.count / total >= sure_of_line ? lines_.at(best.token).text : std::string{};
}

}  // namespace tandem::ai
