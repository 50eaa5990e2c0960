// A room's history as a Git repository, through `git fast-import`.
#pragma once

#include "storage/store.hpp"

#include <cstdint>
#include <string>

namespace tandem::tools {

struct git_export_result {
  std::uint64_t commits = 0;
  std::uint64_t edits = 0;
};

// Makes a repository in `folder`, which must be new or empty, with a commit for
// each pause of `pause_ms` and each change of author, and checks it out. Of each
// file one page of its log is in memory, and its text. Throws storage::store_error,
// and std::runtime_error if Git cannot do it.
git_export_result export_to_git(storage::reader& from, const storage::room_record& room,
                                const std::string& folder, std::int64_t pause_ms);

}  // namespace tandem::tools
