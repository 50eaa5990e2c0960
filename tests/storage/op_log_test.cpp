// What an op log must be: each breach is named, and changes nothing.
#include "storage/op_log.hpp"
#include "tests/support/ops.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tandem::test {
namespace {

using namespace storage;

// Of "hé" and of nothing (sha256sum).
constexpr const char* he_sha256 =
  "7dfbe0eab96510b11c9a2671d83019cd52953211294db5f917ffa0b7cc84f534";
constexpr const char* empty_sha256 =
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

log_entry operation(std::string file, ot::revision rev, ot::text_op op) {
  return {std::move(file), rev, {std::move(op), {}, rev, "Ada", 1}};
}

std::vector<log_line> sound_log() {
  return {log_header{"r1", "Room"},
          log_file{"a.py", "python"},
          operation("a.py", 1, make_op({"hx"})),
          log_file{"b", ""},
          operation("a.py", 2, make_op({1, "é", del(1)})),
          log_end{{{"a.py", 2, 2, he_sha256}, {"b", 0, 0, empty_sha256}}}};
}

// What is said of a log whose line `at` is another.
std::string fault_with(std::size_t at, log_line line) {
  std::vector<log_line> log = sound_log();
  log[at] = std::move(line);
  log_replay replay;
  for (const log_line& each : log)
    try {
      replay.take(each);
    } catch (const op_log_error& error) {
      return error.what();
    }
  return "";
}

TEST(op_log, is_replayed_to_its_texts) {
  log_replay replay;
  for (const log_line& line : sound_log())
    replay.take(line);
  EXPECT_NO_THROW(replay.finish());
  EXPECT_EQ(replay.header(), (log_header{"r1", "Room"}));
  EXPECT_EQ(replay.files().at("a.py").text.to_string(), "hé");
  EXPECT_EQ(replay.files().at("a.py").language, "python");
  EXPECT_EQ(replay.files().at("a.py").rev, 2U);
  EXPECT_TRUE(log_line{replay.end()} == sound_log().back());
}

TEST(op_log, a_breach_is_named) {
  const struct {
    std::size_t line;
    log_line instead;
    const char* fault;
  } table[] = {
    {0, log_file{"a.py", ""}, "the first line is not an op log's header"},
    {1, log_header{"r1", "Room"}, "a second header"},
    {3, log_file{"a.py", ""}, "the file a.py begins a second time"},
    {3, operation("c", 1, make_op({"x"})), "an operation of c, which has not begun"},
    {4, operation("a.py", 3, make_op({"x"})), "a.py: revision 3 does not follow 1"},
    {4, operation("a.py", 1, make_op({"x"})), "a.py: revision 1 does not follow 1"},
    {4, operation("a.py", 2, make_op({2, del(1)})),
     "a.py: revision 2 reaches 3 characters into a text of 2"},
    {4, log_end{{{"a.py", 1, 2, he_sha256}, {"b", 0, 0, empty_sha256}}},
     "the text of a.py has another hash"},
    {5, log_end{{{"a.py", 3, 2, he_sha256}, {"b", 0, 0, empty_sha256}}},
     "a.py ends at revision 2, not 3"},
    {5, log_end{{{"a.py", 2, 3, he_sha256}, {"b", 0, 0, empty_sha256}}},
     "a.py has 2 characters, not 3"},
    {5, log_end{{{"a.py", 2, 2, empty_sha256}, {"b", 0, 0, empty_sha256}}},
     "the text of a.py has another hash"},
    {5, log_end{{{"a.py", 2, 2, he_sha256}}}, "the end does not name b once"},
    {5, log_end{{{"a.py", 2, 2, he_sha256}, {"c", 0, 0, empty_sha256}}},
     "the end names c, which is not in the log"},
  };
  for (const auto& [line, instead, fault] : table)
    EXPECT_EQ(fault_with(line, instead), fault);
}

TEST(op_log, nothing_follows_its_end) {
  log_replay replay;
  for (const log_line& line : sound_log())
    replay.take(line);
  EXPECT_THROW(replay.take(log_file{"c", ""}), op_log_error);
}

TEST(op_log, without_an_end_is_cut_off) {
  log_replay replay;
  EXPECT_THROW(replay.finish(), op_log_error);
  replay.take(log_header{"r1", "Room"});
  EXPECT_THROW(replay.finish(), op_log_error);
}

TEST(op_log, a_refused_line_changes_nothing) {
  log_replay replay;
  const auto log = sound_log();
  for (std::size_t i = 0; i < 4; ++i)
    replay.take(log[i]);
  EXPECT_THROW(replay.take(operation("a.py", 2, make_op({9, "x"}))), op_log_error);
  replay.take(log[4]);
  replay.take(log[5]);
  EXPECT_NO_THROW(replay.finish());
}

}  // namespace
}  // namespace tandem::test
