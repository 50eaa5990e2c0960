// A small world in full: every text of up to 3 characters over {a, 😀, line
// feed}, every triple of small edits by three clients who type at once, every
// order in which the server may take them. All reach the text that the tie rule
// asks for.
#include "ot/document.hpp"
#include "tests/support/model_client.hpp"
#include "tests/support/ops.hpp"
#include "tests/support/random_op.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem::ot {
namespace {

using test::model_client;
using test::plan;
using test::to_utf8;

constexpr std::size_t clients = 3;
constexpr std::u32string_view symbols = U"a😀\n";

std::vector<std::u32string> all_texts() {
  std::vector<std::u32string> texts{U""};
  for (std::size_t i = 0; texts[i].size() < 3; ++i)
    for (const char32_t symbol : symbols)
      texts.push_back(texts[i] + symbol);
  return texts;
}

struct small_edit {
  test::plan plan;
  text_op op;
};

// Nothing, an insertion anywhere, and any range removed with or without an
// insertion at one of its ends.
std::vector<small_edit> all_edits(std::size_t length, char32_t inserted) {
  std::vector<plan> plans(1, plan{length});
  for (std::size_t at = 0; at <= length; ++at) {
    plans.emplace_back(length).inserts[at] = {inserted};
    for (std::size_t end = at + 1; end <= length; ++end) {
      plan removing{length};
      std::fill(removing.removed.begin() + at, removing.removed.begin() + end, 1);
      plans.push_back(removing);
      for (const std::size_t place : {at, end}) {
        plans.push_back(removing);
        plans.back().inserts[place] = {inserted};
      }
    }
  }
  std::vector<small_edit> edits;
  for (const plan& made : plans)
    edits.push_back({made, test::build(made)});
  return edits;
}

using edits = std::array<const small_edit*, clients>;
using order = std::array<std::size_t, clients>;

// The text after the plans in that order, each carried over those before it one
// by one, as left: of two insertions at one place the later stands left.
std::string expected_text(const std::u32string& text, const edits& made, const order& taken) {
  std::u32string result = text;
  std::vector<plan> committed;
  for (const std::size_t who : taken) {
    plan next = made[who]->plan;
    for (const plan& earlier : committed)
      next = test::transformed(next, earlier, side::left);
    result = test::text_after(next, result);
    committed.push_back(std::move(next));
  }
  return to_utf8(result);
}

client_id name(std::size_t number) {
  return {{static_cast<std::uint8_t>(number)}};
}

// One behaviour: all type, the server takes the edits in that order, everybody
// hears of them. Empty if all end in the expected text.
std::string fault_of(const std::string& text, const edits& made, const order& taken,
                     const std::string& expected) {
  document file{{}, 0, rope{text}};
  std::array<model_client, clients> world;
  std::array<edit, clients> sent;
  for (std::size_t i = 0; i < clients; ++i) {
    world[i].id = name(i);
    world[i].text = text;
    sent[i] = *world[i].type(made[i]->op);
  }
  for (const std::size_t who : taken)
    if (file.submit(sent[who]).result != outcome::committed)
      return "an edit was not committed";
  file.confirm(clients);
  for (model_client& client : world) {
    for (revision rev = 1; rev <= clients; ++rev) {
      const committed_op& next = file.operations().at(rev);
      if (next.client == client.id)
        client.acknowledge(rev);
      else
        client.receive(next.op, rev);
    }
    if (client.text != expected)
      return "a client has " + test::json_string(client.text);
  }
  const std::string reached = file.text().to_string();
  return reached == expected ? "" : "the server has " + test::json_string(reached);
}

std::string shown(const edits& made, const order& taken) {
  std::string all;
  for (const std::size_t who : taken)
    all += " " + test::to_json(made[who]->op);
  return all;
}

void explore(const std::u32string& text, std::uint64_t& behaviours) {
  const std::string start = to_utf8(text);
  std::array<std::vector<small_edit>, clients> choices;
  for (std::size_t i = 0; i < clients; ++i)
    choices[i] = all_edits(text.size(), symbols[i]);
  for (const small_edit& a : choices[0]) {
    for (const small_edit& b : choices[1]) {
      for (const small_edit& c : choices[2]) {
        const edits made{&a, &b, &c};
        order taken{0, 1, 2};
        do {
          const std::string expected = expected_text(text, made, taken);
          const std::string fault = fault_of(start, made, taken, expected);
          ASSERT_TRUE(fault.empty()) << fault << ", not " << test::json_string(expected)
                                     << ", from " << test::json_string(start) << " by"
                                     << shown(made, taken);
          ++behaviours;
        } while (std::next_permutation(taken.begin(), taken.end()));
      }
    }
  }
}

TEST(small_world, three_clients_who_type_at_once_reach_one_text) {
  std::uint64_t behaviours = 0;
  for (const std::u32string& text : all_texts()) {
    explore(text, behaviours);
    if (HasFatalFailure())
      return;
  }
  std::printf("%llu behaviours\n", static_cast<unsigned long long>(behaviours));
  EXPECT_GE(behaviours, 100'000U);
}

}  // namespace
}  // namespace tandem::ot
