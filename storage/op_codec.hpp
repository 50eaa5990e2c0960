// A run of operations as bytes: what the log's rows hold. Pure functions.
//
//   run     = version(1 byte) participants ops crc32(4 bytes, of all before; little-endian)
//   participants = count { client(16 bytes) name }
//   ops     = count first_at_ms { op }
//   op      = participant seq at_delta_ms(zigzag) count { component }
//   component = (chars * 4 + kind) [ bytes text ]     text: of an insert
//   name    = bytes text
//
// All numbers are LEB128 varints. The times are differences to the operation
// before. Version 3; version 1 had no crc32, version 2 is op_pack's, which has
// deflate's own.
#pragma once

#include "storage/records.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::storage {

std::string encode_run(std::span<const stored_op> ops);

// Of any version. Takes any bytes; throws store_error{corrupt} if they are not a run.
std::vector<stored_op> decode_run(std::string_view bytes);

}  // namespace tandem::storage
