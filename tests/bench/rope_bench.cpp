// What an edit of a rope costs: every sequential trace, and random edits in
// texts of three sizes. Prints one line each; the text at the end is checked.
//
//   bench_rope [--traces DIR] [--only PART-OF-A-NAME]
#include "ot/rope.hpp"
#include "tests/support/random_text.hpp"
#include "tests/support/trace_reader.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem {
namespace {

using test::random_source;

constexpr int shortest_rounds = 5;
constexpr double shortest_seconds = 1.0;

void fail(const std::string& why) {
  std::fprintf(stderr, "bench_rope: %s\n", why.c_str());
  std::exit(1);
}

// The median of the seconds that `run` reports, over at least 5 runs and 1 s.
double median_seconds(const std::function<double()>& run) {
  std::vector<double> rounds;
  for (double sum = 0; rounds.size() < shortest_rounds || sum < shortest_seconds;) {
    rounds.push_back(run());
    sum += rounds.back();
  }
  std::nth_element(rounds.begin(), rounds.begin() + rounds.size() / 2, rounds.end());
  return rounds[rounds.size() / 2];
}

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// What is measured: rows whose name contains this.
std::string only;

bool wanted(const std::string& name) {
  return name.find(only) != std::string::npos;
}

void print_row(const std::string& name, std::size_t edits, double seconds) {
  std::printf("%-24s %9zu edits %9.2f ms %8.1f ns/edit\n", name.c_str(), edits, seconds * 1e3,
              seconds * 1e9 / static_cast<double>(edits));
  std::fflush(stdout);
}

void bench_trace(const test::trace& trace) {
  if (trace.concurrent || !wanted(trace.name))
    return;
  const auto run = [&] {
    ot::rope text{trace.start};
    const double seconds = seconds_of([&] {
      for (const test::trace_txn& txn : trace.txns) {
        for (const test::trace_patch& patch : txn.patches) {
          text.remove(patch.position, patch.removed);
          text.insert(patch.position, patch.inserted);
        }
      }
    });
    if (text.to_string() != trace.end)
      fail(trace.name + " does not end in its text");
    return seconds;
  };
  print_row(trace.name, trace.patch_count(), median_seconds(run));
}

// Edits far apart: three characters in, three out, the text as long as before.
void bench_random(const std::string& name, std::size_t chars, std::string_view unit) {
  if (!wanted(name))
    return;
  constexpr std::size_t edits = 100'000;
  std::string start;
  while (start.size() < chars * unit.size() / 4)
    start += unit;
  ot::rope text{start};
  const std::uint32_t length = text.chars();
  random_source random{1};
  const auto run = [&] {
    return seconds_of([&] {
      for (std::size_t i = 0; i < edits; i += 2) {
        text.insert(random.below(length), unit.substr(0, unit.size() / 4 * 3));
        text.remove(random.below(length), 3);
      }
    });
  };
  print_row(name, edits, median_seconds(run));
  if (text.chars() != length)
    fail(name + " does not end in a text of its length");
}

}  // namespace
}  // namespace tandem

int main(int argc, char** argv) {
  std::string folder = TANDEM_TRACES_DIR;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view option = argv[i];
    if (i + 1 == argc || (option != "--traces" && option != "--only"))
      tandem::fail("usage: bench_rope [--traces DIR] [--only PART-OF-A-NAME]");
    (option == "--traces" ? folder : tandem::only) = argv[i + 1];
  }
  const auto files = tandem::test::trace_files(tandem::test::trace_folder(folder));
  if (files.empty())
    std::puts("no folder of traces (--traces DIR or TANDEM_TRACES): they are skipped");
  for (const auto& file : files)
    tandem::bench_trace(tandem::test::read_trace(file));
  tandem::bench_random("random, 10 KB", 10'000, "abc\n");
  tandem::bench_random("random, 1 MB", 1'000'000, "abc\n");
  tandem::bench_random("random, 100 MB", 100'000'000, "abc\n");
  tandem::bench_random("random, 1 M of 3 bytes", 1'000'000, "あいう。");
}
