// People's texts in a prompt, as data: each in a section whose mark occurs in
// none of them, so that no text can close its section or open another. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem::ai {

class data_sections {
 public:
  // `title`: what it is; becomes one line, and may have people's words in it.
  void add(std::string_view title, std::string_view text);

  // Once all have been added: the sections, and the rule that says what they are.
  // `wish`: the title of the last one, if that says what is wanted.
  std::string text() const;
  std::string rule(std::string_view wish = {}) const;

 private:
  std::string mark() const;

  std::vector<std::pair<std::string, std::string>> sections_;
};

}  // namespace tandem::ai
