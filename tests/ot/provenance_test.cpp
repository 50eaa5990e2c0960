// Provenance against one author number for each character.
#include "ot/provenance.hpp"

#include "tests/support/cases.hpp"
#include "tests/support/random_op.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace tandem::ot {
namespace {

using test::build;
using test::plan;
using test::random_chars;
using test::random_plan;
using test::random_source;
using test::to_utf8;

using runs = std::vector<origin_run>;

TEST(provenance, of_a_text_that_nobody_changed_is_the_text) {
  EXPECT_EQ(provenance{}.runs(), runs{});
  EXPECT_EQ(provenance{5}.runs(), (runs{{first_text, 5, 0}}));
}

TEST(provenance, a_run_is_its_author_its_length_and_its_place) {
  const origin_run run{1, 2, 3};
  EXPECT_EQ(run, (origin_run{1, 2, 3}));
  for (const origin_run& other : {origin_run{0, 2, 3}, origin_run{1, 1, 3}, origin_run{1, 2, 2}})
    EXPECT_FALSE(run == other);
}

TEST(provenance, tells_who_wrote_what) {
  provenance of{4};
  of.apply(text_op{}.keep(2).insert("ab"), 1);
  of.apply(text_op{}.keep(3).insert("c"), 2);
  EXPECT_EQ(of.runs(), (runs{{first_text, 2, 0}, {1, 1, 0}, {2, 1, 0}, {1, 1, 0}, {first_text, 2, 2}}));
  EXPECT_EQ(of.length_chars(), 7U);
}

TEST(provenance, makes_what_one_author_wrote_in_many_operations_one_run) {
  provenance of;
  for (std::uint32_t i = 0; i < 100; ++i)
    of.apply(text_op{}.keep(i).insert("x"), 1);
  of.apply(text_op{}.insert("x"), 1);
  EXPECT_EQ(of.runs(), (runs{{1, 101, 0}}));
}

TEST(provenance, closes_over_what_was_inserted_into_the_first_text_and_removed_again) {
  provenance of{4};
  of.apply(text_op{}.keep(2).insert("ab"), 1);
  of.apply(text_op{}.keep(2).remove(2), 2);
  EXPECT_EQ(of.runs(), (runs{{first_text, 4, 0}}));
}

TEST(provenance, of_a_text_that_was_emptied_begins_anew) {
  provenance of{4};
  of.apply(text_op{}.remove(4), 1);
  EXPECT_EQ(of.runs(), runs{});
  of.apply(text_op{}.insert("ab"), 1);
  EXPECT_EQ(of.runs(), (runs{{1, 2, 0}}));
}

// Each character with its author and, in the first text, its number there.
using origin = std::pair<author_number, std::uint64_t>;

std::vector<origin> after(const plan& done, author_number author, const std::vector<origin>& text) {
  std::vector<origin> result;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    result.insert(result.end(), done.inserts[i].size(), {author, 0});
    if (i < text.size() && done.removed[i] == 0)
      result.push_back(text[i]);
  }
  return result;
}

runs runs_of(const std::vector<origin>& text) {
  runs result;
  for (const auto& [author, first] : text) {
    const bool goes_on = !result.empty() && result.back().author == author
                         && (author != first_text
                             || result.back().first + result.back().chars == first);
    if (goes_on)
      ++result.back().chars;
    else
      result.push_back({author, 1, first});
  }
  return result;
}

TEST(provenance, follows_any_operations_and_leads_back) {
  test::for_cases(3'000, [](random_source& random) -> std::string {
    std::u32string text = random_chars(random, random.below(60));
    const std::string first = to_utf8(text);
    std::vector<origin> model;
    for (std::size_t i = 0; i < text.size(); ++i)
      model.emplace_back(first_text, i);
    provenance of{text.size()};
    for (std::uint32_t steps = random.below(40); steps > 0; --steps) {
      const plan made = random_plan(random, text.size());
      const author_number author = 1 + random.below(3);
      of.apply(build(made), author);
      model = after(made, author, model);
      text = text_after(made, text);
      if (of.runs() != runs_of(model) || of.length_chars() != text.size())
        return "not whose it is";
    }
    const text_op back = back_to_first_text(of, first);
    if (!test::normal_form_fault(back).empty())
      return "an operation that is not in normal form";
    return ot::apply(back, to_utf8(text)) == first ? "" : "not the first text";
  });
}

}  // namespace
}  // namespace tandem::ot
