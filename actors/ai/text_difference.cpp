#include "actors/ai/text_difference.hpp"

#include "ot/utf8.hpp"

#include <algorithm>
#include <vector>

namespace tandem::ai {

namespace {

constexpr std::size_t cells_max = 4'000'000;

using lines = std::vector<std::string_view>;

// Each with its line feed.
lines lines_of(std::string_view text) {
  lines all;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    all.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return all;
}

bool continues_character(char byte) noexcept {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

// How many bytes two texts share at their beginnings, in whole characters.
std::size_t shared_prefix(std::string_view a, std::string_view b) {
  std::size_t shared = static_cast<std::size_t>(
    std::ranges::mismatch(a, b).in1 - a.begin());
  while (shared > 0 && shared < a.size() && continues_character(a[shared]))
    --shared;
  while (shared > 0 && shared < b.size() && continues_character(b[shared]))
    --shared;
  return shared;
}

std::size_t shared_suffix(std::string_view a, std::string_view b) {
  std::size_t shared = 0;
  while (shared < a.size() && shared < b.size()
         && a[a.size() - 1 - shared] == b[b.size() - 1 - shared])
    ++shared;
  while (shared > 0 && continues_character(a[a.size() - shared]))
    --shared;
  return shared;
}

// What differs, without what is equal at its ends.
void append_change(ot::text_op& op, std::string_view before, std::string_view after) {
  const std::size_t prefix = shared_prefix(before, after);
  op.keep(static_cast<std::uint32_t>(ot::count_chars(before.substr(0, prefix))));
  before.remove_prefix(prefix);
  after.remove_prefix(prefix);
  const std::size_t suffix = shared_suffix(before, after);
  const std::string_view kept = before.substr(before.size() - suffix);
  op.insert(after.substr(0, after.size() - suffix));
  op.remove(static_cast<std::uint32_t>(ot::count_chars(before.substr(0, before.size() - suffix))));
  op.keep(static_cast<std::uint32_t>(ot::count_chars(kept)));
}

// lengths[i][j]: of the longest common subsequence of a[i…] and b[j…].
class common_lines {
 public:
  common_lines(const lines& a, const lines& b)
      : columns_{b.size() + 1}, lengths_((a.size() + 1) * columns_) {
    for (std::size_t i = a.size(); i-- > 0;)
      for (std::size_t j = b.size(); j-- > 0;)
        at(i, j) = a[i] == b[j] ? at(i + 1, j + 1) + 1 : std::max(at(i + 1, j), at(i, j + 1));
  }
  std::uint32_t& at(std::size_t i, std::size_t j) { return lengths_[i * columns_ + j]; }

 private:
  std::size_t columns_;
  std::vector<std::uint32_t> lengths_;
};

// From the first of `from` to the last of `to`: lines of one text lie side by side.
std::string_view joined(const lines& all, std::size_t from, std::size_t to) {
  if (from == to)
    return {};
  return {all[from].data(),
          static_cast<std::size_t>(all[to - 1].data() + all[to - 1].size() - all[from].data())};
}

void append_difference(ot::text_op& op, const lines& a, const lines& b) {
  common_lines common{a, b};
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() || j < b.size()) {
    const std::size_t i_begin = i;
    const std::size_t j_begin = j;
    while ((i < a.size() || j < b.size()) && !(i < a.size() && j < b.size() && a[i] == b[j])) {
      if (j == b.size() || (i < a.size() && common.at(i + 1, j) >= common.at(i, j + 1)))
        ++i;
      else
        ++j;
    }
    append_change(op, joined(a, i_begin, i), joined(b, j_begin, j));
    for (; i < a.size() && j < b.size() && a[i] == b[j]; ++i, ++j)
      op.keep(static_cast<std::uint32_t>(ot::count_chars(a[i])));
  }
}

}  // namespace

ot::text_op difference(std::string_view before, std::string_view after,
                       std::uint32_t kept_before) {
  ot::text_op op;
  op.keep(kept_before);
  const lines a = lines_of(before);
  const lines b = lines_of(after);
  if ((a.size() + 1) * (b.size() + 1) <= cells_max)
    append_difference(op, a, b);
  else
    append_change(op, before, after);
  return op;
}

}  // namespace tandem::ai
