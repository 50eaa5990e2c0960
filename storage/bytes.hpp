// Numbers and texts in a row of bytes: LEB128 varints, zigzag differences.
#pragma once

#include "ot/utf8.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace tandem::storage {

class byte_writer {
 public:
  void number(std::uint64_t value) {
    while (value >= 0x80) {
      out_.push_back(static_cast<char>(value | 0x80));
      value >>= 7;
    }
    out_.push_back(static_cast<char>(value));
  }

  void difference(std::int64_t value) {
    number((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
  }

  void raw(std::string_view bytes) { out_.append(bytes); }

  void text(std::string_view bytes) {
    number(bytes.size());
    raw(bytes);
  }

  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

// Takes any bytes; what they are not is store_error{corrupt}.
class byte_reader {
 public:
  explicit byte_reader(std::string_view bytes) noexcept : left_{bytes} {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(raw(1).front());
      value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if (byte < 0x80)
        return value;
    }
    fail("a number is too long");
  }

  std::int64_t difference() {
    const std::uint64_t value = number();
    return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
  }

  // A count of things that take at least a byte each.
  std::size_t count() {
    const std::uint64_t value = number();
    if (value > left_.size())
      fail("a count is too large");
    return static_cast<std::size_t>(value);
  }

  std::string_view raw(std::size_t bytes) {
    if (bytes > left_.size())
      fail("it ends too early");
    const std::string_view taken = left_.substr(0, bytes);
    left_.remove_prefix(bytes);
    return taken;
  }

  std::string_view bytes() { return raw(count()); }

  std::string_view text() {
    const std::string_view taken = bytes();
    if (!ot::is_valid_text(taken))
      fail("a text is not valid UTF-8");
    return taken;
  }

  // All that is left.
  std::string_view rest() { return raw(left_.size()); }

  bool at_end() const noexcept { return left_.empty(); }

  [[noreturn]] static void fail(const std::string& why) {
    throw store_error{store_error::cause::corrupt, "bad run of operations: " + why};
  }

 private:
  std::string_view left_;
};

// A damaged row may hold any times: their differences wrap.
inline std::int64_t time_between(std::int64_t from, std::int64_t to) noexcept {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(to)
                                   - static_cast<std::uint64_t>(from));
}

inline std::int64_t time_after(std::int64_t from, std::int64_t difference) noexcept {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(from)
                                   + static_cast<std::uint64_t>(difference));
}

}  // namespace tandem::storage
