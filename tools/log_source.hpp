// The lines of an op log as values, one after the other; also of an editing
// trace (the JSON of josephg/editing-traces, sequential), which is told as the
// log of one file.
#pragma once

#include "storage/op_log.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace tandem::tools {

// A line that cannot be: where, and why.
class bad_log : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Calls `visit` with each line until it returns false. What `visit` throws as
// storage::op_log_error comes out as bad_log with the line's place. Throws
// bad_log, and std::runtime_error if the file cannot be read.
void read_log(const std::string& path,
              const std::function<bool(const storage::log_line&)>& visit);

}  // namespace tandem::tools
