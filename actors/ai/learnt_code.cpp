#include "actors/ai/learnt_code.hpp"

#include "actors/ai/code_tokens.hpp"
#include "ot/utf8.hpp"

#include <algorithm>
#include <array>
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

std::vector<std::string_view> whole_tokens_of(std::string_view line) {
  std::vector<std::string_view> own = tokens_of(line);
  own.push_back(line_end);
  return own;
}

}  // namespace

std::vector<std::string_view> context_behind(std::string_view line_before) {
  std::vector<std::string_view> context = tokens_of(trimmed(line_before));
  if (context.size() > 2)
    context.erase(context.begin(), context.end() - 2);
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
  after_lines_.add(hash_of(trimmed(before)), lines_.add(code, now_), now_);
  learn_tokens(whole_tokens_of(code), before);
}

void learnt_code::learn_tokens(const std::vector<std::string_view>& own,
                               std::string_view before) {
  std::vector<std::string_view> context = context_behind(before);
  for (const std::string_view token : own) {
    const std::uint32_t known = tokens_.add(token, now_);
    for (const std::uint64_t hash : hashes_of(context))
      if (hash != 0)
        after_tokens_.add(hash, known, now_);
    context.push_back(token);
  }
}

void learnt_code::take_back(std::string_view line, std::string_view before) {
  if (!is_learnt(line))
    return;
  const std::string_view code = trimmed(line);
  after_lines_.take_back(hash_of(trimmed(before)), lines_.find(code));
  lines_.take_back(code);
  take_back_tokens(whole_tokens_of(code), before);
}

void learnt_code::take_back_tokens(const std::vector<std::string_view>& own,
                                   std::string_view before) {
  std::vector<std::string_view> context = context_behind(before);
  for (const std::string_view token : own) {
    const std::uint32_t known = tokens_.find(token);
    for (const std::uint64_t hash : hashes_of(context))
      if (hash != 0)
        after_tokens_.take_back(hash, known);
    tokens_.take_back(token);
    context.push_back(token);
  }
}

// ---- predicting ----

namespace {

// Weights by token.
class weighing {
 public:
  void add(std::uint32_t token, double weight) {
    const auto [place, is_new] = places_.try_emplace(token, found_.size());
    if (is_new)
      found_.push_back({token, weight});
    else
      found_[place->second].weight += weight;
  }
  // Of two that weigh the same the one that was used last comes first.
  std::vector<candidate> in_order(const vocabulary& tokens) && {
    std::ranges::sort(found_, std::ranges::greater{}, [&](const candidate& one) {
      return std::pair{one.weight, tokens.at(one.token).last};
    });
    return std::move(found_);
  }

 private:
  std::vector<candidate> found_;
  std::unordered_map<std::uint32_t, std::size_t> places_;
};

}  // namespace

// From the longest context that is known, each shorter one for what it leaves open:
// PPM with method C's escapes (Moffat 1990). What was used last counts twice.
std::vector<candidate> learnt_code::candidates(const std::vector<std::string_view>& context,
                                               std::string_view prefix) const {
  weighing found;
  double open = 1;
  const context_hashes hashes = hashes_of(context);
  std::vector<successors::successor> fitting;
  for (std::size_t order = longest_context; order-- > 0;) {
    if (hashes[order] == 0)
      continue;
    fitting.clear();
    double total = 0;
    std::uint32_t latest = 0;
    after_tokens_.for_each(hashes[order], [&](const successors::successor& one) {
      if (!token(one.token).starts_with(prefix))
        return;
      total += one.count;
      latest = std::max(latest, one.last);
      fitting.push_back(one);
    });
    if (fitting.empty())
      continue;
    const double distinct = static_cast<double>(fitting.size());
    const double all = total + 1 + distinct / 2;
    for (const successors::successor& one : fitting)
      found.add(one.token, open * (one.count + (one.last == latest ? 1.0 : 0.0)) / all);
    open *= distinct / 2 / all;
  }
  if (!prefix.empty()) {
    double share = open * 0.5;
    for (const std::uint32_t like : latest_like(prefix)) {
      found.add(like, share);
      share *= 0.6;
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

std::string learnt_code::ghost(std::vector<std::string_view> context, std::string_view prefix,
                               bool is_one_word, std::size_t chars_max) const {
  std::string text;
  double needed = prefix.empty() ? sure_at_start : sure_in_word;
  while (text.size() < chars_max) {
    const std::vector<candidate> likely = candidates(context, prefix);
    if (likely.empty() || likely[0].weight < needed)
      break;
    const std::string_view next = token(likely[0].token);
    if (next == line_end || next.size() == prefix.size())
      break;
    text += next.substr(prefix.size());
    if (is_one_word)
      break;
    context.push_back(next);
    prefix = {};
    needed = sure_to_go_on;
  }
  return text;
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
