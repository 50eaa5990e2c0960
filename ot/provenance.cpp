#include "ot/provenance.hpp"

#include "ot/utf8.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>

namespace tandem::ot {

namespace {

// Tiny in tests, so that small texts have many leaves.
#if defined(NDEBUG) && !defined(TANDEM_OT_TINY_NODES)
constexpr std::size_t leaf_runs_max = 128;
#else
constexpr std::size_t leaf_runs_max = 4;
#endif

bool are_one(const origin_run& left, const origin_run& right) noexcept {
  return left.author == right.author
         && (left.author != first_text || left.first + left.chars == right.first);
}

}  // namespace

provenance::provenance(std::uint64_t first_text_chars)
    : leaves_(1), length_{first_text_chars} {
  if (first_text_chars == 0)
    return;
  leaves_[0].runs.push_back({first_text, first_text_chars, 0});
  leaves_[0].chars = first_text_chars;
}

void provenance::apply(const text_op& op, author_number author) {
  assert(op.reach_chars() <= length_ && author != first_text);
  std::uint64_t position = 0;
  for (const component& c : op.components()) {
    switch (c.kind) {
      case component_kind::keep: position += c.chars; break;
      case component_kind::insert:
        insert(position, {author, c.chars, 0});
        position += c.chars;
        break;
      case component_kind::remove: remove(position, c.chars); break;
    }
  }
}

std::vector<origin_run> provenance::runs() const {
  std::vector<origin_run> all;
  for (const leaf& one : leaves_)
    for (const origin_run& run : one.runs) {
      if (!all.empty() && are_one(all.back(), run))
        all.back().chars += run.chars;
      else
        all.push_back(run);
    }
  return all;
}

// Makes near_ the leaf with the position in it or at its end.
void provenance::seek(std::uint64_t position) {
  while (position < before_near_) {
    --near_;
    before_near_ -= leaves_[near_].chars;
  }
  while (position > before_near_ + leaves_[near_].chars) {
    before_near_ += leaves_[near_].chars;
    ++near_;
  }
}

// The boundary at a position, made if it is within a run. In leaf near_.
provenance::place provenance::split_at(std::uint64_t position) {
  seek(position);
  leaf& in = leaves_[near_];
  std::uint64_t rest = position - before_near_;
  std::size_t run = 0;
  while (run < in.runs.size() && rest >= in.runs[run].chars)
    rest -= in.runs[run++].chars;
  if (rest == 0)
    return {near_, run};
  origin_run right = in.runs[run];
  right.chars -= rest;
  right.first += right.author == first_text ? rest : 0;
  in.runs[run].chars = rest;
  in.runs.insert(in.runs.begin() + static_cast<std::ptrdiff_t>(run) + 1, right);
  return {near_, run + 1};
}

void provenance::insert(std::uint64_t position, origin_run run) {
  const place at = split_at(position);
  leaf& in = leaves_[at.leaf];
  length_ += run.chars;
  in.chars += run.chars;
  in.runs.insert(in.runs.begin() + static_cast<std::ptrdiff_t>(at.run), run);
  merge_before({at.leaf, at.run + 1});
  merge_before(at);
  split_if_full(at.leaf);
}

void provenance::remove(std::uint64_t position, std::uint64_t chars) {
  length_ -= chars;
  while (chars > 0) {
    place at = split_at(position);
    if (at.run == leaves_[at.leaf].runs.size()) {  // the end of its leaf: on in the next
      before_near_ += leaves_[near_].chars;
      at = {++near_, 0};
    }
    leaf& in = leaves_[at.leaf];
    const auto first = in.runs.begin() + static_cast<std::ptrdiff_t>(at.run);
    auto last = first;
    std::uint64_t gone = 0;
    for (; last != in.runs.end() && gone + last->chars <= chars; ++last)
      gone += last->chars;
    if (last == first) {  // a part of one run
      first->chars -= chars;
      first->first += first->author == first_text ? chars : 0;
      gone = chars;
    }
    in.runs.erase(first, last);
    in.chars -= gone;
    chars -= gone;
    merge_before(at);
    if (in.runs.empty() && leaves_.size() > 1) {
      leaves_.erase(leaves_.begin() + static_cast<std::ptrdiff_t>(at.leaf));
      near_ = 0;
      before_near_ = 0;
    } else {
      split_if_full(at.leaf);
    }
  }
}

// Makes the runs on both sides of a boundary within a leaf one, if they are.
// Across leaves `runs` does.
void provenance::merge_before(place at) {
  std::vector<origin_run>& runs = leaves_[at.leaf].runs;
  if (at.run == 0 || at.run >= runs.size() || !are_one(runs[at.run - 1], runs[at.run]))
    return;
  runs[at.run - 1].chars += runs[at.run].chars;
  runs.erase(runs.begin() + static_cast<std::ptrdiff_t>(at.run));
}

void provenance::split_if_full(std::size_t index) {
  if (leaves_[index].runs.size() <= leaf_runs_max)
    return;
  leaf right;
  std::vector<origin_run>& runs = leaves_[index].runs;
  const auto middle = runs.begin() + static_cast<std::ptrdiff_t>(runs.size() / 2);
  right.runs.assign(middle, runs.end());
  runs.erase(middle, runs.end());
  for (const origin_run& run : right.runs)
    right.chars += run.chars;
  leaves_[index].chars -= right.chars;
  leaves_.insert(leaves_.begin() + static_cast<std::ptrdiff_t>(index) + 1, std::move(right));
}

text_op back_to_first_text(const provenance& now, std::string_view text) {
  text_op back;
  std::uint64_t done = 0;
  const auto bring_back = [&](std::uint64_t to) {
    const auto chars = static_cast<std::uint32_t>(to - done);
    const std::size_t bytes = byte_offset(text, chars);
    back.insert(text.substr(0, bytes), chars);
    text.remove_prefix(bytes);
    done = to;
  };
  for (const origin_run& run : now.runs()) {
    const auto chars = static_cast<std::uint32_t>(run.chars);
    if (run.author != first_text) {
      back.remove(chars);
      continue;
    }
    bring_back(run.first);
    back.keep(chars);
    text.remove_prefix(byte_offset(text, chars));
    done += run.chars;
  }
  bring_back(done + count_chars(text));
  return back;
}

}  // namespace tandem::ot
