// Editing histories of real people: the sequential ones through the rope, the
// concurrent one through the document as its two clients would have sent it.
#include "ot/document.hpp"
#include "ot/rope.hpp"
#include "ot/transform.hpp"
#include "tests/support/trace_reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace tandem::ot {
namespace {

using test::trace;
using test::trace_patch;
using test::trace_txn;

// The traces of one kind; none if there is no folder of them.
std::vector<trace> traces(bool concurrent) {
  std::vector<trace> all;
  for (const auto& file : test::trace_files(test::trace_folder(TANDEM_TRACES_DIR)))
    if (trace one = test::read_trace(file); one.concurrent == concurrent)
      all.push_back(std::move(one));
  return all;
}

constexpr const char* absent =
  "no folder of editing traces: set TANDEM_TRACES or configure with -DTANDEM_TRACES=DIR";

text_op op_of(const trace_patch& patch) {
  text_op op;
  op.keep(static_cast<std::uint32_t>(patch.position));
  op.remove(static_cast<std::uint32_t>(patch.removed)).insert(patch.inserted);
  return op;
}

text_op op_of(const trace_txn& txn) {
  text_op op;
  for (const trace_patch& patch : txn.patches)
    op = compose(op, op_of(patch));
  return op;
}

TEST(traces, a_rope_ends_in_the_recorded_text) {
  const std::vector<trace> all = traces(false);
  if (all.empty())
    GTEST_SKIP() << absent;
  for (const trace& each : all) {
    rope text{each.start};
    for (const trace_txn& txn : each.txns) {
      for (const trace_patch& patch : txn.patches) {
        ASSERT_LE(patch.position + patch.removed, text.chars()) << each.name;
        text.remove(patch.position, patch.removed);
        text.insert(patch.position, patch.inserted);
      }
    }
    text.check();
    EXPECT_EQ(text.to_string(), each.end) << each.name;
  }
}

TEST(traces, the_composed_history_of_a_trace_is_its_text) {
  const std::vector<trace> all = traces(false);
  if (all.empty())
    GTEST_SKIP() << absent;
  for (const trace& each : all) {
    history past{0, rope{each.start}.chars()};
    for (const trace_txn& txn : each.txns)
      past.append({op_of(txn), {}, 0, 0, 0});
    EXPECT_EQ(ot::apply(past.composed(0, past.head()), each.start), each.end) << each.name;
  }
}

// How much of the server's order each transaction had seen: all transactions
// before that index. Its own agent's are known to it besides.
//
// A parent by somebody else had been seen whole, so everything up to it was; a
// parent by the agent itself adds what that one had seen.
std::vector<std::size_t> seen_prefixes(const trace& recorded) {
  std::vector<std::size_t> seen;
  for (const trace_txn& txn : recorded.txns) {
    std::size_t prefix = 0;
    for (const std::size_t parent : txn.parents) {
      const bool own = recorded.txns[parent].agent == txn.agent;
      prefix = std::max(prefix, own ? seen[parent] : parent + 1);
    }
    seen.push_back(prefix);
  }
  return seen;
}

// What one author has: a revision of the server, and its own edits that are not
// in it yet, each made on the text with those before it.
struct author {
  client_id id;
  revision rev = 0;
  std::deque<text_op> pending;
  rope text;

  // Takes in the server's operations up to `to`. An own one is the oldest
  // pending one; over all others the pending ones are carried one by one.
  void follow(const history& past, revision to) {
    while (rev < to) {
      const committed_op& next = past.at(++rev);
      if (next.client == id) {
        pending.pop_front();
        continue;
      }
      text_op theirs = next.op;
      for (text_op& mine : pending) {
        text_op carried = transform(mine, theirs, side::left);
        theirs = transform(theirs, mine, side::right);
        mine = std::move(carried);
      }
      text.apply(theirs);
    }
  }
};

// Replays a concurrent trace in its file order, which is a legal order for a
// central server.
//
// Transaction i by author X was typed when X had seen the prefix seen[i] and all
// of its own. With one edit in flight, X sends it when the one before has been
// acknowledged, so its base is the later of seen[i] and the revision of X's last
// edit. Up to there X carries it over what arrives, behind its older pending
// edits; from there on the server carries it. The author goes on typing on the
// text at seen[i]: what it sends is made by a copy that has followed further.
struct replay {
  explicit replay(const trace& recorded)
      : trace{recorded},
        seen{seen_prefixes(recorded)},
        file{{.history_ops = recorded.txns.size()}, 0, rope{recorded.start}},
        authors(recorded.agents),
        last(recorded.agents, 0) {
    for (std::size_t i = 0; i < authors.size(); ++i) {
      authors[i].id = {{static_cast<std::uint8_t>(i + 1)}};
      authors[i].text = rope{recorded.start};
    }
  }

  void take(std::size_t index) {
    const trace_txn& txn = trace.txns[index];
    author& who = authors[txn.agent];
    who.follow(file.operations(), std::max<revision>(seen[index], who.rev));
    const text_op op = op_of(txn);
    ASSERT_LE(op.reach_chars(), who.text.chars());
    who.text.apply(op);
    who.pending.push_back(op);

    author sender = who;
    const revision base = std::max(who.rev, last[txn.agent]);
    sender.follow(file.operations(), base);
    ASSERT_EQ(sender.pending.size(), 1U);
    const submitted result =
      file.submit({who.id, index + 1, base, std::move(sender.pending.front()), txn.agent});
    ASSERT_EQ(result.result, outcome::committed);
    ASSERT_EQ(result.rev, index + 1);
    carried += file.head() - 1 - base;
    last[txn.agent] = result.rev;
    if (index % 3 == 0)
      file.confirm(file.head());
  }

  const test::trace& trace;
  std::vector<std::size_t> seen;
  document file;
  std::vector<author> authors;
  std::vector<revision> last;  // of each author, the revision of its last edit
  std::uint64_t carried = 0;   // transformations by the server
};

TEST(traces, two_people_typing_at_once_end_in_the_recorded_text) {
  const std::vector<trace> all = traces(true);
  if (all.empty())
    GTEST_SKIP() << absent;
  for (const trace& each : all) {
    replay run{each};
    for (std::size_t i = 0; i < each.txns.size(); ++i) {
      run.take(i);
      if (HasFatalFailure())
        return;
    }
    run.file.confirm(run.file.head());
    run.file.check();
    EXPECT_EQ(run.file.text().to_string(), each.end) << each.name;
    for (author& who : run.authors) {
      who.follow(run.file.operations(), run.file.head());
      EXPECT_EQ(who.text.to_string(), each.end) << each.name;
    }
    std::printf("%s: %zu edits, %.2f carried over each by the server\n", each.name.c_str(),
                each.txns.size(),
                static_cast<double>(run.carried) / static_cast<double>(each.txns.size()));
  }
}

}  // namespace
}  // namespace tandem::ot
