// Taking a request's target apart, and who may come in.
//
// Input: any text: a path, a query, a number, an origin.
// Must hold
//  1. What is percent-decoded is valid text, and percent-encoding takes it back.
//  2. A path's segments are valid text and not empty; a path written from them
//     has the same segments.
//  3. A query's value is the first of its name.
//  4. A number is what it is written as.
//  5. Only an origin that is listed to the letter is let in.
#include "net/door.hpp"
#include "net/target.hpp"
#include "tests/fuzz/support/fuzz.hpp"
#include "tests/fuzz/support/percent.hpp"

#include <algorithm>

namespace tandem::fuzz {
namespace {

void check_decoding(std::string_view text) {
  if (is_text(text))
    must(net::percent_decoded(percent_encoded(text)) == text, "encoding is taken back");
  if (const auto decoded = net::percent_decoded(text)) {
    must_be_text(*decoded);
    must(text.find('%') != std::string_view::npos || *decoded == text, "plain text stays");
  }
}

void check_path(std::string_view path) {
  const auto segments = net::path_segments(path);
  if (!segments)
    return;
  std::string written;
  for (const std::string& segment : *segments) {
    must_be_text(segment);
    must(!segment.empty(), "no segment is empty");
    written += "/" + percent_encoded(segment);
  }
  must(net::path_segments(written) == segments, "a path is its segments");
}

void check_query(std::string_view text) {
  if (!is_text(text))
    return;
  const std::string value = percent_encoded(text);
  must(net::query_value("from=1&rev=" + value + "&rev=2", "rev") == text, "the first value is it");
  if (text.find('&') == std::string_view::npos)
    must(net::query_value("a" + std::string{text} + "&rev=7", "rev") == "7",
         "other values are passed over");
  net::query_value(text, "rev");
}

void check_number(std::string_view text) {
  const auto number = net::parse_number(text);
  if (!number)
    return;
  const std::size_t zeros = std::min(text.find_first_not_of('0'), text.size() - 1);
  must(std::to_string(*number) == text.substr(zeros), "a number is what is written");
}

void check_origin(std::string_view text) {
  net::server_options options;
  options.allowed_origins = {"https://friend.example.org"};
  options.public_url = "https://tandem.example.org";
  static const net::door door{options, "http://127.0.0.1:8080"};
  constexpr std::string_view welcome[] = {
    "", "https://friend.example.org", "https://tandem.example.org", "http://127.0.0.1:8080",
    "http://localhost:8080", "http://[::1]:8080"};
  must(door.allows_origin(text) == (std::ranges::find(welcome, text) != std::end(welcome)),
       "only an origin that is listed is let in");
}

}  // namespace
}  // namespace tandem::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem::fuzz;
  const std::string_view text = as_text(data, size);
  check_decoding(text);
  check_path(text);
  check_query(text);
  check_number(text);
  check_origin(text);
  return 0;
}
