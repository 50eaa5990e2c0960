#include "tools/arguments.hpp"

#include <charconv>

namespace tandem::tools {

arguments::arguments(std::span<char* const> given, const expected& rules) : usage_{rules.usage} {
  for (std::size_t i = 0; i < given.size(); ++i) {
    const std::string_view one = given[i];
    if (rules.flags.contains(one)) {
      flags_.emplace(one);
    } else if (rules.options.contains(one)) {
      if (i + 1 == given.size())
        throw usage_error{"a value is missing behind " + std::string{one} + "\n" + usage_};
      options_[std::string{one}] = given[++i];
    } else if (one.starts_with("--")) {
      throw usage_error{"unknown option " + std::string{one} + "\n" + usage_};
    } else {
      words_.emplace_back(one);
    }
  }
  if (words_.size() != rules.words)
    throw usage_error{usage_};
}

std::optional<std::string> arguments::option(const std::string& name) const {
  const auto found = options_.find(name);
  return found == options_.end() ? std::nullopt : std::optional{found->second};
}

std::optional<std::uint64_t> arguments::number(const std::string& name) const {
  const auto text = option(name);
  if (!text)
    return std::nullopt;
  std::uint64_t value = 0;
  const auto result = std::from_chars(text->data(), text->data() + text->size(), value);
  if (result.ec != std::errc{} || result.ptr != text->data() + text->size())
    throw usage_error{name + " wants a number, not " + *text + "\n" + usage_};
  return value;
}

}  // namespace tandem::tools
