// The settings file.
//
// Input: the text of a settings file, or (if the first byte is no ASCII) choices
// of a setting and of values around its bounds.
// Must hold
//  1. It is accepted, or settings_error says why; nothing else is thrown.
//  2. What is accepted is whole: numbers are within their bounds, `listen` is an
//     address and a port, origins have a scheme and no path.
//     A number is taken if and only if it is within the bounds that a refusal
//     states.
//  3. Reading it a second time changes nothing.
//  4. The example file with every setting uncommented, read after it, brings
//     every default back.
#include "config/settings.hpp"
#include "tests/fuzz/support/fuzz.hpp"

#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <cctype>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <optional>
#include <sstream>
#include <vector>

namespace tandem::fuzz {
namespace {

bool same(const net::server_options& a, const net::server_options& b) {
  return a.address == b.address && a.port == b.port && a.public_url == b.public_url
         && a.allowed_origins == b.allowed_origins && a.web_root == b.web_root
         && a.io_threads == b.io_threads && a.connections_max == b.connections_max
         && a.connections_per_address_max == b.connections_per_address_max
         && a.http_connections_max == b.http_connections_max
         && a.http_connections_per_address_max == b.http_connections_per_address_max
         && a.request_body_bytes == b.request_body_bytes
         && a.request_bodies_bytes_max == b.request_bodies_bytes_max
         && a.request_bodies_per_address_bytes_max == b.request_bodies_per_address_bytes_max
         && a.request_header_bytes == b.request_header_bytes
         && a.request_timeout_ms == b.request_timeout_ms
         && a.hello_timeout_ms == b.hello_timeout_ms && a.idle_timeout_ms == b.idle_timeout_ms
         && a.write_timeout_ms == b.write_timeout_ms && a.close_timeout_ms == b.close_timeout_ms;
}

bool same(const settings& a, const settings& b) {
  return a.listen == b.listen && a.store == b.store
         && a.must_store_be_walled == b.must_store_be_walled
         && a.actor_threads == b.actor_threads
         && same(a.server, b.server) && a.ai == b.ai && a.bounds == b.bounds;
}

void read(settings& all, std::string_view text) {
  read_settings_text(all, text, "fuzzed.conf");
  finish_settings(all);
}

std::optional<settings> accepted(std::string_view text) {
  try {
    settings all;
    read(all, text);
    return all;
  } catch (const settings_error& error) {
    must(!std::string_view{error.what()}.empty(), "a refusal says why");
    return std::nullopt;
  }
}

bool is_origin(std::string_view text) {
  const bool has_scheme = text.starts_with("http://") || text.starts_with("https://");
  return has_scheme && std::ranges::count(text, '/') == 2;
}

struct number_bounds {
  std::uint64_t least = 0;
  std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
};

// The bounds that a refusal of `name` states; none if it is no number.
number_bounds stated_bounds(std::string_view name) {
  try {
    settings all;
    set_setting(all, name, "no number", "fuzz");
  } catch (const settings_error& error) {
    number_bounds told;
    const char* range = std::strstr(error.what(), "number from ");
    if (range != nullptr)
      std::sscanf(range, "number from %" SCNu64 " to %" SCNu64, &told.least, &told.most);
    return told;
  }
  return {};
}

// Every line of the form `name=digits`, spaces aside, of a text that is accepted.
void must_be_within_bounds(std::string_view text) {
  std::istringstream lines{std::string{text}};
  for (std::string line; std::getline(lines, line);) {
    line.resize(std::min(line.find('#'), line.size()));
    std::erase_if(line, [](unsigned char c) { return std::isspace(c) != 0; });
    const std::size_t equals = std::min(line.find('='), line.size());
    const std::string digits = line.substr(std::min(equals + 1, line.size()));
    if (digits.empty() || digits.find_first_not_of("0123456789") != std::string::npos)
      continue;
    const number_bounds told = stated_bounds(line.substr(0, equals));
    const std::uint64_t value = std::strtoull(digits.c_str(), nullptr, 10);
    must(told.least <= value && value <= told.most, "a number is within its bounds");
  }
}

void must_be_whole(const settings& all) {
  const limits& bounds = all.bounds;
  must(bounds.outbound_pause_bytes < bounds.outbound_bytes, "a pause comes before the end");
  must(all.listen.ends_with(std::to_string(all.server.port)), "the port is that of `listen`");
  must(!all.server.public_url.ends_with('/'), "links have one slash");
  for (const std::string& origin : all.server.allowed_origins)
    must(is_origin(origin), "an origin has a scheme and no path");
}

// The example's lines `# name = value` without their `# `.
std::string all_defaults() {
  const std::string example = example_settings();
  std::string text;
  for (std::size_t at = 0; at < example.size();) {
    const std::size_t end = example.find('\n', at);
    const std::string_view line = std::string_view{example}.substr(at, end - at);
    if (line.starts_with("# ") && line.substr(2).find(' ') == line.substr(2).find(" ="))
      text += line.substr(2);
    text += '\n';
    at = end + 1;
  }
  return text;
}

void check(std::string_view text) {
  const auto all = accepted(text);
  if (!all)
    return;
  must_be_whole(*all);
  must_be_within_bounds(text);
  settings again = *all;
  read(again, text);
  must(same(again, *all), "a file read twice is a file read once");
  static const std::string defaults_text = all_defaults();
  settings defaults;
  finish_settings(defaults);
  read(again, defaults_text);
  must(same(again, defaults), "the example brings every default back");
}

// The names of the example's settings.
std::vector<std::string> all_names() {
  std::vector<std::string> names;
  std::istringstream lines{all_defaults()};
  for (std::string line; std::getline(lines, line);)
    if (!line.empty() && line.front() != '#')
      names.push_back(line.substr(0, line.find(' ')));
  return names;
}

// One number at the edge of its bounds: taken if and only if it is inside.
void check_bounds(FuzzedDataProvider& choices) {
  static const std::vector<std::string> names = all_names();
  const std::string& name =
    names[choices.ConsumeIntegralInRange<std::size_t>(0, names.size() - 1)];
  const number_bounds told = stated_bounds(name);
  if (told.most == number_bounds{}.most)
    return;  // no number
  const std::uint64_t edge = choices.ConsumeBool() ? told.least : told.most;
  const std::uint64_t value = edge + choices.ConsumeIntegralInRange<std::uint64_t>(0, 4) - 2;
  settings all;
  bool is_taken = true;
  try {
    set_setting(all, name, std::to_string(value), "fuzz");
  } catch (const settings_error&) {
    is_taken = false;
  }
  must(is_taken == (told.least <= value && value <= told.most), "bounds are kept to the letter");
}

}  // namespace
}  // namespace tandem::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem::fuzz;
  if (size == 0 || data[0] < 0x80) {
    check(as_text(data, size));
    return 0;
  }
  FuzzedDataProvider choices{data + 1, size - 1};
  for (int left = 20; left > 0 && choices.remaining_bytes() > 0; --left)
    check_bounds(choices);
  return 0;
}
