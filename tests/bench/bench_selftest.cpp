// Tests of the benchmarks themselves: a measurement by clients that go wrong
// says nothing. The transform is held against brute force, the framing against
// the RFC, and the client's state machine against a model server that composes,
// refuses and limits at random.
#include "tests/bench/json_scan.hpp"
#include "tests/bench/latency_book.hpp"
#include "tests/bench/replica.hpp"
#include "tests/bench/text_edit.hpp"
#include "tests/bench/websocket.hpp"
#include "tests/support/random_text.hpp"

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>
#include <vector>

namespace tandem::bench {
namespace {

using test::random_source;

void expect(bool holds, const std::string& what) {
  if (holds)
    return;
  std::fprintf(stderr, "bench_selftest: %s\n", what.c_str());
  std::exit(1);
}

// What an edit does, gap by gap and character by character: every canonical
// edit that inserts at most once between two characters is one plan.
struct edit_plan {
  std::vector<std::string> inserts;  // inserts[i]: before character i; the last: at the end
  std::vector<char> removed;
};

edit_plan random_plan(random_source& random, std::size_t length_chars) {
  edit_plan plan{std::vector<std::string>(length_chars + 1), std::vector<char>(length_chars)};
  for (std::uint32_t edits = random.below(4); edits > 0; --edits) {
    const std::uint32_t at = random.below(length_chars + 1);
    if (random.one_in(2))
      plan.inserts[at] +=
        std::string(1 + random.below(2), static_cast<char>('a' + random.below(26)));
    else
      std::fill_n(plan.removed.begin() + at, random.below(length_chars - at + 1), 1);
  }
  return plan;
}

text_edit build(const edit_plan& plan) {
  text_edit edit;
  for (std::size_t i = 0; i < plan.inserts.size(); ++i) {
    edit.insert(plan.inserts[i]);
    if (i < plan.removed.size() && plan.removed[i] != 0)
      edit.remove(1);
    else
      edit.keep(1);
  }
  return edit;
}

// What `mine` must become, read off the two plans.
text_edit transformed(const edit_plan& mine, const edit_plan& theirs) {
  text_edit edit;
  for (std::size_t i = 0; i < mine.inserts.size(); ++i) {
    edit.insert(mine.inserts[i]).keep(theirs.inserts[i].size());
    if (i == mine.removed.size() || theirs.removed[i] != 0)
      continue;
    if (mine.removed[i] != 0)
      edit.remove(1);
    else
      edit.keep(1);
  }
  return edit;
}

std::string text_after(const edit_plan& plan, const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < plan.inserts.size(); ++i) {
    result += plan.inserts[i];
    if (i < text.size() && plan.removed[i] == 0)
      result += text[i];
  }
  return result;
}

std::string random_letters(random_source& random, std::size_t length_chars) {
  std::string text;
  while (text.size() < length_chars)
    text += static_cast<char>('A' + random.below(26));
  return text;
}

void test_transform() {
  random_source random{1};
  for (int round = 0; round < 300'000; ++round) {
    const std::string text = random_letters(random, random.below(9));
    const edit_plan mine = random_plan(random, text.size());
    const edit_plan theirs = random_plan(random, text.size());
    const text_edit edit = build(mine);
    const std::string json = to_json(edit);
    const auto parsed = parse_edit(json);
    expect(parsed && to_json(*parsed) == json, "an edit is not read as it was printed: " + json);
    std::string applied = text;
    expect(apply(edit, applied) && applied == text_after(mine, text), "apply is wrong: " + json);
    const std::string got = to_json(transform_left(edit, build(theirs)));
    expect(got == to_json(transformed(mine, theirs)),
           json + " over " + to_json(build(theirs)) + " became " + got);
  }
}

void test_refusals() {
  for (const char* const json : {"", "{}", "[1", "[-1]", "[\"a\\n\"]", "[\"\xC3\xA9\"]", "[{}]",
                                 "[{\"d\":\"1\"}]", "[null]", "[1,]"})
    expect(!parse_edit(json), std::string{"an edit that is none was read: "} + json);
  std::string text = "ab";
  expect(!apply(text_edit{}.keep(1).remove(2), text) && text == "ab", "an edit beyond the text");
}

// What can be composed: each character is an old one, by its place, or a new one.
struct cell {
  std::size_t old_place;
  char letter;
};
constexpr std::size_t is_new = std::string::npos;

void apply_to_cells(const text_edit& edit, std::vector<cell>& cells) {
  std::size_t at = 0;
  for (const edit_part& part : edit.parts()) {
    const auto place = cells.begin() + static_cast<std::ptrdiff_t>(at);
    if (part.kind == part_kind::remove) {
      cells.erase(place, place + static_cast<std::ptrdiff_t>(part.chars));
      continue;
    }
    if (part.kind == part_kind::insert)
      for (std::size_t i = 0; i < part.chars; ++i)
        cells.insert(cells.begin() + static_cast<std::ptrdiff_t>(at + i), {is_new, part.text[i]});
    at += part.chars;
  }
}

// The edits `history[from … rev)` in one.
text_edit composed(const std::vector<text_edit>& history, std::size_t from, std::size_t rev,
                   const std::string& text_at_from) {
  std::vector<cell> cells;
  for (std::size_t i = 0; i < text_at_from.size(); ++i)
    cells.push_back({i, text_at_from[i]});
  for (std::size_t i = from; i < rev; ++i)
    apply_to_cells(history[i], cells);
  text_edit edit;
  std::size_t next_old = 0;
  for (const cell& one : cells) {
    if (one.old_place == is_new) {
      edit.insert({&one.letter, 1});
      continue;
    }
    edit.remove(one.old_place - next_old).keep(1);
    next_old = one.old_place + 1;
  }
  return edit.remove(text_at_from.size() - next_old);
}

// A server in memory that keeps docs/protocol.md's grouping rule and otherwise
// does what it likes: it delays, composes, refuses and limits at random.
class model_server {
 public:
  model_server(std::size_t clients, std::uint64_t seed) : random_{seed}, sessions_(clients) {}

  replica& file_of(std::size_t client) { return sessions_[client].file; }
  const std::string& text() const { return texts_.back(); }
  std::uint64_t rebases() const noexcept { return rebases_; }
  std::uint64_t compositions() const noexcept { return compositions_; }

  void send(std::size_t client) {
    const replica& file = sessions_[client].file;
    sessions_[client].inbox.push_back({file.rev(), file.seq(), *file.pending()});
  }

  // Takes the oldest edit that this client sent, if there is one.
  void take_edit(std::size_t client) {
    session& from = sessions_[client];
    if (from.inbox.empty())
      return;
    const submission edit = from.inbox.front();
    from.inbox.pop_front();
    if (edit.base < from.composed_until || random_.one_in(8)) {
      from.must_not_compose = from.must_not_compose || edit.base < from.composed_until;
      from.outbox.push_back({message_kind::send_again, 0, 0, edit.seq, {}});
      ++rebases_;
      return;
    }
    text_edit transformed = edit.op;
    for (std::size_t rev = edit.base; rev < history_.size(); ++rev)
      transformed = transform_left(transformed, history_[rev]);
    std::string text = texts_.back();
    expect(apply(transformed, text), "the server got an edit that does not fit");
    history_.push_back(transformed);
    texts_.push_back(text);
    from.acks.push_back({history_.size(), edit.seq});
    from.must_not_compose = false;
  }

  // Sends a client something of what it has not seen.
  void publish(std::size_t client) {
    session& to = sessions_[client];
    if (to.sent == history_.size())
      return;
    const bool owes_ack = !to.acks.empty();
    if (owes_ack && to.acks.front().rev == to.sent + 1) {
      to.outbox.push_back({message_kind::ack, to.sent, to.sent + 1, to.acks.front().seq, {}});
      to.acks.pop_front();
      ++to.sent;
      return;
    }
    std::uint64_t rev = to.sent + 1;
    if (!owes_ack && !to.must_not_compose && random_.one_in(2))
      rev += random_.below(history_.size() - to.sent);
    if (rev == to.sent + 1) {
      to.outbox.push_back({message_kind::op, to.sent, rev, 0, history_[to.sent]});
    } else {
      to.outbox.push_back(
        {message_kind::op, to.sent, rev, 0, composed(history_, to.sent, rev, texts_[to.sent])});
      to.composed_until = rev;
      ++compositions_;
    }
    to.sent = rev;
  }

  // Lets a client read its oldest message, if there is one.
  void deliver(std::size_t client) {
    session& to = sessions_[client];
    if (to.outbox.empty())
      return;
    const message next = to.outbox.front();
    to.outbox.pop_front();
    if (next.kind == message_kind::op)
      to.file.receive(next.from, next.rev, next.op);
    else if (next.kind == message_kind::ack)
      expect(to.file.acknowledge(next.seq, next.rev), "an ack was not taken");
    else
      send(client);
  }

  bool is_done() const {
    for (const session& one : sessions_)
      if (one.file.pending() || one.file.rev() != history_.size() || !one.outbox.empty())
        return false;
    return true;
  }

 private:
  struct submission {
    std::uint64_t base;
    std::uint64_t seq;
    text_edit op;
  };
  enum class message_kind : std::uint8_t { op, ack, send_again };
  struct message {
    message_kind kind;
    std::uint64_t from, rev, seq;
    text_edit op;
  };
  struct owed_ack {
    std::uint64_t rev, seq;
  };
  struct session {
    replica file;
    std::deque<submission> inbox;
    std::deque<message> outbox;
    std::deque<owed_ack> acks;
    std::uint64_t sent = 0;
    std::uint64_t composed_until = 0;
    bool must_not_compose = false;
  };

  random_source random_;
  std::vector<session> sessions_;
  std::vector<text_edit> history_;
  std::vector<std::string> texts_{""};
  std::uint64_t rebases_ = 0;
  std::uint64_t compositions_ = 0;
};

void step(model_server& server, random_source& random, std::size_t client, bool may_write) {
  replica& file = server.file_of(client);
  switch (random.below(4)) {
    case 0:
      if (may_write && !file.pending()) {
        file.write(build(random_plan(random, file.text().size())));
        server.send(client);
      }
      break;
    case 1: server.take_edit(client); break;
    case 2: server.publish(client); break;
    default: server.deliver(client); break;
  }
}

void test_replicas() {
  constexpr std::size_t clients = 4;
  std::uint64_t rebases = 0;
  std::uint64_t compositions = 0;
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    random_source random{seed};
    model_server server{clients, seed + 1'000'000};
    for (int steps = 0; steps < 400; ++steps)
      step(server, random, random.below(clients), true);
    while (!server.is_done())
      step(server, random, random.below(clients), false);
    for (std::size_t client = 0; client < clients; ++client) {
      const replica& file = server.file_of(client);
      expect(file.text() == server.text() && file.gaps() == 0 && file.misfits() == 0,
             "replicas do not converge, seed " + std::to_string(seed));
    }
    rebases += server.rebases();
    compositions += server.compositions();
  }
  expect(rebases > 1000 && compositions > 1000, "the model server was too tame");
}

void test_replica_faults() {
  replica file;
  file.open(3, "abc");
  file.receive(4, 5, text_edit{}.remove(1));
  expect(file.gaps() == 1, "a gap between revisions was not seen");
  file.receive(5, 6, text_edit{}.keep(9).remove(1));
  expect(file.misfits() == 1, "an operation beyond the text was not seen");
  expect(!file.acknowledge(1, 7), "an ack of nothing was taken");
  constexpr std::uint64_t crc32_of_bc = 0xC2A92B38;
  expect(file.text() == "bc" && file.agrees(6, 2, crc32_of_bc), "a check that holds");
  expect(!file.agrees(6, 2, crc32_of_bc ^ 1U) && !file.agrees(6, 3, crc32_of_bc), "a failed check");
}

void test_frames() {
  expect(websocket_accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
         "the accept key of RFC 6455 1.3");
  for (const std::size_t size_bytes : {0, 1, 125, 126, 65535, 65536}) {
    for (const bool is_masked : {false, true}) {
      const std::string payload(size_bytes, 'x');
      std::string bytes;
      append_frame(bytes, opcode::text, payload,
                   is_masked ? std::optional<std::uint32_t>{0x12345678} : std::nullopt);
      std::span<char> cut{bytes.data(), bytes.size() - 1};
      expect(!take_frame(cut), "a frame that is not whole was taken");
      std::span<char> whole{bytes};
      const auto taken = take_frame(whole);
      expect(taken && taken->is_final && taken->payload == payload && whole.empty(),
             "a frame of " + std::to_string(size_bytes) + " bytes");
    }
  }
  expect(header_value("GET / HTTP/1.1\r\nHost: a\r\nContent-length:  7", "content-length") == "7",
         "a header's value");
}

void test_json() {
  std::string seen;
  const bool is_object =
    for_each_json_field(R"({ "a" : "x\"}" , "b":[1,{"c":"]"}],"d":-1.5e3, "e":{} })",
                        [&](std::string_view key, std::string_view value) {
                          seen.append(key).append("=").append(value).append(";");
                        });
  expect(is_object && seen == R"(a="x\"}";b=[1,{"c":"]"}];d=-1.5e3;e={};)", "fields: " + seen);
  for (const char* const json : {"", "[]", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1", "{\"a\":\"}"})
    expect(!for_each_json_field(json, [](auto, auto) {}), std::string{"not an object: "} + json);
}

void test_latencies() {
  latency_book book{1};
  book.arrived(0, 1, 5'000'000);
  book.acknowledged(0, 1, {1'000'000, 2'000'000, true}, 4'000'000);
  book.arrived(0, 1, 9'000'000);
  book.acknowledged(0, 2, {1'000'000, 2'000'000, false}, 4'000'000);
  book.arrived(0, 2, 9'000'000);
  expect(book.to_remote.size() == 2 && book.to_remote.quantile_ms(0) == 3
           && book.to_remote.quantile_ms(1) == 7 && book.due_to_remote.quantile_ms(1) == 8
           && book.to_ack.quantile_ms(0.5) == 2,
         "latencies");
}

}  // namespace
}  // namespace tandem::bench

int main() {
  using namespace tandem::bench;
  test_json();
  test_frames();
  test_refusals();
  test_transform();
  test_replica_faults();
  test_replicas();
  test_latencies();
  std::puts("bench_selftest: ok");
}
