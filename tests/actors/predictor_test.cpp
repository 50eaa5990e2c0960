// The local predictor: what it learns it can take back, and never more than it may;
// what an edit costs; and that the memory it says it has is what it has.
#include "actors/ai/learnt_code.hpp"
#include "actors/ai/predictor.hpp"
#include "tests/support/random_text.hpp"

#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdio>
#include <string>
#include <vector>

namespace tandem::test {
namespace {

using ai::predictor;
using ai::predictor_limits;

// A file as its room edits it, with whoever learns from it.
class edited_file {
 public:
  edited_file(predictor& by, predictor::file_key key, const std::string& text = {})
      : by_{by}, key_{key}, text_{text} {
    by_.open(key_, "cpp", text_);
  }
  void insert(std::uint64_t at, const std::string& what) {
    apply(ot::text_op{}.keep(static_cast<std::uint32_t>(at)).insert(what));
  }
  void append(const std::string& what) { insert(text_.chars(), what); }
  void remove(std::uint64_t at, std::uint64_t chars) {
    apply(ot::text_op{}.keep(static_cast<std::uint32_t>(at)).remove(
      static_cast<std::uint32_t>(chars)));
  }
  void apply(const ot::text_op& op) {
    const ot::rope before = text_;
    text_.apply(op);
    by_.edit(key_, before, op, text_);
  }
  std::string ghost() const {
    const ai::prediction found = by_.predict(key_, text_, text_.chars());
    return found.lines.empty() ? std::string{} : found.lines[0].insert;
  }
  const ot::rope& text() const { return text_; }

 private:
  predictor& by_;
  const predictor::file_key key_;
  ot::rope text_;
};

// Code as people write it: few words, often the same.
std::string code(std::size_t lines, std::uint64_t seed = 1) {
  random_source random{seed};
  const char* const words[] = {"room", "file", "text", "send", "find", "found", "limits", "after"};
  std::string text;
  for (std::size_t line = 0; line < lines; ++line) {
    const auto word = [&] { return std::string{words[random.below(8)]}; };
    text += "  const auto " + word() + std::to_string(random.below(200)) + " = " + word() + "."
            + word() + "(" + word() + ");\n";
  }
  return text;
}

// What costs the most for its size: single signs in an order that never repeats.
std::string noise(std::size_t bytes, std::uint64_t seed = 1) {
  random_source random{seed};
  const std::string signs = "{}()[]<>+-*/%&|^!=?:;,.@#$~`";
  std::string text;
  while (text.size() < bytes)
    text += text.size() % 60 == 59 ? '\n'
                                   : signs[random.below(static_cast<std::uint32_t>(signs.size()))];
  return text;
}

// ---- what is taken back ----

TEST(predictor, knows_nothing_of_what_was_removed) {
  predictor learning;
  edited_file file{learning, 1};
  file.append("int answer_of_everything = 42;\nint answer_of_everything = 42;\n");
  file.append("int ans");
  EXPECT_EQ(file.ghost(), "wer_of_everything = 42;");
  file.remove(0, file.text().chars() - 7);
  EXPECT_EQ(file.ghost(), "");
}

// Also where blank lines are many, and lines too long to be learnt.
TEST(predictor, leaves_nothing_of_closed_files_after_random_edits) {
  const std::string parts[] = {"\n", std::string(53, '\n'), "foo(bar, baz)", "x", "  ", "\t\n",
                               "if (it) {\n", std::string(450, 'a'), "ü = 'ä';\r\n", "}\n"};
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    random_source random{seed};
    predictor learning;
    edited_file one{learning, 1, code(20, seed)};
    edited_file other{learning, 2, std::string(60, '\n') + "foo(bar, baz)\n"};
    for (int step = 0; step < 150; ++step) {
      edited_file& edited = random.one_in(3) ? other : one;
      const std::uint32_t chars = edited.text().chars();
      const std::uint32_t at = random.below(chars + 1);
      if (random.one_in(3))
        edited.remove(at, random.below(std::min<std::uint32_t>(chars - at, 200) + 1));
      else
        edited.insert(at, parts[random.below(std::size(parts))]);
      if (random.one_in(5))
        edited.ghost();
    }
    learning.close(1);
    learning.close(2);
    ASSERT_EQ(learning.memory_bytes(), 0U) << "seed " << seed;
  }
}

TEST(predictor, counts_a_file_once_however_often_it_is_opened) {
  predictor learning;
  const ot::rope text{code(50)};
  learning.open(1, "cpp", text);
  learning.open(1, "cpp", text);
  learning.close(1);
  EXPECT_EQ(learning.memory_bytes(), 0U);
}

// ---- what is shown ----

struct shown_case {
  std::string what;
  std::string written;  // before
  std::string typed;    // at the end, in a line of its own
  std::string ghost;
};

TEST(predictor, shows_what_goes_on_with_what_is_typed) {
  const std::string calls = "send(room, text);\nsend(room, text);\nfind(room, text);\n";
  const shown_case cases[] = {
    {"the rest of a word, and what follows it", calls, "  fi", "nd(room, text);"},
    {"a blank where there was one", calls, "x = send(room,", " text);"},
    {"a longer word, when a whole one is typed", "size_max\nsize_max\nsize\n", "a + size", "_max"},
    {"a word of the language that is in no file", calls, "  constex", "pr"},
    {"a part of other words in a new one", "into_iterator next_iterator\n", "NodeIt", "erator"},
    {"the part alone, from three letters on", "into_iterator\n", "ite", "rator"},
    {"nothing where nothing begins so", calls, "  zzz", ""},
  };
  for (const auto& [what, written, typed, ghost] : cases) {
    predictor learning;
    edited_file file{learning, 1, written};
    file.append(typed);
    EXPECT_EQ(file.ghost(), ghost) << what;
  }
}

TEST(predictor, goes_on_with_a_word_before_another_but_not_beyond_it) {
  predictor learning;
  edited_file file{learning, 1, "notify_all(room);\nnotify_all(room);\nother\n"};
  const std::uint64_t line = file.text().chars() - 6;
  file.insert(line, "noti");
  const ai::prediction found = learning.predict(1, file.text(), line + 4);
  ASSERT_EQ(found.lines.size(), 1U);
  EXPECT_EQ(found.lines[0].insert, "fy_all");
  EXPECT_TRUE(learning.predict(1, file.text(), line).lines.empty()) << "nothing is typed there";
}

// ---- limits ----

TEST(predictor, does_not_learn_what_is_pasted_beyond_its_memory) {
  predictor_limits limits;
  limits.memory_bytes = 1U << 20U;
  predictor learning{limits};
  edited_file kept{learning, 1, code(100)};
  std::vector<edited_file> others;
  for (int key = 2; key <= 50; ++key)
    others.emplace_back(learning, key);
  const std::uint64_t one_line = 100U << 10U;
  std::uint64_t seed = 0;
  for (edited_file& file : others)
    for (int times = 0; times < 4; ++times) {
      file.append(noise(10'000, ++seed));
      ASSERT_LE(learning.memory_bytes(), limits.memory_bytes + one_line);
    }
  EXPECT_TRUE(learning.is_learnt(1));
  EXPECT_FALSE(learning.is_learnt(50));
  for (int key = 2; key <= 50; ++key)
    learning.close(key);
  predictor fresh{limits};
  fresh.open(1, "cpp", kept.text());
  EXPECT_LE(learning.memory_bytes(), fresh.memory_bytes() + limits.memory_bytes / 4)
    << "what was forgotten is still there";
}

TEST(predictor, opens_no_file_beyond_its_memory) {
  predictor_limits limits;
  limits.memory_bytes = 1U << 20U;
  predictor learning{limits};
  edited_file kept{learning, 1, code(100)};
  const std::uint64_t before = learning.memory_bytes();
  edited_file refused{learning, 2, noise(200'000)};
  EXPECT_FALSE(learning.is_learnt(2));
  EXPECT_TRUE(learning.is_learnt(1));
  EXPECT_LE(learning.memory_bytes(), before + limits.memory_bytes / 4);
}

TEST(predictor, learns_a_file_anew_that_has_shrunk) {
  predictor_limits limits;
  limits.text_bytes = 10'000;
  predictor learning{limits};
  edited_file file{learning, 1, code(20)};
  const std::uint64_t length = file.text().chars();
  file.append(code(300, 2));
  EXPECT_FALSE(learning.is_learnt(1));
  EXPECT_EQ(learning.memory_bytes(), 0U);
  file.remove(length, file.text().chars() - length);
  EXPECT_TRUE(learning.is_learnt(1));
  predictor fresh;
  fresh.open(1, "cpp", file.text());
  EXPECT_EQ(learning.memory_bytes(), fresh.memory_bytes());
}

TEST(predictor, shares_what_all_may_learn_and_gives_it_back) {
  constexpr std::uint64_t in_all = 1U << 20U;
  predictor_limits limits;
  limits.shared = std::make_shared<ai::learning_budget>(in_all);
  {
    predictor first{limits};
    predictor second{limits};
    first.open(1, "cpp", ot::rope{noise(5'000)});
    EXPECT_TRUE(first.is_learnt(1));
    second.open(1, "cpp", ot::rope{noise(50'000)});
    EXPECT_FALSE(second.is_learnt(1));
    EXPECT_EQ(limits.shared->left_bytes(), 0U);
  }
  EXPECT_EQ(limits.shared->left_bytes(), in_all);
}

// ---- memory and time ----

struct memory_cost {
  double said = 0;  // bytes for each byte of text
  double taken = 0;
};

std::size_t heap_bytes() {
  const struct mallinfo2 heap = mallinfo2();
  return heap.uordblks + heap.hblkhd;
}

memory_cost cost_of(const std::string& text) {
  predictor_limits limits;
  limits.memory_bytes = 1U << 30U;
  const ot::rope learnt{text};
  const std::size_t before = heap_bytes();
  predictor learning{limits};
  learning.open(1, "cpp", learnt);
  const std::size_t after = heap_bytes();
  EXPECT_TRUE(learning.is_learnt(1));
  const auto bytes = static_cast<double>(text.size());
  return {static_cast<double>(learning.memory_bytes()) / bytes,
          static_cast<double>(after - std::min(before, after)) / bytes};
}

// Under a sanitizer's heap nothing is taken that could be asked for.
TEST(predictor, takes_the_memory_that_it_says) {
  for (const std::string& text : {code(8'000), noise(200'000)}) {
    const memory_cost cost = cost_of(text);
    std::printf("%.1f bytes for a byte, %.1f by its own account\n", cost.taken, cost.said);
    EXPECT_LE(cost.taken, cost.said * 1.1);
    if (cost.taken > 0) {
      EXPECT_GE(cost.taken, cost.said * 0.8);
    }
  }
  EXPECT_LE(cost_of(code(8'000)).said, 25);
  EXPECT_LE(cost_of(noise(200'000)).said, 120);
}

TEST(predictor, learns_no_more_of_a_long_text_than_an_edit_touches) {
  predictor learning;
  edited_file file{learning, 1, code(10'000)};
  ASSERT_TRUE(learning.is_learnt(1));
  const std::uint64_t before = learning.lines_learnt();
  constexpr int edits = 100;
  for (int i = 0; i < edits; ++i)
    file.insert(200'000 + static_cast<std::uint64_t>(i), "x");
  EXPECT_LE(learning.lines_learnt() - before, 2U * edits);
}

}  // namespace
}  // namespace tandem::test
