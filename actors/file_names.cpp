#include "actors/file_names.hpp"

#include "ot/utf8.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tandem {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 47> languages{{
  {"bash", "shell"},     {"c", "c"},           {"cc", "cpp"},
  {"clj", "clojure"},    {"cpp", "cpp"},       {"cs", "csharp"},
  {"css", "css"},        {"cxx", "cpp"},       {"dart", "dart"},
  {"ex", "elixir"},      {"exs", "elixir"},    {"go", "go"},
  {"h", "cpp"},          {"hpp", "cpp"},       {"htm", "html"},
  {"html", "html"},      {"ini", "ini"},       {"java", "java"},
  {"jl", "julia"},       {"js", "javascript"}, {"json", "json"},
  {"jsx", "javascript"}, {"kt", "kotlin"},     {"less", "less"},
  {"lua", "lua"},        {"md", "markdown"},   {"mjs", "javascript"},
  {"php", "php"},        {"pl", "perl"},       {"ps1", "powershell"},
  {"py", "python"},      {"r", "r"},           {"rb", "ruby"},
  {"rs", "rust"},        {"scala", "scala"},   {"scss", "scss"},
  {"sh", "shell"},       {"sql", "sql"},       {"svelte", "html"},
  {"swift", "swift"},    {"toml", "ini"},      {"ts", "typescript"},
  {"tsx", "typescript"}, {"vue", "html"},      {"xml", "xml"},
  {"yaml", "yaml"},      {"yml", "yaml"},
}};

bool is_valid_segment(std::string_view segment) noexcept {
  return !segment.empty() && segment != "." && segment != "..";
}

}  // namespace

bool is_valid_file_name(std::string_view name, std::uint64_t chars_max) noexcept {
  if (!ot::is_valid_text(name) || ot::count_chars(name) > chars_max)
    return false;
  const auto is_forbidden = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '\\';
  };
  if (std::ranges::any_of(name, is_forbidden))
    return false;
  while (true) {
    const std::size_t slash = name.find('/');
    if (!is_valid_segment(name.substr(0, slash)))
      return false;
    if (slash == std::string_view::npos)
      return true;
    name.remove_prefix(slash + 1);
  }
}

std::string language_of(std::string_view file_name) {
  const std::size_t dot = file_name.rfind('.');
  if (dot != std::string_view::npos) {
    const std::string_view ending = file_name.substr(dot + 1);
    for (const auto& [known, language] : languages)
      if (known == ending)
        return std::string{language};
  }
  return "plaintext";
}

}  // namespace tandem
