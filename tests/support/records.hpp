// Log entries and rooms for tests of whatever keeps or loads them.
//
// The text that most of them write is the alphabet: revision r of a file is its
// first r letters, over and over, so that a text tells which revision it is.
#pragma once

#include "storage/records.hpp"
#include "tests/support/ops.hpp"

#include <cstdint>
#include <ostream>
#include <string>
#include <utility>

namespace tandem::test {

inline ot::client_id client(std::uint8_t number) {
  return {{number}};
}

inline storage::stored_op entry(ot::text_op op, std::uint8_t by = 1, std::uint64_t seq = 1,
                                std::string author = "Ada", std::int64_t at_ms = 1'000) {
  return {std::move(op), client(by), seq, std::move(author), at_ms};
}

inline std::string letters(ot::revision rev) {
  std::string text;
  for (ot::revision r = 0; r < rev; ++r)
    text += static_cast<char>('a' + r % 26);
  return text;
}

// Whoever writes the alphabet is none of those that a test lets edit.
inline constexpr std::uint8_t letter_writer = 200;

// The operation that leads to revision `rev`.
inline ot::text_op letter_op(ot::revision rev) {
  ot::text_op op;
  op.keep(static_cast<std::uint32_t>(rev - 1));
  op.insert(std::string(1, static_cast<char>('a' + (rev - 1) % 26)));
  return op;
}

inline storage::op_run letter_run(storage::file_key file, ot::revision first,
                                  std::size_t count) {
  storage::op_run run{file, first, {}};
  for (ot::revision rev = first; rev < first + count; ++rev)
    run.ops.push_back(
      entry(letter_op(rev), letter_writer, rev, "Ada", static_cast<std::int64_t>(rev)));
  return run;
}

inline storage::create_file file_with(std::string name, ot::revision revs = 0,
                                      std::string language = "plaintext") {
  return {std::move(name), std::move(language), letter_run(0, 1, revs).ops, 5};
}

}  // namespace tandem::test

namespace tandem::storage {

// How GoogleTest prints a log entry.
inline void PrintTo(const stored_op& kept, std::ostream* out) {
  *out << test::to_json(kept.op) << " by " << kept.author << " seq " << kept.seq << " at "
       << kept.at_ms;
}

}  // namespace tandem::storage
