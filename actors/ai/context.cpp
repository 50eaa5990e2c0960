#include "actors/ai/context.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <iterator>
#include <map>
#include <unordered_map>
#include <utility>

namespace tandem::ai {

namespace {

constexpr std::size_t parts_max = 2'000;             // of all files: what is looked at
constexpr std::size_t query_before_bytes = 2'000;    // what is near enough to tell what it is about
constexpr std::size_t query_after_bytes = 1'000;
constexpr std::size_t number_bytes = 7;              // of a line's number, in front of it

// Some lines of a file, and how much they have to do with the question.
struct candidate {
  const room_text* file = nullptr;
  const text_parts::part* part = nullptr;
  double score = 0;
};

std::vector<candidate> candidates_of(const std::vector<room_text>& files) {
  std::vector<candidate> all;
  for (const room_text& file : files) {
    if (is_secret_file(file.name))
      continue;
    for (const text_parts::part& part : file.parts->parts())
      if (all.size() < parts_max)
        all.push_back({&file, &part, 0});
  }
  return all;
}

// Words that are in few parts say more. What was edited lately is a little more
// likely to matter.
void rate(std::vector<candidate>& all, const word_set& asked) {
  std::vector<word_set> shared(all.size());
  std::unordered_map<word_digest, std::uint32_t> in_parts;
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::ranges::set_intersection(all[i].part->words, asked, std::back_inserter(shared[i]));
    for (const word_digest word : shared[i])
      ++in_parts[word];
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    candidate& one = all[i];
    for (const word_digest word : shared[i])
      one.score += std::log2(1.0 + static_cast<double>(all.size()) / in_parts[word]);
    // Long parts share words by their length alone.
    one.score /= std::sqrt(static_cast<double>(one.part->words.size()) + 8.0);
    if (one.score > 0)
      one.score += 0.5 / (1.0 + one.file->edited_rank);
  }
}

// What is asked for: for a place only what shares words with it, for a question with
// the lines' numbers.
enum class wish : std::uint8_t { place, question };

// Parts within a budget, the best first.
std::vector<candidate> chosen(const word_set& asked, const std::vector<room_text>& files,
                              std::size_t bytes_max, wish what) {
  std::vector<candidate> all = candidates_of(files);
  rate(all, asked);
  std::ranges::stable_sort(all, [](const candidate& a, const candidate& b) {
    if (a.score != b.score)
      return a.score > b.score;
    return a.file->edited_rank < b.file->edited_rank;
  });
  std::vector<candidate> taken;
  std::size_t bytes = 0;
  for (const candidate& one : all) {
    const std::size_t numbers = what == wish::question ? one.part->lines * number_bytes : 0;
    const std::size_t cost = one.part->bytes + one.file->name.size() + 1 + numbers;
    if ((what == wish::place && one.score <= 0) || bytes + cost > bytes_max)
      continue;
    bytes += cost;
    taken.push_back(one);
  }
  return taken;
}

// Parts of one file that follow one another become one; files in the order of
// their best.
std::vector<file_lines> joined(std::vector<candidate> taken) {
  std::map<const room_text*, std::size_t> place;
  for (const candidate& one : taken)
    place.try_emplace(one.file, place.size());
  std::ranges::stable_sort(taken, [&](const candidate& a, const candidate& b) {
    return std::pair{place[a.file], a.part->first_line}
           < std::pair{place[b.file], b.part->first_line};
  });
  std::vector<file_lines> out;
  const candidate* last = nullptr;
  for (const candidate& one : taken) {
    const bool follows = last != nullptr && last->file == one.file
                         && last->part->first_line + last->part->lines == one.part->first_line;
    if (follows)
      out.back().text += one.file->parts->text_of(*one.part);
    else
      out.push_back({std::string{one.file->name}, std::string{one.file->language},
                     one.part->first_line, one.file->parts->text_of(*one.part)});
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
