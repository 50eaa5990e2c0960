// The generator's own operational transform: an edit in the wire format of
// docs/protocol.md, parsed, printed, applied and carried over others.
//
// It shares no code with ot/ on purpose: replicas that were kept by the same
// algebra as the server's could agree on a wrong text.
//
// Invariants
//  1. An edit is canonical: no empty part, no two neighbours of one kind, no
//     keep at the end.
//  2. Texts are ASCII without characters that JSON escapes (the generator
//     writes small letters only), so that bytes are characters. What is not
//     such a text is refused by `parse_edit`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::bench {

enum class part_kind : std::uint8_t { keep, insert, remove };

struct edit_part {
  part_kind kind = part_kind::keep;
  std::uint64_t chars = 0;
  std::string text;  // of an insert
};

class text_edit {
 public:
  // Each appends to the right end and merges with the part there.
  text_edit& keep(std::uint64_t chars);
  text_edit& insert(std::string_view text);
  text_edit& remove(std::uint64_t chars);

  const std::vector<edit_part>& parts() const noexcept { return parts_; }

 private:
  edit_part& open(part_kind kind);

  std::vector<edit_part> parts_;
  std::uint64_t held_keep_chars_ = 0;  // becomes a part when something follows it
};

std::optional<text_edit> parse_edit(std::string_view json);
std::string to_json(const text_edit& edit);

// `mine` as it must be after `theirs` was applied to the same text. Of two
// insertions at one place mine stands to the left: it will be committed later.
text_edit transform_left(const text_edit& mine, const text_edit& theirs);

// False, and the text as it was, if the edit reaches beyond it.
bool apply(const text_edit& edit, std::string& text);

}  // namespace tandem::bench
