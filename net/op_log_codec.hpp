// Lines of the op log as JSON (docs/protocol.md, "The op log"): one object a
// line. Stateless, but for the reused document; what may follow what is
// storage::log_replay's affair.
#pragma once

#include "net/json.hpp"
#include "storage/op_log.hpp"

#include <string>
#include <string_view>

namespace tandem::net {

class op_log_decoder {
 public:
  // A line without its line feed, of any bytes. Throws storage::op_log_error.
  // Unknown fields are passed over.
  storage::log_line decode(std::string_view line);

 private:
  json_document document_;
};

// The line, with its line feed.
std::string encode_log_line(const storage::log_line& line);

}  // namespace tandem::net
