// One setting, the kinds of them that there are, and the list of all. Used inside
// config/ only. Everything here is a pure function, but for those that read the file
// that a setting names. All `assign` throw settings_error with the why.
#pragma once

#include "config/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem {

// How it is read and shown.
struct setting {
  std::string_view name;
  std::string_view meaning;
  std::function<void(settings&, std::string_view)> assign;
  std::function<std::string(const settings&)> show;
};

// In the order in which they are shown.
const std::vector<setting>& all_settings();

// ---- kinds ----

template <class Value>
using field_of = Value& (*)(settings&);

setting text(std::string_view name, field_of<std::string> field, std::string_view meaning);

// `yes` or `no`.
setting flag(std::string_view name, field_of<bool> field, std::string_view meaning);

// `60/min burst 20`, `5/s burst 100` or `off`.
setting rate_limit(std::string_view name, field_of<rate> field, std::string_view meaning);

// Origins by commas.
setting origins(std::string_view name, field_of<std::vector<std::string>> field,
                std::string_view meaning);

// A secret stays out of files that others read, and of the command line: it is the
// first line of a file of its own.
setting secret_file(std::string_view name, field_of<std::string> field, std::string_view meaning);
setting key_file(std::string_view name, field_of<net::model_key> field, std::string_view meaning);

// Throws settings_error, which does not show it.
net::model_key key_from(std::string_view text);

template <class Integer>
setting number(std::string_view name, field_of<Integer> field, std::uint64_t min,
               std::uint64_t max, std::string_view meaning) {
  const auto assign = [=](settings& all, std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc{} || end != text.data() + text.size() || value < min || value > max)
      throw settings_error{fmt::format("must be a whole number from {} to {}", min, max)};
    field(all) = static_cast<Integer>(value);
  };
  const auto show = [=](const settings& all) {
    return std::to_string(field(const_cast<settings&>(all)));
  };
  return {name, meaning, assign, show};
}

// One of some words.
template <class Enum>
setting choice(std::string_view name, field_of<Enum> field,
               std::vector<std::pair<std::string_view, Enum>> words, std::string_view meaning) {
  const auto assign = [=](settings& all, std::string_view text) {
    const auto found = std::ranges::find(words, text, [](const auto& one) { return one.first; });
    if (found == words.end()) {
      std::vector<std::string_view> known;
      for (const auto& one : words)
        known.push_back(one.first);
      throw settings_error{fmt::format("must be one of {}", fmt::join(known, ", "))};
    }
    field(all) = found->second;
  };
  const auto show = [=](const settings& all) {
    const Enum now = field(const_cast<settings&>(all));
    return std::string{
      std::ranges::find(words, now, [](const auto& one) { return one.second; })->first};
  };
  return {name, meaning, assign, show};
}

}  // namespace tandem
