// A command's arguments: words, options with a value, and flags. What is not
// expected is refused with the command's usage.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::tools {

// The command was called in a wrong way: exit code 2.
class usage_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class arguments {
 public:
  struct expected {
    std::string_view usage;
    std::size_t words = 0;                 // exactly so many
    std::set<std::string_view> options;    // with a value each: --store
    std::set<std::string_view> flags;
  };

  // Throws usage_error.
  arguments(std::span<char* const> given, const expected& rules);

  const std::string& word(std::size_t index) const { return words_.at(index); }
  std::optional<std::string> option(const std::string& name) const;
  bool has(const std::string& flag) const { return flags_.contains(flag); }

  // The option as a number. Throws usage_error if it is none.
  std::optional<std::uint64_t> number(const std::string& name) const;

 private:
  std::string usage_;
  std::vector<std::string> words_;
  std::map<std::string, std::string> options_;
  std::set<std::string> flags_;
};

}  // namespace tandem::tools
