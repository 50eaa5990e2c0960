#include "tools/git_export.hpp"

#include "ot/rope.hpp"
#include "tools/child_process.hpp"
#include "tools/git_history.hpp"
#include "tools/progress.hpp"

#include <fmt/format.h>

#include <deque>
#include <filesystem>
#include <map>
#include <utility>

namespace tandem::tools {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t page_ops = 1'000;

// One file's log, a page at a time.
class file_log {
 public:
  file_log(storage::reader& from, const storage::file_record& file) : from_{from}, file_{file} {}

  // The next operation; nothing at the end.
  const storage::stored_op* peek() {
    if (page_.empty() && read_ < file_.rev)
      read_page();
    return page_.empty() ? nullptr : &page_.front();
  }

  storage::stored_op take() {
    storage::stored_op first = std::move(page_.front());
    page_.pop_front();
    return first;
  }

 private:
  void read_page() {
    from_.read_ops(file_.key, read_, std::min<ot::revision>(read_ + page_ops, file_.rev),
                   [&](ot::revision rev, storage::stored_op&& entry) {
                     page_.push_back(std::move(entry));
                     read_ = rev;
                     return true;
                   });
    if (page_.empty())
      throw storage::store_error{storage::store_error::cause::unavailable,
                                 "the history ends early: " + file_.name};
  }

  storage::reader& from_;
  storage::file_record file_;
  std::deque<storage::stored_op> page_;
  ot::revision read_ = 0;
};

struct open_file {
  file_log log;
  ot::rope text;
};

// The stream that fast-import reads.
class fast_import {
 public:
  fast_import(const std::string& folder, std::map<std::string, open_file>& files)
      : git_{{"git", "-C", folder, "fast-import", "--quiet", "--date-format=raw"}}, files_{files} {}

  void commit(const git_commit& made) {
    const std::string who =
      fmt::format("{} <{}> {} +0000", made.author, made.email, made.at_ms / 1000);
    const std::string message = made.message();
    git_.write(fmt::format("commit refs/heads/main\nauthor {0}\ncommitter {0}\ndata {1}\n{2}\n", who,
                           message.size(), message));
    for (const std::string& name : made.files)
      write_file(name);
    ++commits_;
  }

  std::uint64_t finish() {
    git_.finish();
    return commits_;
  }

 private:
  void write_file(const std::string& name) {
    const ot::rope& text = files_.at(name).text;
    git_.write(fmt::format("M 100644 inline {}\ndata {}\n", git_quoted(name), text.bytes()));
    text.for_each_chunk([&](std::string_view chunk) { git_.write(chunk); });
    git_.write("\n");
  }

  child_process git_;
  std::map<std::string, open_file>& files_;
  std::uint64_t commits_ = 0;
};

void make_repository(const fs::path& folder) {
  if (fs::exists(folder) && !fs::is_empty(folder))
    throw std::runtime_error{folder.string() + " is not empty"};
  fs::create_directories(folder);
  child_process{{"git", "init", "--quiet", "--initial-branch=main", folder.string()}}.finish();
}

std::map<std::string, open_file> open_files(storage::reader& from,
                                            const storage::room_record& room) {
  std::set<std::string> names;
  for (const storage::file_record& file : room.files)
    names.insert(file.name);
  std::map<std::string, open_file> files;
  for (const storage::file_record& file : room.files) {
    if (const auto problem = git_path_problem(file.name, names))
      throw std::runtime_error{*problem};
    files.emplace(file.name, open_file{file_log{from, file}, {}});
  }
  return files;
}

// The file whose next operation is the earliest; each file's own order stays. Of
// several in one millisecond that of whoever wrote last: one burst of edits is one
// commit.
std::map<std::string, open_file>::iterator earliest(std::map<std::string, open_file>& files,
                                                    const ot::client_id& wrote_last) {
  auto first = files.end();
  std::pair<std::int64_t, bool> first_rank;
  for (auto at = files.begin(); at != files.end(); ++at) {
    const storage::stored_op* next = at->second.log.peek();
    if (next == nullptr)
      continue;
    const std::pair rank{next->at_ms, next->client != wrote_last};
    if (first == files.end() || rank < first_rank) {
      first = at;
      first_rank = rank;
    }
  }
  return first;
}

}  // namespace

git_export_result export_to_git(storage::reader& from, const storage::room_record& room,
                                const std::string& folder, std::int64_t pause_ms) {
  auto files = open_files(from, room);
  make_repository(folder);
  std::uint64_t total = 0;
  for (const storage::file_record& file : room.files)
    total += file.rev;
  progress shown{"exporting", total};
  git_export_result result;
  git_history history{pause_ms};
  fast_import import{folder, files};
  ot::client_id wrote_last;
  for (auto next = earliest(files, wrote_last); next != files.end();
       next = earliest(files, wrote_last)) {
    auto& [name, file] = *next;
    const storage::stored_op made = file.log.take();
    wrote_last = made.client;
    if (const auto ended = history.add(name, made))
      import.commit(*ended);
    file.text.apply(made.op);
    shown.at(++result.edits);
  }
  if (const auto last = history.finish())
    import.commit(*last);
  result.commits = import.finish();
  if (result.commits > 0)
    child_process{{"git", "-C", folder, "checkout", "--quiet", "--force", "main"}}.finish();
  return result;
}

}  // namespace tandem::tools
