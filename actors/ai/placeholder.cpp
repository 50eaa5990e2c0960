// Stands in for the predictor while it is written.
#include "actors/ai/predictor.hpp"
#include "ot/utf8.hpp"

#include <map>
#include <set>

namespace tandem::ai {

struct predictor::state {
  std::map<file_key, ot::rope> texts;
};

predictor::predictor(const predictor_limits&) : state_{std::make_unique<state>()} {}
predictor::~predictor() = default;
void predictor::open(file_key file, std::string_view, const ot::rope& text) {
  state_->texts.insert_or_assign(file, text);
}
void predictor::close(file_key file) { state_->texts.erase(file); }
void predictor::edit(file_key file, const ot::rope&, const ot::text_op&, const ot::rope& after) {
  state_->texts.insert_or_assign(file, after);
}

prediction predictor::predict(file_key, const ot::rope& text, std::uint64_t position) const {
  const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
  const std::string before = text.substring(0, position);
  std::size_t begin = before.size();
  while (begin > 0 && is_word(before[begin - 1]))
    --begin;
  const std::string prefix = before.substr(begin);
  prediction found;
  if (prefix.empty())
    return found;
  std::set<std::string> words;
  for (const auto& [key, known] : state_->texts) {
    const std::string all = known.to_string();
    for (std::size_t at = 0; at < all.size();) {
      std::size_t end = at;
      while (end < all.size() && is_word(all[end]))
        ++end;
      const std::string word = all.substr(at, end - at);
      if (word.size() > prefix.size() && word.starts_with(prefix))
        words.insert(word);
      at = std::max(end, at + 1);
    }
  }
  for (const std::string& word : words)
    found.words.push_back({position - prefix.size(), position, word});
  if (!words.empty())
    found.lines.push_back({position, position, words.begin()->substr(prefix.size())});
  return found;
}

}  // namespace tandem::ai
