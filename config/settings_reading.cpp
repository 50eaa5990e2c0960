// Settings as text: from a file and from the environment, and the example file.
#include "config/setting.hpp"

#include <cctype>
#include <fstream>
#include <iterator>

namespace tandem {

namespace {

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  while (!text.empty() && is_space(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_space(text.back()))
    text.remove_suffix(1);
  return text;
}

}  // namespace

void set_setting(settings& all, std::string_view name, std::string_view value,
                 std::string_view where) {
  const auto found = std::ranges::find(all_settings(), name, &setting::name);
  if (found == all_settings().end())
    throw settings_error{fmt::format("{}: there is no setting \"{}\"", where, name)};
  try {
    found->assign(all, value);
  } catch (const settings_error& error) {
    throw settings_error{fmt::format("{}: {} = \"{}\": {}", where, name, value, error.what())};
  }
}

void read_settings_file(settings& all, const std::string& path) {
  std::ifstream in{path};
  std::string text;
  try {
    text.assign(std::istreambuf_iterator<char>{in}, {});
  } catch (const std::ios_base::failure&) {  // a folder can be opened, but not read
    in.setstate(std::ios_base::failbit);
  }
  if (!in)
    throw settings_error{fmt::format("cannot read {}", path)};
  read_settings_text(all, text, path);
}

void read_settings_text(settings& all, std::string_view text, std::string_view path) {
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    line = trimmed(line.substr(0, line.find('#')));
    if (line.empty())
      continue;
    const std::string where = fmt::format("{}:{}", path, number);
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos)
      throw settings_error{fmt::format("{}: a line is `name = value`", where)};
    set_setting(all, trimmed(line.substr(0, equals)), trimmed(line.substr(equals + 1)), where);
  }
}

void read_settings_environment(settings& all,
                               const std::map<std::string, std::string>& environment) {
  constexpr std::string_view prefix = "TANDEM_";
  constexpr std::string_view of_tests = "TANDEM_TEST_";
  constexpr std::string_view key_variable = "TANDEM_AI_KEY";
  for (const auto& [variable, value] : environment) {
    if (!variable.starts_with(prefix) || variable.starts_with(of_tests) || variable == key_variable)
      continue;
    std::string name = variable.substr(prefix.size());
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    set_setting(all, name, value, "environment variable " + variable);
  }
  const auto key = environment.find(std::string{key_variable});
  if (key == environment.end() || key->second.empty())
    return;
  try {
    all.ai.key = key_from(key->second);
  } catch (const settings_error& error) {
    throw settings_error{fmt::format("environment variable {}: {}", key_variable, error.what())};
  }
}

std::string example_settings() {
  const settings defaults;
  std::string out =
    "# Settings of tandem, with their defaults. Every line can stay away.\n"
    "# The environment wins over this file: ops_per_second is TANDEM_OPS_PER_SECOND.\n";
  for (const setting& one : all_settings())
    out += fmt::format("\n# {}\n# {} = {}\n", one.meaning, one.name, one.show(defaults));
  return out;
}

}  // namespace tandem
