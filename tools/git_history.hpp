// What the commits of a room are: a time without edits, or another author, ends
// one. A pure state machine; the files' texts and Git are elsewhere.
#pragma once

#include "storage/records.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace tandem::tools {

struct git_commit {
  std::string author;     // as Git takes it
  std::string email;
  std::int64_t at_ms = 0;  // of the last edit
  std::set<std::string> files;
  std::uint64_t edits = 0;

  std::string message() const;
};

class git_history {
 public:
  explicit git_history(std::int64_t pause_ms) : pause_ms_{pause_ms} {}

  // The next edit of the room, in the order of time. The commit that it ends, if
  // it ends one: that is made of the texts before this edit.
  std::optional<git_commit> add(const std::string& file, const storage::stored_op& made);

  // The commit that is left at the end.
  std::optional<git_commit> finish() { return std::exchange(open_, std::nullopt); }

 private:
  std::int64_t pause_ms_;
  ot::client_id client_;  // of the open commit
  std::optional<git_commit> open_;
};

// Why the file cannot be in a Git tree beside the others; nothing if it can.
std::optional<std::string> git_path_problem(const std::string& name,
                                            const std::set<std::string>& others);

// A path as fast-import reads it, in quotes. REQUIRES: a valid file name.
std::string git_quoted(std::string_view path);

}  // namespace tandem::tools
