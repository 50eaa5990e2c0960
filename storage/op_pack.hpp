// A long run of old operations as few bytes: what the log's rows are packed
// into. Pure functions. Version 2 of the format whose version 1 is op_codec's;
// decode_run reads both.
//
//   packed = version(1 byte) body_bytes deflate(body)
//   body   = participants count column*
//
// What belongs together stands together, in columns, each predicted from the
// operation before; deflate finds the rest:
//
//   who      participant, and how many operations in a row are theirs
//   seq      difference to the participant's last number plus one
//   at       difference to the operation before, ms
//   shape    the kinds of an operation's components, in a byte if they are few
//   start    where it begins: difference to where the one before it ended
//   lengths  of the other components, in characters
//   text     all that is inserted
//
// The columns are those of diamond-types' and Automerge's files; typing is a
// start of 0, a backspace one of -1.
#pragma once

#include "storage/records.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::storage {

inline constexpr char packed_version = 2;

// How the stores use it. A piece: enough for deflate to find what repeats,
// little enough that packing it is no pause, and unpacking it no wait.
inline constexpr std::size_t packed_piece_ops = 2'048;
// Of old snapshots, one in so many revisions is kept.
inline constexpr ot::revision snapshot_spacing_ops = 20'000;

std::string pack_run(std::span<const stored_op> ops);

// Takes any bytes; throws store_error{corrupt} if they are not a packed run.
std::vector<stored_op> unpack_run(std::string_view bytes);

}  // namespace tandem::storage
