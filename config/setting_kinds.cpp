#include "config/setting.hpp"

#include <fstream>

namespace tandem {

namespace {

constexpr const char* rate_form = "must be like 60/min burst 20, 5/s burst 100, or off";

std::uint64_t digits_of(std::string_view& text) {
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || value > 1'000'000'000'000)
    throw settings_error{rate_form};
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

rate parse_rate(std::string_view text) {
  if (text == "off")
    return {};
  rate parsed;
  parsed.per_minute = digits_of(text);
  if (text.starts_with("/s ")) {
    parsed.per_minute *= 60;
    text.remove_prefix(3);
  } else if (text.starts_with("/min ")) {
    text.remove_prefix(5);
  } else {
    throw settings_error{rate_form};
  }
  constexpr std::string_view burst = "burst ";
  if (!text.starts_with(burst))
    throw settings_error{rate_form};
  text.remove_prefix(burst.size());
  parsed.burst = digits_of(text);
  if (!text.empty() || parsed.per_minute == 0 || parsed.burst == 0)
    throw settings_error{rate_form};
  return parsed;
}

std::vector<std::string> parse_origins(std::string_view list) {
  std::vector<std::string> parsed;
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    std::string_view one = list.substr(0, comma);
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    while (one.starts_with(' '))
      one.remove_prefix(1);
    while (one.ends_with(' '))
      one.remove_suffix(1);
    const bool has_scheme = one.starts_with("http://") || one.starts_with("https://");
    if (!has_scheme || one.find('/', one.find("//") + 2) != std::string_view::npos)
      throw settings_error{"must be origins like https://example.org, separated by commas"};
    parsed.emplace_back(one);
  }
  return parsed;
}

std::string first_line_of(std::string_view path, std::string_view noun) {
  std::ifstream in{std::string{path}};
  std::string line;
  if (!std::getline(in, line))
    throw settings_error{fmt::format("cannot read a {} from there", noun)};
  return line;
}

}  // namespace

setting text(std::string_view name, field_of<std::string> field, std::string_view meaning) {
  return {name, meaning,
          [=](settings& all, std::string_view value) { field(all) = value; },
          [=](const settings& all) { return field(const_cast<settings&>(all)); }};
}

setting flag(std::string_view name, field_of<bool> field, std::string_view meaning) {
  return {name, meaning,
          [=](settings& all, std::string_view value) {
            if (value != "yes" && value != "no")
              throw settings_error{"must be yes or no"};
            field(all) = value == "yes";
          },
          [=](const settings& all) {
            return std::string{field(const_cast<settings&>(all)) ? "yes" : "no"};
          }};
}

setting rate_limit(std::string_view name, field_of<rate> field, std::string_view meaning) {
  return {name, meaning,
          [=](settings& all, std::string_view value) { field(all) = parse_rate(value); },
          [=](const settings& all) {
            const rate& now = field(const_cast<settings&>(all));
            return now.per_minute == 0
                     ? std::string{"off"}
                     : fmt::format("{}/min burst {}", now.per_minute, now.burst);
          }};
}

setting origins(std::string_view name, field_of<std::vector<std::string>> field,
                std::string_view meaning) {
  return {name, meaning,
          [=](settings& all, std::string_view list) { field(all) = parse_origins(list); },
          [=](const settings& all) {
            return fmt::format("{}", fmt::join(field(const_cast<settings&>(all)), ", "));
          }};
}

setting secret_file(std::string_view name, field_of<std::string> field, std::string_view meaning) {
  return {name, meaning,
          [=](settings& all, std::string_view path) {
            field(all).clear();
            if (!path.empty())
              field(all) = first_line_of(path, "secret");
          },
          [](const settings&) { return std::string{}; }};
}

setting key_file(std::string_view name, field_of<net::model_key> field, std::string_view meaning) {
  return {name, meaning,
          [=](settings& all, std::string_view path) {
            field(all) = {};
            if (path.empty())
              return;
            std::string line = first_line_of(path, "key");
            while (line.ends_with('\r') || line.ends_with(' '))
              line.pop_back();
            field(all) = key_from(line);
          },
          [](const settings&) { return std::string{}; }};
}

net::model_key key_from(std::string_view text) {
  constexpr std::size_t bytes_max = 4'096;
  const bool is_visible =
    std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
  if (!is_visible || text.size() > bytes_max)
    throw settings_error{"a key is at most 4,096 visible ASCII characters, without spaces"};
  return net::model_key{std::string{text}};
}

}  // namespace tandem
