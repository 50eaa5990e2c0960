#include "tests/bench/text_edit.hpp"

#include "tests/bench/json_scan.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace tandem::bench {
namespace {

bool is_plain_ascii(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

// Reads an edit from left to right in pieces of a wanted size. Behind its end
// there is one keep without end, as the format has it.
class edit_reader {
 public:
  explicit edit_reader(const text_edit& edit) : parts_{edit.parts()} {}

  bool at_insert() const noexcept {
    return index_ < parts_.size() && parts_[index_].kind == part_kind::insert;
  }

  // The next piece: a whole insert, or at most `limit` characters of the rest.
  edit_part take(std::uint64_t limit) {
    if (index_ == parts_.size())
      return {part_kind::keep, limit, {}};
    const edit_part& part = parts_[index_];
    if (part.kind == part_kind::insert) {
      ++index_;
      return part;
    }
    const std::uint64_t chars = std::min(limit, part.chars - taken_chars_);
    taken_chars_ += chars;
    if (taken_chars_ == part.chars) {
      ++index_;
      taken_chars_ = 0;
    }
    return {part.kind, chars, {}};
  }

  bool at_end() const noexcept { return index_ == parts_.size(); }

 private:
  const std::vector<edit_part>& parts_;
  std::size_t index_ = 0;
  std::uint64_t taken_chars_ = 0;
};

void append(text_edit& edit, const edit_part& part) {
  switch (part.kind) {
    case part_kind::keep: edit.keep(part.chars); break;
    case part_kind::insert: edit.insert(part.text); break;
    case part_kind::remove: edit.remove(part.chars); break;
  }
}

}  // namespace

edit_part& text_edit::open(part_kind kind) {
  if (held_keep_chars_ > 0)
    parts_.push_back({part_kind::keep, std::exchange(held_keep_chars_, 0), {}});
  if (parts_.empty() || parts_.back().kind != kind)
    parts_.push_back({kind, 0, {}});
  return parts_.back();
}

text_edit& text_edit::keep(std::uint64_t chars) {
  held_keep_chars_ += chars;
  return *this;
}

text_edit& text_edit::insert(std::string_view text) {
  if (!text.empty()) {
    edit_part& part = open(part_kind::insert);
    part.text += text;
    part.chars = part.text.size();
  }
  return *this;
}

text_edit& text_edit::remove(std::uint64_t chars) {
  if (chars > 0)
    open(part_kind::remove).chars += chars;
  return *this;
}

std::optional<text_edit> parse_edit(std::string_view json) {
  text_edit edit;
  bool sound = true;
  const auto read_part = [&](std::string_view value) {
    if (const auto keep = json_unsigned(value)) {
      edit.keep(*keep);
    } else if (const auto text = json_plain_string(value)) {
      sound = sound && is_plain_ascii(*text);
      edit.insert(*text);
    } else {
      std::optional<std::uint64_t> removed;
      for_each_json_field(value, [&](std::string_view key, std::string_view count) {
        if (key == "d")
          removed = json_unsigned(count);
      });
      sound = sound && removed.has_value();
      edit.remove(removed.value_or(0));
    }
  };
  if (!for_each_json_value(json, read_part) || !sound)
    return std::nullopt;
  return edit;
}

std::string to_json(const text_edit& edit) {
  std::string json = "[";
  for (const edit_part& part : edit.parts()) {
    if (json.size() > 1)
      json += ',';
    switch (part.kind) {
      case part_kind::keep: json += std::to_string(part.chars); break;
      case part_kind::insert: json.append("\"").append(part.text).append("\""); break;
      case part_kind::remove:
        json.append("{\"d\":").append(std::to_string(part.chars)).append("}");
        break;
    }
  }
  return json + ']';
}

text_edit transform_left(const text_edit& mine, const text_edit& theirs) {
  text_edit result;
  edit_reader reader{mine};
  for (const edit_part& part : theirs.parts()) {
    if (part.kind == part_kind::insert) {
      if (reader.at_insert())
        append(result, reader.take(0));
      result.keep(part.chars);
      continue;
    }
    for (std::uint64_t left_chars = part.chars; left_chars > 0;) {
      const edit_part piece = reader.take(left_chars);
      const bool is_insert = piece.kind == part_kind::insert;
      if (is_insert || part.kind == part_kind::keep)
        append(result, piece);
      left_chars -= is_insert ? 0 : piece.chars;
    }
  }
  while (!reader.at_end())
    append(result, reader.take(std::numeric_limits<std::uint64_t>::max()));
  return result;
}

bool apply(const text_edit& edit, std::string& text) {
  std::uint64_t reach_chars = 0;
  for (const edit_part& part : edit.parts())
    reach_chars += part.kind == part_kind::insert ? 0 : part.chars;
  if (reach_chars > text.size())
    return false;
  std::size_t at = 0;
  for (const edit_part& part : edit.parts()) {
    switch (part.kind) {
      case part_kind::keep: at += part.chars; break;
      case part_kind::insert:
        text.insert(at, part.text);
        at += part.text.size();
        break;
      case part_kind::remove: text.erase(at, part.chars); break;
    }
  }
  return true;
}

}  // namespace tandem::bench
