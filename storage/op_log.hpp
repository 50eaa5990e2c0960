// The op log as values (docs/protocol.md, "The op log"), and what it must be:
// a room's files rebuilt line by line, and every line checked. Pure. The JSON is
// net/op_log_codec's.
//
// Invariants of log_replay
//  1. A header comes first and once; a file's own line before its operations.
//  2. A file's revisions are dense, from 1.
//  3. An operation fits the text before it.
//  4. The last line names every file with its revision, length and hash.
#pragma once

#include "ot/rope.hpp"
#include "storage/records.hpp"

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

namespace tandem::storage {

// What a line says is not so, or cannot follow what came before it.
class op_log_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct log_header {
  std::string room_id;
  std::string room_name;

  friend bool operator==(const log_header&, const log_header&) = default;
};

struct log_file {
  std::string file;
  std::string language;

  friend bool operator==(const log_file&, const log_file&) = default;
};

struct log_entry {
  std::string file;
  ot::revision rev = 0;
  stored_op made;

  friend bool operator==(const log_entry&, const log_entry&) = default;
};

struct final_text {
  std::string file;
  ot::revision rev = 0;
  std::uint64_t length = 0;  // characters
  std::string sha256;        // of the UTF-8 text, in hex

  friend bool operator==(const final_text&, const final_text&) = default;
};

struct log_end {
  std::vector<final_text> files;

  friend bool operator==(const log_end&, const log_end&) = default;
};

using log_line = std::variant<log_header, log_file, log_entry, log_end>;

class log_replay {
 public:
  struct file {
    std::string language;
    ot::revision rev = 0;
    ot::rope text;
  };

  // Throws op_log_error, and has then changed nothing.
  void take(const log_line& line);

  // There are no more lines. Throws op_log_error if the last was not the end.
  void finish() const;

  const log_header& header() const noexcept { return header_; }
  const std::map<std::string, file>& files() const noexcept { return files_; }

  // What the last line must say.
  log_end end() const;

 private:
  void begin(const log_header& header);
  void add(const log_file& added);
  void apply(const log_entry& entry);
  void compare(const log_end& end);

  enum class phase : std::uint8_t { expecting_header, in_log, ended };

  phase phase_ = phase::expecting_header;
  log_header header_;
  std::map<std::string, file> files_;
};

// In hex.
std::string sha256_of(const ot::rope& text);

}  // namespace tandem::storage
