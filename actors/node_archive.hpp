// How values become the bytes of node_codec.hpp, and values again: all that knows
// numbers, texts and containers. Private to node_codec.cpp, which has one list of
// fields for each struct:
//
//   void fields(auto& archive, of<client::chat> auto& m) {
//     auto& [id, text] = m;
//     archive(id, text);
//   }
//
// The binding names every field, or the compiler says so. Three archives go by a
// list: one counts its bytes, one writes them, one reads. They live for one
// message, on the stack of who codes it.
//
//   number    LEB128; a signed one zigzag, so that small ones are short
//   flag      0 or 1; an optional is a flag, and its value behind a 1
//   text      its length in bytes, and they; a frame that cannot be null is one
//   vector    its count, and the elements
//   variant   the alternative's index, and its fields
//   text_op   count { chars * 4 + kind [ text ] } chars-kept-behind-it
//
// Invariants
//  1. A value has one form (no number is longer than it must be, no flag but 0
//     and 1): what is read is what writing it again gives.
//  2. Reading reserves no more memory than the message has bytes left.
//  3. What is read is whole: enumerations have a name, operations are in normal
//     form, a frame is null only where its list says so.
#pragma once

#include "actors/node_codec.hpp"
#include "ot/utf8.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace tandem::node_bytes {

// A struct that is read, or one that is only written.
template <class T, class Plain>
concept of = std::same_as<std::remove_const_t<T>, Plain>;

template <class T>
concept flag = std::same_as<T, bool>;
template <class T>
concept natural = std::unsigned_integral<T> && !flag<T>;
template <class T>
concept choice = std::is_enum_v<T>;
// What has a list of fields.
template <class T>
concept record = std::is_aggregate_v<T>;

inline constexpr std::uint64_t component_chars_max = std::numeric_limits<std::int32_t>::max();

// ---- which values an enumeration has: the compiler sees if one is missing ----

constexpr bool is_known(error_code code) noexcept {
  switch (code) {
    case error_code::bad_message:
    case error_code::bad_op:
    case error_code::unknown_file:
    case error_code::file_exists:
    case error_code::forbidden:
    case error_code::rate_limited:
    case error_code::too_large:
    case error_code::rebase:
    case error_code::stale:
    case error_code::unavailable:
    case error_code::internal: return true;
  }
  return false;
}

constexpr bool is_known(close_code code) noexcept {
  switch (code) {
    case close_code::going_away:
    case close_code::overloaded:
    case close_code::bad_message:
    case close_code::not_authenticated:
    case close_code::forbidden:
    case close_code::no_such_room:
    case close_code::no_hello:
    case close_code::superseded:
    case close_code::too_large:
    case close_code::too_many_connections: return true;
  }
  return false;
}

constexpr bool is_known(client::file_action action) noexcept {
  switch (action) {
    case client::file_action::create:
    case client::file_action::rename:
    case client::file_action::remove: return true;
  }
  return false;
}

constexpr bool is_known(room_role role) noexcept {
  switch (role) {
    case room_role::none:
    case room_role::viewer:
    case room_role::commenter:
    case room_role::editor:
    case room_role::owner: return true;
  }
  return false;
}

constexpr bool is_known(edit_answer::verdict verdict) noexcept {
  switch (verdict) {
    case edit_answer::verdict::duplicate:
    case edit_answer::verdict::refused: return true;
  }
  return false;
}

constexpr bool is_known(room_note::effect effect) noexcept {
  switch (effect) {
    case room_note::effect::none:
    case room_note::effect::renamed:
    case room_note::effect::removed:
    case room_note::effect::created: return true;
  }
  return false;
}

constexpr bool is_known(node::refused::reason reason) noexcept {
  switch (reason) {
    case node::refused::reason::absent:
    case node::refused::reason::unavailable:
    case node::refused::reason::elsewhere: return true;
  }
  return false;
}

// ---- where the bytes go ----

class byte_count {
 public:
  void byte(std::uint8_t) noexcept { ++bytes_; }
  void number(std::uint64_t value) noexcept {
    bytes_ += (static_cast<std::size_t>(std::bit_width(value | 1)) + 6) / 7;
  }
  void raw(std::string_view bytes) noexcept { bytes_ += bytes.size(); }

  std::size_t bytes() const noexcept { return bytes_; }

 private:
  std::size_t bytes_ = 0;
};

// As long as was counted, from the start: nothing is moved, no write asks for room.
class byte_text {
 public:
  explicit byte_text(std::size_t bytes)
      : out_(bytes, '\0'), next_{out_.data()}, end_{next_ + bytes} {}
  byte_text(const byte_text&) = delete;
  byte_text& operator=(const byte_text&) = delete;

  void byte(std::uint8_t value) {
    check_room(1);
    *next_++ = static_cast<char>(value);
  }

  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7)
      byte(static_cast<std::uint8_t>(value | 0x80));
    byte(static_cast<std::uint8_t>(value));
  }

  void raw(std::string_view bytes) {
    check_room(bytes.size());
    next_ += bytes.copy(next_, bytes.size());
  }

  std::string take() {
    if (next_ != end_)
      fail();
    return std::move(out_);
  }

 private:
  [[noreturn]] static void fail() { throw std::logic_error{"a message is not as long as counted"}; }

  void check_room(std::size_t bytes) const {
    if (bytes > static_cast<std::size_t>(end_ - next_))
      fail();
  }

  std::string out_;
  char* next_;
  char* end_;
};

// ---- writing, and counting ----

template <class Sink>
class writing_archive {
 public:
  writing_archive(Sink& out, std::uint32_t version) noexcept : out_{out}, version_{version} {}

  void operator()(const auto&... values) { (write(values), ...); }

  // A field that came with that version.
  void since(std::uint32_t version, const auto& value) {
    if (version_ >= version)
      write(value);
  }

  // A frame that may be null: its length plus one, or 0.
  void or_null(const frame& bytes) {
    out_.number(bytes ? bytes->size() + 1 : 0);
    if (bytes)
      out_.raw(*bytes);
  }

  // Does not cross: the reader makes it of what did.
  void derived(const auto&, const auto&) noexcept {}

  // What the receiver relies on is seen by the reader.
  void must(bool, const char*) noexcept {}

 private:
  void write(const flag auto& value) { out_.byte(value ? 1 : 0); }
  void write(const natural auto& value) { out_.number(value); }
  void write(const choice auto& value) { out_.number(static_cast<std::uint64_t>(value)); }

  void write(const std::signed_integral auto& value) {
    const std::int64_t wide = value;
    out_.number((static_cast<std::uint64_t>(wide) << 1) ^ static_cast<std::uint64_t>(wide >> 63));
  }

  void write(std::string_view text) {
    out_.number(text.size());
    out_.raw(text);
  }

  void write(const std::string& text) { write(std::string_view{text}); }
  void write(const frame& bytes) { write(bytes ? std::string_view{*bytes} : std::string_view{}); }

  template <std::size_t Size>
  void write(const std::array<std::uint8_t, Size>& bytes) {
    out_.raw({reinterpret_cast<const char*>(bytes.data()), Size});
  }

  template <class T>
  void write(const std::optional<T>& value) {
    write(value.has_value());
    if (value)
      write(*value);
  }

  template <class T>
  void write(const std::vector<T>& values) {
    out_.number(values.size());
    for (const T& value : values)
      write(value);
  }

  template <class First, class Second>
  void write(const std::pair<First, Second>& both) {
    (*this)(both.first, both.second);
  }

  template <class... Alternatives>
  void write(const std::variant<Alternatives...>& value) {
    out_.number(value.index());
    std::visit([this](const auto& alternative) { write(alternative); }, value);
  }

  void write(const ot::text_op& op) {
    std::string_view inserted = op.inserted_text();
    out_.number(op.components().size());
    for (const ot::component& c : op.components()) {
      out_.number(std::uint64_t{c.chars} * 4 + static_cast<std::uint64_t>(c.kind));
      if (c.kind == ot::component_kind::insert) {
        write(inserted.substr(0, c.bytes));
        inserted.remove_prefix(c.bytes);
      }
    }
    // No component, but an edit that keeps more than there is must be refused
    // wherever its room is.
    out_.number(op.spanned_chars() - op.reach_chars());
  }

  void write(const fanout_ptr& batch) {
    static const fanout nothing;
    write(batch ? *batch : nothing);
  }

  void write(const record auto& value) { fields(*this, value); }

  Sink& out_;
  const std::uint32_t version_;
};

// ---- reading ----

class reading_archive {
 public:
  explicit reading_archive(std::string_view bytes) noexcept : left_{bytes} {}

  void operator()(auto&... values) { (read(values), ...); }

  // The version of what follows, as its first byte says.
  void is_of(std::uint32_t version) noexcept { version_ = version; }
  void since(std::uint32_t version, auto& value) {
    if (version_ >= version)
      read(value);
  }

  void or_null(frame& bytes) {
    const std::uint64_t length_and_one = number();
    bytes = length_and_one == 0 ? nullptr : frame_of(raw(length_and_one - 1));
  }

  void derived(auto& value, const auto& make) { value = make(); }

  void must(bool holds, const char* otherwise) {
    if (!holds)
      fail(otherwise);
  }

  std::uint8_t byte() { return static_cast<std::uint8_t>(raw(1).front()); }

  template <class... Alternatives>
  void alternative(std::variant<Alternatives...>& value, std::uint64_t index) {
    if (index >= sizeof...(Alternatives))
      fail("an unknown kind");
    read_alternative(value, index, std::index_sequence_for<Alternatives...>{});
  }

  bool at_end() const noexcept { return left_.empty(); }

  [[noreturn]] static void fail(const char* why) {
    throw bad_node_message{std::string{"bad message of a node: "} + why};
  }

 private:
  std::string_view raw(std::uint64_t bytes) {
    if (bytes > left_.size())
      fail("it ends too early");
    const std::string_view taken = left_.substr(0, bytes);
    left_.remove_prefix(bytes);
    return taken;
  }

  std::uint64_t number() {
    std::uint64_t value = byte();
    if (value < 0x80)
      return value;
    value &= 0x7FU;
    for (unsigned shift = 7; shift < 64; shift += 7) {
      const std::uint64_t bits = byte();
      value |= (bits & 0x7FU) << shift;
      if (bits >= 0x80)
        continue;
      if (bits == 0 || (shift == 63 && bits > 1))
        fail("a number is longer than it must be");
      return value;
    }
    fail("a number is too long");
  }

  // Of things that take at least a byte each.
  std::size_t count() {
    const std::uint64_t value = number();
    if (value > left_.size())
      fail("a count is too large");
    return static_cast<std::size_t>(value);
  }

  std::string_view text() { return raw(number()); }

  static frame frame_of(std::string_view bytes) {
    return std::make_shared<const std::string>(bytes);
  }

  void read(flag auto& value) {
    const std::uint8_t said = byte();
    if (said > 1)
      fail("a flag is neither 0 nor 1");
    value = said == 1;
  }

  template <natural T>
  void read(T& value) {
    const std::uint64_t said = number();
    if (said > std::numeric_limits<T>::max())
      fail("a number is out of range");
    value = static_cast<T>(said);
  }

  void read(std::int64_t& value) {
    const std::uint64_t said = number();
    value = static_cast<std::int64_t>((said >> 1) ^ (~(said & 1) + 1));
  }

  template <choice T>
  void read(T& value) {
    const std::uint64_t said = number();
    if (said > std::numeric_limits<std::underlying_type_t<T>>::max())
      fail("an unknown choice");
    value = static_cast<T>(said);
    if (!is_known(value))
      fail("an unknown choice");
  }

  void read(std::string& value) { value = text(); }
  void read(frame& value) { value = frame_of(text()); }

  template <std::size_t Size>
  void read(std::array<std::uint8_t, Size>& value) {
    raw(Size).copy(reinterpret_cast<char*>(value.data()), Size);
  }

  template <class T>
  void read(std::optional<T>& value) {
    bool is_there = false;
    read(is_there);
    value.reset();
    if (is_there)
      read(value.emplace());
  }

  template <class T>
  void read(std::vector<T>& values) {
    const std::size_t elements = count();
    values.clear();
    values.reserve(std::min(elements, left_.size() / sizeof(T)));
    while (values.size() < elements)
      read(values.emplace_back());
  }

  template <class First, class Second>
  void read(std::pair<First, Second>& both) {
    (*this)(both.first, both.second);
  }

  template <class... Alternatives>
  void read(std::variant<Alternatives...>& value) {
    alternative(value, number());
  }

  template <class Variant, std::size_t... Index>
  void read_alternative(Variant& value, std::uint64_t index, std::index_sequence<Index...>) {
    ((index == Index ? read(value.template emplace<Index>()) : void()), ...);
  }

  void read_component(ot::text_op& op) {
    const std::uint64_t head = number();
    if (head / 4 == 0 || head / 4 > component_chars_max)
      fail("a component's length is out of range");
    const auto chars = static_cast<std::uint32_t>(head / 4);
    switch (head % 4) {
      case 0: op.keep(chars); break;
      case 1: {
        const std::string_view inserted = text();
        if (!ot::is_valid_text(inserted) || ot::count_chars(inserted) != chars)
          fail("an insert is not the text that it says");
        op.insert(inserted, chars);
        break;
      }
      case 2: op.remove(chars); break;
      default: fail("an unknown kind of component");
    }
  }

  void read(ot::text_op& op) {
    op = {};
    const std::size_t components = count();
    for (std::size_t left = components; left > 0; --left)
      read_component(op);
    // Components that had to be merged may also have overflowed.
    if (op.components().size() != components)
      fail("an operation is not in normal form");
    const std::uint64_t kept_behind = number();
    if (kept_behind > component_chars_max)
      fail("a component's length is out of range");
    op.keep(static_cast<std::uint32_t>(kept_behind));
  }

  void read(fanout_ptr& value) {
    auto batch = std::make_shared<fanout>();
    read(*batch);
    value = std::move(batch);
  }

  void read(record auto& value) { fields(*this, value); }

  std::string_view left_;
  std::uint32_t version_ = 0;
};

}  // namespace tandem::node_bytes
