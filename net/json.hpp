// JSON from strangers: parsed by RapidJSON's iterative reader into a flat
// array of nodes, never into its DOM (crashes of 1.1.0: see net/README.md).
//
// Refused, besides what is no JSON: depth over 16, invalid UTF-8, lone
// surrogates, U+0000, an object that names a key twice or has over 64 keys,
// more nodes than allowed. Numbers that are no integers within ±2^53 are kept
// as `inexact`, for the reader of the field to refuse.
//
// A document is reused for one text after the other by one thread; views into
// it are valid until the next parse.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::net {

enum class json_kind : std::uint8_t { null, boolean, integer, inexact, string, array, object };

struct json_node {
  json_kind kind = json_kind::null;
  std::uint32_t end = 0;     // index behind this node and all in it
  std::int64_t integer = 0;  // also: boolean
  std::uint32_t offset = 0;  // of a string's bytes
  std::uint32_t bytes = 0;
};

class json_document;

class json_view {
 public:
  json_view(const json_document& document, std::uint32_t index) noexcept
      : document_{&document}, index_{index} {}

  json_kind kind() const noexcept;
  bool is(json_kind kind) const noexcept { return this->kind() == kind; }

  std::optional<std::int64_t> integer() const noexcept;
  std::optional<std::string_view> string() const noexcept;
  std::optional<bool> boolean() const noexcept;

  // A member of an object; nothing if this is none or has no such key.
  std::optional<json_view> find(std::string_view key) const noexcept;

  // Visits the elements of an array until the visitor returns false. Returns
  // false if that happened, or if this is no array.
  template <class F>
  bool for_each(F visit) const {
    if (!is(json_kind::array))
      return false;
    for (std::uint32_t at = index_ + 1; at < node().end; at = node_at(at).end)
      if (!visit(json_view{*document_, at}))
        return false;
    return true;
  }

  // The number of members of an object.
  std::size_t member_count() const noexcept;

 private:
  const json_node& node() const noexcept { return node_at(index_); }
  const json_node& node_at(std::uint32_t index) const noexcept;

  const json_document* document_;
  std::uint32_t index_;
};

enum class json_error : std::uint8_t {
  none,
  syntax,        // no JSON, or too deep
  bad_text,      // invalid UTF-8, a lone surrogate, U+0000
  bad_object,    // a key twice, or too many keys
  too_large,     // too many nodes
};

class json_document {
 public:
  // What could be read before an error stays in the document, but for strings
  // that are not valid: an error reply can name the file it is about.
  json_error parse(std::string_view text, std::size_t nodes_max = 100'000);

  // REQUIRES: something was read.
  json_view root() const noexcept { return {*this, 0}; }
  bool is_empty() const noexcept { return nodes_.empty(); }

 private:
  friend class json_view;
  friend struct json_handler;

  std::vector<json_node> nodes_;
  std::string bytes_;  // of all strings
};

}  // namespace tandem::net
