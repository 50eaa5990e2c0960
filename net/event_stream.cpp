#include "net/event_stream.hpp"

namespace tandem::net {

event_stream::result event_stream::take(std::string_view bytes, const listener& heard) {
  while (state_ == result::more && !bytes.empty()) {
    if (was_return_ && bytes.front() == '\n') {
      was_return_ = false;
      bytes.remove_prefix(1);
      continue;
    }
    was_return_ = false;
    const std::size_t end = bytes.find_first_of("\r\n");
    const std::string_view part = bytes.substr(0, end);
    if (line_.size() + part.size() > event_bytes_max_)
      return state_ = result::too_large;
    line_.append(part);
    if (end == std::string_view::npos)
      break;
    was_return_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    state_ = end_line(heard);
  }
  return state_;
}

event_stream::result event_stream::end_line(const listener& heard) {
  std::string_view line = line_;
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (is_first_line_ && line.starts_with(byte_order_mark))
    line.remove_prefix(byte_order_mark.size());
  is_first_line_ = false;
  if (line.empty()) {
    const bool wants_more = !has_data_ || heard(data_);
    data_.clear();
    has_data_ = false;
    line_.clear();
    return wants_more ? result::more : result::stopped;
  }
  const std::size_t colon = line.find(':');
  if (line.substr(0, colon) == "data") {
    std::string_view value = colon == std::string_view::npos ? "" : line.substr(colon + 1);
    if (value.starts_with(' '))
      value.remove_prefix(1);
    if (data_.size() + value.size() + 1 > event_bytes_max_)
      return result::too_large;
    if (has_data_)
      data_ += '\n';
    data_ += value;
    has_data_ = true;
  }
  line_.clear();
  return result::more;
}

}  // namespace tandem::net
