// What the local predictor saves of typing, beside plain word completion, and what
// it costs: editing traces, of which the last fifth is held out (the predictor has
// followed what is before, and goes on learning), and a file of this project's own
// that is typed into a room with its folder's other files.
//
//   bench_completion [--traces DIR] [--source DIR]
//
// The user types what the history says. A run is what is inserted character by
// character at successive places; whatever else happens is no keystroke. At each
// point of a run the user sees one ghost text, and
//   - takes all of it if that is what comes next in the run: one keystroke;
//   - or its first word, if that comes next and is longer than one character: one;
//   - or types one character.
// With word completion the user is offered the identifier of the room's files that
// begins with what is typed of one (one character at least) and was used last, and
// takes it if its rest comes next: one keystroke.
//
// It ends with 2 if a share saved is less than 1.5 times that of word completion, with
// 1 if the texts went wrong. Times are printed and decide nothing.
#include "actors/ai/code_tokens.hpp"
#include "actors/ai/predictor.hpp"
#include "actors/ai/vocabulary.hpp"
#include "ot/utf8.hpp"
#include "tests/support/trace_reader.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace tandem {
namespace {

constexpr ai::predictor::file_key edited_file = 1;

using edits = std::vector<test::trace_patch>;

ot::text_op op_of(const test::trace_patch& patch) {
  ot::text_op op;
  op.keep(static_cast<std::uint32_t>(patch.position))
    .insert(patch.inserted)
    .remove(static_cast<std::uint32_t>(patch.removed));
  return op;
}

class stopwatch {
 public:
  template <class F>
  auto time(F work) {
    const auto start = std::chrono::steady_clock::now();
    auto result = work();
    us_.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start)
                    .count());
    return result;
  }
  double percentile(double share) {
    if (us_.empty())
      return 0;
    const auto at = us_.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(us_.size() - 1));
    std::ranges::nth_element(us_, at);
    return *at;
  }

 private:
  std::vector<double> us_;
};

// Something that offers a text at the caret.
class helper {
 public:
  virtual ~helper() = default;
  virtual void edited(const ot::rope& before, const ot::text_op& op, const ot::rope& after) = 0;
  virtual std::string offer(const ot::rope& text, std::uint64_t caret) = 0;
};

class ghost_helper final : public helper {
 public:
  explicit ghost_helper(std::string language) : language_{std::move(language)} {
    predictor.open(edited_file, language_, ot::rope{});
  }
  void edited(const ot::rope& before, const ot::text_op& op, const ot::rope& after) override {
    edit_times.time([&] {
      predictor.edit(edited_file, before, op, after);
      return 0;
    });
  }
  std::string offer(const ot::rope& text, std::uint64_t caret) override {
    const ai::prediction found =
      predict_times.time([&] { return predictor.predict(edited_file, text, caret); });
    return found.lines.empty() ? std::string{} : found.lines[0].insert;
  }

  ai::predictor predictor;
  stopwatch edit_times;
  stopwatch predict_times;

 private:
  std::string language_;
};

// The identifier that was used last, of those that begin as what is typed.
class word_helper final : public helper {
 public:
  void learn(std::string_view text) {
    ++now_;
    for (const std::string_view token : ai::tokens_of(text))
      if (ai::is_identifier(token))
        words_.add(token, now_);
  }
  void edited(const ot::rope& before, const ot::text_op& op, const ot::rope& after) override {
    each_line(before, op, false, [&](const std::string& line) {
      for (const std::string_view token : ai::tokens_of(line))
        if (ai::is_identifier(token))
          words_.take_back(token);
    });
    each_line(after, op, true, [&](const std::string& line) { learn(line); });
  }
  std::string offer(const ot::rope& text, std::uint64_t caret) override {
    const std::uint64_t from = caret - std::min<std::uint64_t>(caret, 80);
    const std::string before = text.substring(from, caret - from);
    std::size_t begin = before.size();
    while (begin > 0 && ai::kind_of(before[begin - 1]) == ai::token_kind::word)
      --begin;
    const std::string_view prefix = std::string_view{before}.substr(begin);
    if (!ai::is_identifier(prefix))
      return {};
    const ai::vocabulary::entry* best = nullptr;
    words_.for_each_longer(prefix, 100'000, [&](std::uint32_t, const ai::vocabulary::entry& entry) {
      if (best == nullptr || entry.last > best->last)
        best = &entry;
    });
    return best == nullptr ? std::string{} : best->text.substr(prefix.size());
  }

 private:
  // The whole lines around the only place of a patch, before or after it.
  template <class F>
  static void each_line(const ot::rope& text, const ot::text_op& op, bool is_after, F each) {
    std::uint64_t at = 0;
    for (const ot::component& part : op.components())
      if (part.kind == ot::component_kind::keep)
        at = part.chars;
    const std::uint64_t length = is_after ? op.inserted_chars() : op.removed_chars();
    const std::uint64_t first = text.before(ot::text_unit::chars, at).lines;
    const std::uint64_t last = text.before(ot::text_unit::chars, at + length).lines;
    const std::uint64_t from = first == 0 ? 0 : text.before(ot::text_unit::lines, first).chars;
    const std::uint64_t to = text.before(ot::text_unit::lines, last + 1).chars;
    const bool is_end = text.before(ot::text_unit::lines, last + 1).lines <= last;
    each(text.substring(from, (is_end ? text.chars() : to) - from));
  }

  ai::vocabulary words_;
  std::uint32_t now_ = 0;
};

// ---- the user ----

struct outcome {
  std::uint64_t typed = 0;       // characters, without help
  std::uint64_t keystrokes = 0;  // with it
  std::uint64_t shown = 0;       // ghost texts that were seen first, or were others
  std::uint64_t right = 0;       // of those, the first word came next
  double saved() const {
    return typed == 0 ? 0
                      : static_cast<double>(typed - keystrokes) / static_cast<double>(typed);
  }
};

bool is_keystroke(const test::trace_patch& patch) {
  return patch.removed == 0 && ot::count_chars(patch.inserted) == 1;
}

// A word with the blanks and signs before it, as editors take one.
std::string_view first_word(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && ai::kind_of(text[end]) == ai::token_kind::blank)
    ++end;
  if (end < text.size() && ai::kind_of(text[end]) == ai::token_kind::sign)
    return text.substr(0, end + 1);
  while (end < text.size() && ai::kind_of(text[end]) == ai::token_kind::word)
    ++end;
  return text.substr(0, end);
}

class user {
 public:
  user(helper& with, ot::rope text) : helper_{with}, text_{std::move(text)} {}

  void watch(const test::trace_patch& patch) {
    const ot::rope before = text_;
    const ot::text_op op = op_of(patch);
    text_.apply(op);
    helper_.edited(before, op, text_);
  }

  // One run.
  void type(std::span<const test::trace_patch> run) {
    std::string rest;
    for (const test::trace_patch& patch : run)
      rest += patch.inserted;
    std::string_view left = rest;
    std::string last_offer;
    for (std::size_t at = 0; at < run.size();) {
      const std::string offer = helper_.offer(text_, run[at].position);
      note(offer, last_offer, left);
      const std::size_t taken = take(offer, left);
      last_offer = offer.size() > taken ? offer.substr(taken) : std::string{};
      done.keystrokes += 1;
      for (std::size_t bytes = taken; bytes > 0; ++at) {
        bytes -= run[at].inserted.size();
        left.remove_prefix(run[at].inserted.size());
        ++done.typed;
        watch(run[at]);
      }
    }
  }

  const ot::rope& text() const { return text_; }
  outcome done;

 private:
  // How many bytes one keystroke brings.
  static std::size_t take(std::string_view offer, std::string_view left) {
    const std::size_t character = std::max<std::size_t>(1, ot::byte_offset(left, 1));
    if (offer.empty())
      return character;
    if (left.starts_with(offer))
      return std::max(character, offer.size());
    const std::string_view word = first_word(offer);
    return left.starts_with(word) ? std::max(character, word.size()) : character;
  }

  void note(const std::string& offer, const std::string& last, std::string_view left) {
    if (offer.empty() || offer == last)
      return;
    ++done.shown;
    done.right += left.starts_with(first_word(offer)) ? 1 : 0;
  }

  helper& helper_;
  ot::rope text_;
};

outcome play(helper& with, ot::rope start, const edits& all, std::size_t held_out_from,
             const std::string& end) {
  user one{with, std::move(start)};
  for (std::size_t at = 0; at < all.size();) {
    std::size_t run = at;
    while (run < all.size() && is_keystroke(all[run])
           && (run == at || all[run].position == all[run - 1].position + 1))
      ++run;
    if (at < held_out_from || run == at) {
      one.watch(all[at++]);
      continue;
    }
    one.type(std::span{all}.subspan(at, run - at));
    at = run;
  }
  if (one.text().to_string() != end) {
    std::fprintf(stderr, "bench_completion: the text is not what was typed\n");
    std::exit(1);
  }
  return one.done;
}

constexpr double ratio_goal = 1.5;
constexpr int ratio_missed = 2;

// Whether the goal is met.
bool report(const std::string& name, const outcome& ghosts, const outcome& words,
            ghost_helper& helper) {
  const double ratio = words.saved() > 0 ? ghosts.saved() / words.saved() : 0;
  std::printf(
    "%-18s %7llu typed: saved %5.1f %%, word completion %5.1f %%: %.2f x  goal 1.5: %s\n"
    "%-18s shown %llu, first word right %.0f %%; predict p50 %.0f us, p99 %.0f us (goal 5000: %s); "
    "edit p50 %.1f us, p99 %.0f us; %llu KiB\n",
    name.c_str(), static_cast<unsigned long long>(ghosts.typed), 100 * ghosts.saved(),
    100 * words.saved(), ratio, ratio >= ratio_goal ? "met" : "missed", "",
    static_cast<unsigned long long>(ghosts.shown),
    ghosts.shown == 0 ? 0.0
                      : 100.0 * static_cast<double>(ghosts.right) / static_cast<double>(ghosts.shown),
    helper.predict_times.percentile(0.5), helper.predict_times.percentile(0.99),
    helper.predict_times.percentile(0.99) <= 5'000 ? "met" : "missed",
    helper.edit_times.percentile(0.5), helper.edit_times.percentile(0.99),
    static_cast<unsigned long long>(helper.predictor.memory_bytes() >> 10U));
  return ratio >= ratio_goal;
}

bool bench_trace(const test::trace& trace) {
  edits all;
  std::size_t held_out_from = 0;
  for (std::size_t txn = 0; txn < trace.txns.size(); ++txn) {
    if (txn == trace.txns.size() * 4 / 5)
      held_out_from = all.size();
    all.insert(all.end(), trace.txns[txn].patches.begin(), trace.txns[txn].patches.end());
  }
  ghost_helper ghosts{trace.name == "rustcode" ? "rust" : "html"};
  const outcome with_ghosts = play(ghosts, ot::rope{trace.start}, all, held_out_from, trace.end);
  word_helper words;
  const outcome with_words = play(words, ot::rope{trace.start}, all, held_out_from, trace.end);
  return report(trace.name, with_ghosts, with_words, ghosts);
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// Line by line; the indentation comes by itself, as in editors.
edits typing_of(const std::string& text) {
  edits all;
  std::uint64_t at = 0;
  bool is_indentation = true;
  std::string indentation;
  const auto flush = [&] {
    if (!indentation.empty())
      all.push_back({at, 0, indentation});
    at += ot::count_chars(indentation);
    indentation.clear();
  };
  for (std::size_t byte = 0; byte < text.size();) {
    const std::size_t size = ot::byte_offset(std::string_view{text}.substr(byte), 1);
    const std::string one = text.substr(byte, size);
    byte += size;
    if (is_indentation && one == " ") {
      indentation += one;
      continue;
    }
    flush();
    is_indentation = one == "\n";
    all.push_back({at++, 0, one});
  }
  flush();
  return all;
}

bool bench_source(const std::filesystem::path& folder, const std::string& name) {
  ghost_helper ghosts{"cpp"};
  word_helper words;
  ai::predictor::file_key key = edited_file;
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator{folder})
    if (entry.is_regular_file() && entry.path().filename() != name)
      paths.push_back(entry.path());
  std::ranges::sort(paths);
  for (const auto& path : paths) {
    const std::string text = read_file(path);
    ghosts.predictor.open(++key, "cpp", ot::rope{text});
    words.learn(text);
  }
  const std::string text = read_file(folder / name);
  const edits all = typing_of(text);
  const outcome with_ghosts = play(ghosts, ot::rope{}, all, 0, text);
  const outcome with_words = play(words, ot::rope{}, all, 0, text);
  return report(name, with_ghosts, with_words, ghosts);
}

int run(int count, char** words) {
  std::filesystem::path traces = TANDEM_TRACES_DIR;
  std::filesystem::path source = TANDEM_SOURCE_DIR;
  for (int i = 1; i + 1 < count; i += 2) {
    if (std::string_view{words[i]} == "--traces")
      traces = words[i + 1];
    else if (std::string_view{words[i]} == "--source")
      source = words[i + 1];
  }
  bool is_met = true;
  const auto folder = test::trace_folder(traces);
  if (folder.empty())
    std::printf("skipped: there is no folder of traces (--traces DIR)\n");
  else
    for (const auto& file : test::trace_files(folder)) {
      const test::trace trace = test::read_trace(file);
      if (!trace.concurrent && (trace.name == "rustcode" || trace.name == "sveltecomponent"))
        is_met = bench_trace(trace) && is_met;
    }
  is_met = bench_source(source / "actors", "session_core.cpp") && is_met;
  return is_met ? EXIT_SUCCESS : ratio_missed;
}

}  // namespace
}  // namespace tandem

int main(int count, char** words) {
  return tandem::run(count, words);
}
