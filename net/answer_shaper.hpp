// From what a model writes to what is handed out: as it is, up to a stop, or cut
// to what belongs between two texts. Pure; a value, used once.
#pragma once

#include "net/model_text.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem::net {

class answer_shaper {
 public:
  // As it is.
  answer_shaper() = default;

  // Piece by piece, up to the first of these.
  static answer_shaper until(std::vector<std::string> stops) {
    answer_shaper made;
    made.stops_ = stop_filter{std::move(stops)};
    return made;
  }

  // At once, when all is there: unfenced, and without what it repeats of the two.
  static answer_shaper between(std::string before, std::string after, bool is_single_line) {
    answer_shaper made;
    made.is_between_ = true;
    made.is_single_line_ = is_single_line;
    made.before_ = std::move(before);
    made.after_ = std::move(after);
    return made;
  }

  std::string take(std::string_view piece) {
    if (!is_between_)
      return stops_.take(piece);
    whole_ += piece;
    return {};
  }

  std::string end() {
    if (!is_between_)
      return stops_.end();
    std::string text = without_repeats(unfenced(whole_), before_, after_);
    if (is_single_line_)
      text.resize(std::min(text.find('\n'), text.size()));
    return text;
  }

  // No more is wanted.
  bool has_stopped() const noexcept { return stops_.has_stopped(); }

 private:
  stop_filter stops_{{}};
  bool is_between_ = false;
  bool is_single_line_ = false;
  std::string before_;
  std::string after_;
  std::string whole_;
};

}  // namespace tandem::net
