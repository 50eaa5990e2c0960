#include "actors/ai/context.hpp"

#include "ot/utf8.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <map>
#include <unordered_map>
#include <unordered_set>

namespace tandem::ai {

namespace {

constexpr std::size_t chunk_lines = 30;
constexpr std::size_t chunk_bytes_max = 3'000;     // a longer one is not code that anybody reads
constexpr std::size_t file_bytes_max = 256U << 10U;  // what is looked at of a file
constexpr std::size_t chunks_max = 2'000;            // of all files
constexpr std::size_t query_before_bytes = 2'000;    // what is near enough to tell what it is about
constexpr std::size_t query_after_bytes = 1'000;
constexpr std::size_t word_bytes_min = 3;
constexpr std::size_t number_bytes = 7;              // of a line's number, in front of it

using words = std::unordered_set<std::string_view>;

// The end of a text, from a line's beginning on.
std::string_view end_of(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes)
    return text;
  const std::string_view last = text.substr(text.size() - bytes);
  const bool is_at_line = text[text.size() - bytes - 1] == '\n';
  const std::size_t line = is_at_line ? 0 : last.find('\n') + 1;  // npos + 1 is 0
  std::size_t begin = line;
  while (begin < last.size() && ot::is_continuation(last[begin]))
    ++begin;
  return last.substr(begin);
}

// The beginning of a text, up to a line's end.
std::string_view begin_of(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes)
    return text;
  const std::string_view first = text.substr(0, bytes);
  const std::size_t line = first.rfind('\n');
  if (line != std::string_view::npos)
    return first.substr(0, line + 1);
  std::size_t end = bytes;
  while (end > 0 && ot::is_continuation(text[end]))
    --end;
  return first.substr(0, end);
}

bool is_word_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || c == '_' || byte >= 0x80;
}

words words_of(std::string_view text) {
  words found;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_word_byte(text[end]))
      ++end;
    if (end - at >= word_bytes_min && std::isdigit(static_cast<unsigned char>(text[at])) == 0)
      found.insert(text.substr(at, end - at));
    at = std::max(end, at + 1);
  }
  return found;
}

// Some lines of a file, and how much they have to do with the question.
struct chunk {
  const room_text* file = nullptr;
  std::uint32_t first_line = 1;
  std::uint32_t lines = 0;
  std::string_view text;
  words has;
  double score = 0;
};

void add_chunks(std::vector<chunk>& all, const room_text& file) {
  std::string_view rest = begin_of(file.text, file_bytes_max);
  for (std::uint32_t line = 1; !rest.empty() && all.size() < chunks_max;) {
    std::size_t end = 0;
    std::uint32_t lines = 0;
    while (end < rest.size() && lines < chunk_lines) {
      const std::size_t next = std::min(rest.find('\n', end), rest.size() - 1) + 1;
      if (lines > 0 && next > chunk_bytes_max)
        break;
      end = next;
      ++lines;
    }
    const std::string_view text = rest.substr(0, end);
    if (text.size() <= chunk_bytes_max)
      all.push_back({&file, line, lines, text, words_of(text), 0});
    line += lines;
    rest.remove_prefix(end);
  }
}

// Words that are in few chunks say more. What was edited lately is a little more
// likely to matter.
void rate(std::vector<chunk>& all, const words& asked) {
  std::unordered_map<std::string_view, std::uint32_t> in_chunks;
  for (const chunk& one : all)
    for (const std::string_view word : one.has)
      if (asked.contains(word))
        ++in_chunks[word];
  for (chunk& one : all) {
    for (const std::string_view word : one.has)
      if (const auto found = in_chunks.find(word); found != in_chunks.end())
        one.score += std::log2(1.0 + static_cast<double>(all.size()) / found->second);
    // Long chunks share words by their length alone.
    one.score /= std::sqrt(static_cast<double>(one.has.size()) + 8.0);
    if (one.score > 0)
      one.score += 0.5 / (1.0 + one.file->edited_rank);
  }
}

// What is asked for: for a place only what shares words with it, for a question with
// the lines' numbers.
enum class wish : std::uint8_t { place, question };

// Chunks within a budget, the best first.
std::vector<chunk> chosen(const words& asked, const std::vector<room_text>& files,
                          std::size_t bytes_max, wish what) {
  std::vector<chunk> all;
  for (const room_text& file : files)
    if (!is_secret_file(file.name))
      add_chunks(all, file);
  rate(all, asked);
  std::ranges::stable_sort(all, [](const chunk& a, const chunk& b) {
    if (a.score != b.score)
      return a.score > b.score;
    return a.file->edited_rank < b.file->edited_rank;
  });
  std::vector<chunk> taken;
  std::size_t bytes = 0;
  for (chunk& one : all) {
    const std::size_t numbers = what == wish::question ? one.lines * number_bytes : 0;
    const std::size_t cost = one.text.size() + one.file->name.size() + 1 + numbers;
    if ((what == wish::place && one.score <= 0) || bytes + cost > bytes_max)
      continue;
    bytes += cost;
    taken.push_back(std::move(one));
  }
  return taken;
}

// Chunks of one file that follow one another become one; files in the order of
// their best.
std::vector<file_lines> joined(std::vector<chunk> taken) {
  std::map<const room_text*, std::size_t> place;
  for (const chunk& one : taken)
    place.try_emplace(one.file, place.size());
  std::ranges::stable_sort(taken, [&](const chunk& a, const chunk& b) {
    return std::pair{place[a.file], a.first_line} < std::pair{place[b.file], b.first_line};
  });
  std::vector<file_lines> out;
  const chunk* last = nullptr;
  for (const chunk& one : taken) {
    const bool follows = last != nullptr && last->file == one.file
                         && last->text.data() + last->text.size() == one.text.data();
    if (follows)
      out.back().text += one.text;
    else
      out.push_back({std::string{one.file->name}, std::string{one.file->language}, one.first_line,
                     std::string{one.text}});
    last = &one;
  }
  return out;
}

std::string lower(std::string_view text) {
  std::string out{text};
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

}  // namespace

bool is_secret_file(std::string_view name) {
  const std::string path = '/' + lower(name);
  const std::string base = path.substr(path.rfind('/') + 1);
  constexpr std::array folders{"/.ssh/", "/.aws/", "/.gnupg/", "/.kube/", "/.docker/", "/secrets/"};
  constexpr std::array names{".netrc",      "_netrc",     ".npmrc",           ".pypirc",
                             ".pgpass",     ".htpasswd",  ".git-credentials", "credentials",
                             ".dockercfg",  ".envrc",     "id_rsa",           "id_dsa",
                             "id_ecdsa",    "id_ed25519", "kubeconfig",       "terraform.tfvars"};
  constexpr std::array begins{"credentials.", "secrets.", "secret.", "service-account",
                              "service_account"};
  constexpr std::array ends{".pem", ".key", ".p12", ".pfx", ".jks", ".keystore", ".kdbx", ".ppk",
                            ".asc", ".gpg", ".tfstate", ".env"};
  const auto is_env = base == ".env" || base.starts_with(".env.");
  const auto is_example = base.ends_with(".example") || base.ends_with(".sample")
                          || base.ends_with(".template");
  if (is_env)
    return !is_example;
  return std::ranges::any_of(folders, [&](const char* one) { return path.find(one) != path.npos; })
         || std::ranges::any_of(names, [&](const char* one) { return base == one; })
         || std::ranges::any_of(begins, [&](const char* one) { return base.starts_with(one); })
         || std::ranges::any_of(ends, [&](const char* one) { return base.ends_with(one); });
}

place_context context_around(std::string_view before, std::string_view part,
                             std::string_view after, const std::vector<room_text>& others,
                             std::uint32_t tokens) {
  const std::size_t all = tokens * bytes_per_token;
  const std::size_t bytes = all - std::min(all, part.size());
  // Half of it before the place, a fifth behind it, the rest for others; what one
  // of them leaves over the next may use.
  const std::string_view near_before = end_of(before, bytes / 2);
  const std::string_view near_after = begin_of(after, bytes / 5);
  std::string query{end_of(before, query_before_bytes)};
  query.append(" ").append(begin_of(part, query_before_bytes)).append(" ");
  query += begin_of(after, query_after_bytes);
  std::size_t left = bytes - near_before.size() - near_after.size();
  place_context found;
  for (file_lines& lines : joined(chosen(words_of(query), others, left, wish::place))) {
    left -= lines.file.size() + 1 + lines.text.size();
    found.others.push_back({std::move(lines.file), std::move(lines.text)});
  }
  found.before = end_of(before, near_before.size() + left);
  left -= found.before.size() - near_before.size();
  found.after = begin_of(after, near_after.size() + left);
  return found;
}

std::vector<file_lines> context_for(std::string_view question,
                                    const std::vector<room_text>& files, std::uint32_t tokens) {
  return joined(chosen(words_of(question), files, tokens * bytes_per_token, wish::question));
}

assistant_question with_context(assistant_question asked, const std::vector<room_text>& files,
                                std::uint32_t tokens) {
  const std::size_t all = tokens * bytes_per_token;
  asked.question = begin_of(asked.question, all / 2);
  std::size_t left = all - asked.question.size();
  std::size_t chat = 0;
  auto first = asked.recent.end();
  while (first != asked.recent.begin()) {
    const room_chat_line& line = *std::prev(first);
    const std::size_t bytes = line.who.size() + line.text.size() + 3;
    if (chat + bytes > all / 4)
      break;
    chat += bytes;
    --first;
  }
  asked.recent.erase(asked.recent.begin(), first);
  left -= chat;
  asked.files = joined(chosen(words_of(asked.question), files, left, wish::question));
  return asked;
}

}  // namespace tandem::ai
