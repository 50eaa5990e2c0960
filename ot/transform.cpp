#include "ot/transform.hpp"

#include "ot/op_reader.hpp"

#include <algorithm>

namespace tandem::ot {

namespace {

// `against` keeps the next characters: what op does to them stands.
void pass_kept(text_op& result, op_reader& op, std::uint32_t chars) {
  while (chars > 0) {
    const op_piece piece = op.take(chars, component_kind::insert);
    append(result, piece);
    if (piece.kind != component_kind::insert)
      chars -= piece.chars;
  }
}

// `against` removed the next characters: only insertions among them are left.
void pass_removed(text_op& result, op_reader& op, std::uint32_t chars) {
  while (chars > 0) {
    const op_piece piece = op.take(chars, component_kind::insert);
    if (piece.kind == component_kind::insert)
      append(result, piece);
    else
      chars -= piece.chars;
  }
}

}  // namespace

text_op transform(const text_op& op, const text_op& against, side mine) {
  text_op result;
  op_reader reader{op};
  for (const component& c : against.components()) {
    switch (c.kind) {
      case component_kind::keep: pass_kept(result, reader, c.chars); break;
      case component_kind::insert:
        if (mine == side::left && reader.at_insert())
          append(result, reader.take_rest());
        result.keep(c.chars);
        break;
      case component_kind::remove: pass_removed(result, reader, c.chars); break;
    }
  }
  while (!reader.at_end())
    append(result, reader.take_rest());
  return result;
}

std::uint64_t transform_position(std::uint64_t position, const text_op& op) noexcept {
  std::uint64_t at = 0;
  for (const component& c : op.components()) {
    if (at >= position)
      break;
    switch (c.kind) {
      case component_kind::keep: at += c.chars; break;
      case component_kind::insert:
        at += c.chars;
        position += c.chars;
        break;
      case component_kind::remove:
        position -= std::min<std::uint64_t>(c.chars, position - at);
        break;
    }
  }
  return position;
}

}  // namespace tandem::ot
