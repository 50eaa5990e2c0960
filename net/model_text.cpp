#include "net/model_text.hpp"

#include "actors/ai/answers.hpp"
#include "ot/utf8.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace tandem::net {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

// The valid character that a text begins with; nothing if it begins otherwise.
std::string_view first_char(std::string_view text) {
  const std::size_t length = ot::sequence_length(text.front());
  const std::string_view one = text.substr(0, length);
  if (one.front() == '\0')
    return one;
  return one.size() == length && ot::is_valid_text(one) ? one : std::string_view{};
}

char32_t code_of(std::string_view one) {
  if (one.size() == 1)
    return static_cast<unsigned char>(one.front());
  char32_t code = static_cast<unsigned char>(one.front()) & (0xFFU >> (one.size() + 1));
  for (const char byte : one.substr(1))
    code = code << 6U | (static_cast<unsigned char>(byte) & 0x3FU);
  return code;
}

bool is_harmful(char32_t code) {
  const bool is_control = (code < 0x20 && code != '\n' && code != '\t')
                          || (code >= 0x7F && code < 0xA0);
  const bool is_direction = code == 0x061C || code == 0x200E || code == 0x200F
                            || (code >= 0x202A && code <= 0x202E)
                            || (code >= 0x2066 && code <= 0x2069);
  const bool is_tag = code >= 0xE0000 && code <= 0xE007F;
  return is_control || is_direction || is_tag;
}

std::string valid_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::string_view one = first_char(bytes);
    out += one.empty() ? replacement : one;
    bytes.remove_prefix(std::max<std::size_t>(one.size(), 1));
  }
  return out;
}

std::optional<std::uint32_t> hex4(std::string_view text) {
  if (text.size() < 4)
    return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : text.substr(0, 4)) {
    const bool is_digit = c >= '0' && c <= '9';
    const char letter = static_cast<char>(c | 0x20);
    if (!is_digit && (letter < 'a' || letter > 'f'))
      return std::nullopt;
    value = value * 16 + static_cast<std::uint32_t>(is_digit ? c - '0' : letter - 'a' + 10);
  }
  return value;
}

// Bytes of the escape that `text` begins with, and whether it may stand.
struct escape {
  std::size_t bytes = 2;
  bool is_good = true;
};

escape escape_at(std::string_view text) {
  if (text.size() < 2 || text[1] != 'u')
    return {std::min<std::size_t>(text.size(), 2), true};
  const auto unit = hex4(text.substr(2));
  if (!unit)
    return {};
  if (*unit == 0 || (*unit >= 0xDC00 && *unit < 0xE000))
    return {6, false};
  if (*unit < 0xD800 || *unit >= 0xE000)
    return {6, true};
  const std::string_view next = text.substr(6);
  const auto low = next.starts_with("\\u") ? hex4(next.substr(2)) : std::nullopt;
  return low && *low >= 0xDC00 && *low < 0xE000 ? escape{12, true} : escape{6, false};
}

}  // namespace

std::string text_cleaner::take(std::string_view piece) {
  std::string out;
  out.reserve(piece.size());
  while (!piece.empty()) {
    const std::string_view one = first_char(piece);
    piece.remove_prefix(std::max<std::size_t>(one.size(), 1));
    const bool follows_return = std::exchange(was_return_, one == "\r");
    if (one.empty())
      out += replacement;
    else if (was_return_)
      out += '\n';
    else if (!(follows_return && one == "\n") && !is_harmful(code_of(one)))
      out += one;
  }
  return out;
}

std::string cleaned(std::string_view text) {
  return text_cleaner{}.take(text);
}

std::string mended_json(std::string_view json) {
  const std::string valid = valid_utf8(json);
  std::string out;
  out.reserve(valid.size());
  for (std::string_view rest = valid; !rest.empty();) {
    const std::size_t plain = std::min(rest.find('\\'), rest.size());
    out += rest.substr(0, plain);
    rest.remove_prefix(plain);
    if (rest.empty())
      break;
    const escape found = escape_at(rest);
    out += found.is_good ? rest.substr(0, found.bytes) : std::string_view{"\\ufffd"};
    rest.remove_prefix(found.bytes);
  }
  return out;
}

std::string stop_filter::take(std::string_view piece) {
  if (has_stopped_)
    return {};
  held_ += piece;
  const std::size_t stop = first_stop();
  const std::size_t sure = std::min(stop, first_beginning());
  has_stopped_ = stop != std::string::npos && sure == stop;
  std::string out = held_.substr(0, sure);
  held_.erase(0, has_stopped_ ? held_.size() : out.size());
  return out;
}

std::string stop_filter::end() {
  const std::size_t stop = first_stop();
  return std::exchange(held_, {}).substr(0, stop);
}

std::size_t stop_filter::first_stop() const {
  std::size_t first = std::string::npos;
  for (const std::string& stop : stops_)
    first = std::min(first, held_.find(stop));
  return first;
}

// Where the end of what is held could be the beginning of a stop.
std::size_t stop_filter::first_beginning() const {
  std::size_t first = held_.size();
  for (const std::string& stop : stops_)
    for (std::size_t part = std::min(stop.size() - 1, held_.size()); part > 0; --part)
      if (held_.ends_with(std::string_view{stop}.substr(0, part))) {
        first = std::min(first, held_.size() - part);
        break;
      }
  return first;
}

std::string unfenced(std::string_view text) {
  text = ai::without_thoughts(text);
  const std::size_t fence = text.starts_with("```") ? 0 : text.find("\n```");
  if (fence == std::string_view::npos)
    return std::string{text};
  const std::size_t line_end = text.find('\n', fence + 1);
  if (line_end == std::string_view::npos)
    return {};
  // The line feed stays: the fence that ends an empty block stands behind one.
  text.remove_prefix(line_end);
  const std::size_t close = text.find("\n```");
  text = text.substr(0, close);
  return std::string{text.substr(std::min<std::size_t>(text.size(), 1))};
}

std::string without_repeats(std::string_view text, std::string_view before,
                            std::string_view after) {
  constexpr std::size_t least = 2;
  constexpr std::size_t most = 2'000;
  for (std::size_t size = std::min({text.size(), before.size(), most}); size >= least; --size) {
    const std::size_t begin = before.size() - size;
    const bool is_on_last_line = before.find('\n', begin) == std::string_view::npos;
    const bool is_whole_line = begin == 0 || before[begin - 1] == '\n';
    const bool is_of_words =
      text.substr(0, size).find_first_not_of(" \t\n") != std::string_view::npos;
    if (is_of_words && (is_on_last_line || is_whole_line)
        && !ot::is_continuation(text.front()) && before.substr(begin) == text.substr(0, size)) {
      text.remove_prefix(size);
      break;
    }
  }
  for (std::size_t size = std::min({text.size(), after.size(), most}); size >= least; --size) {
    const std::string_view end = text.substr(text.size() - size);
    if (end == after.substr(0, size) && end.find_first_not_of(" \t\n") != std::string_view::npos) {
      text.remove_suffix(size);
      break;
    }
  }
  return std::string{text};
}

namespace {

constexpr std::size_t secret_part_bytes = 8;
constexpr std::size_t harmless_part_bytes = 3;

// At most eight bytes as a number.
std::uint64_t packed(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes)
    number = number << 8U | static_cast<unsigned char>(byte);
  return number;
}

}  // namespace

secret_filter::secret_filter(std::string secret)
    : secret_{std::move(secret)}, window_{std::min(secret_.size(), secret_part_bytes)} {
  for (std::size_t at = 0; window_ > 0 && at + window_ <= secret_.size(); ++at)
    windows_.push_back(packed(std::string_view{secret_}.substr(at, window_)));
  std::ranges::sort(windows_);
}

// How much of `text` from its beginning on is a part of the secret, if that is enough to
// be taken out, or all of it, so that more may follow.
std::size_t secret_filter::part_at(std::string_view text) const {
  if (text.size() < window_)
    return secret_.find(text) == std::string::npos ? 0 : text.size();
  if (!std::ranges::binary_search(windows_, packed(text.substr(0, window_))))
    return 0;
  std::size_t longest = window_;
  for (std::size_t at = 0; at + window_ <= secret_.size(); ++at) {
    const auto [end, ignored] = std::ranges::mismatch(text, std::string_view{secret_}.substr(at));
    longest = std::max(longest, static_cast<std::size_t>(end - text.begin()));
  }
  return longest;
}

// The longest part of the secret that goes on at `at`, perhaps from what stands before.
secret_filter::part secret_filter::part_into(std::string_view text, std::size_t at) const {
  part longest;
  for (std::size_t begin = at - std::min(at, harmless_part_bytes); begin <= at; ++begin) {
    const std::size_t bytes = part_at(text.substr(begin));
    if (bytes > at - begin && bytes > longest.bytes)
      longest = {bytes, bytes - (at - begin)};
  }
  return longest;
}

std::string secret_filter::filter(bool is_end) {
  if (secret_.empty())
    return std::exchange(held_, {});
  const std::string text = given_ + held_;
  std::size_t at = given_.size();
  std::string out;
  while (at < text.size()) {
    const part here = part_into(text, at);
    if (!is_end && at + here.in_rest == text.size() && here.bytes > harmless_part_bytes)
      break;  // what comes may belong to it
    const bool is_secret = here.bytes >= window_;
    if (is_secret)
      out += "[key]";
    else
      out += text[at];
    at += is_secret ? here.in_rest : 1;
  }
  given_ = text.substr(0, at).substr(at - std::min(at, harmless_part_bytes));
  held_ = text.substr(at);
  return out;
}

std::string secret_filter::take(std::string_view piece) {
  held_ += piece;
  return filter(false);
}

std::string secret_filter::end() {
  return filter(true);
}

std::string redacted(std::string_view text, std::string_view secret) {
  secret_filter filter{std::string{secret}};
  std::string out = filter.take(text);
  return out += filter.end();
}

}  // namespace tandem::net
