#include "tools/git_history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace tandem::tools {

namespace {

constexpr std::size_t files_named_max = 5;

// Git takes any name without these.
std::string git_name(const std::string& shown) {
  std::string name;
  std::ranges::copy_if(shown, std::back_inserter(name), [](char c) {
    return c != '<' && c != '>' && static_cast<unsigned char>(c) >= 0x20;
  });
  return name.find_first_not_of(' ') == std::string::npos ? "Guest" : name;
}

bool is_git_folder(std::string_view segment) {
  constexpr std::string_view reserved = ".git";
  return std::ranges::equal(segment, reserved, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b;
  });
}

}  // namespace

std::string git_commit::message() const {
  std::string named;
  std::size_t left = files_named_max;
  for (const std::string& file : files) {
    if (left-- == 0) {
      named += fmt::format(" and {} more", files.size() - files_named_max);
      break;
    }
    named += (named.empty() ? "" : ", ") + file;
  }
  return fmt::format("{}\n\n{} edit{} by {}\n", named, edits, edits == 1 ? "" : "s", author);
}

std::optional<git_commit> git_history::add(const std::string& file,
                                           const storage::stored_op& made) {
  const std::string author = git_name(made.author);
  const bool goes_on = open_ && client_ == made.client && open_->author == author
                       && made.at_ms - open_->at_ms < pause_ms_;
  std::optional<git_commit> ended;
  if (!goes_on) {
    ended = std::exchange(
      open_, git_commit{author, fmt::format("{:02x}@tandem.invalid", fmt::join(made.client.bytes, "")),
                        made.at_ms, {}, 0});
    client_ = made.client;
  }
  open_->at_ms = std::max(open_->at_ms, made.at_ms);  // a clock may have gone back
  open_->files.insert(file);
  ++open_->edits;
  return ended;
}

std::optional<std::string> git_path_problem(const std::string& name,
                                            const std::set<std::string>& others) {
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    if (is_git_folder(std::string_view{name}.substr(begin, end - begin)))
      return name + ": Git keeps .git for itself";
    if (end < name.size() && others.contains(name.substr(0, end)))
      return name + ": " + name.substr(0, end) + " is a file, and cannot be a folder, too";
    begin = end + 1;
  }
  return std::nullopt;
}

std::string git_quoted(std::string_view path) {
  std::string quoted = "\"";
  for (const char c : path) {
    if (c == '"')
      quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace tandem::tools
