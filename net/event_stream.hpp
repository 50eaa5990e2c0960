// The grammar of text/event-stream, as the HTML standard has it: lines that end
// with LF, CRLF or CR, `field: value`, an empty line behind each event. Pure;
// takes its bytes in pieces that are cut anywhere.
//
// Invariants
//  1. What comes out does not depend on where the bytes were cut.
//  2. Bounded: neither a line nor the data of an event is longer than the limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace tandem::net {

class event_stream {
 public:
  // Hears the data of every event that has some: its `data` lines, joined by
  // line feeds. Returns whether it wants more.
  using listener = std::function<bool(std::string_view data)>;

  explicit event_stream(std::size_t event_bytes_max) : event_bytes_max_{event_bytes_max} {}

  enum class result : std::uint8_t { more, stopped, too_large };

  // After anything but `more` it takes nothing any more.
  result take(std::string_view bytes, const listener& heard);

 private:
  result end_line(const listener& heard);

  const std::size_t event_bytes_max_;
  std::string line_;
  std::string data_;
  bool has_data_ = false;
  bool was_return_ = false;  // a CR ended the line before: an LF belongs to it
  bool is_first_line_ = true;
  result state_ = result::more;
};

}  // namespace tandem::net
