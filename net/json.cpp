#include "net/json.hpp"

#include "net/rapidjson.hpp"
#include "ot/utf8.hpp"

#include <charconv>
#include <limits>

namespace tandem::net {

namespace {

constexpr std::size_t depth_max = 16;
constexpr std::size_t keys_max = 64;
constexpr std::int64_t exact_max = std::int64_t{1} << 53;

}  // namespace

struct json_handler : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, json_handler> {
  json_handler(json_document& into, std::size_t most) : document{into}, nodes_max{most} {}

  bool fail(json_error why) {
    error = why;
    return false;
  }

  bool add(json_node node) {
    if (document.nodes_.size() >= nodes_max)
      return fail(json_error::too_large);
    node.end = static_cast<std::uint32_t>(document.nodes_.size() + 1);
    document.nodes_.push_back(node);
    return true;
  }

  bool Null() { return add({json_kind::null}); }
  bool Bool(bool value) { return add({json_kind::boolean, 0, value ? 1 : 0}); }
  bool Double(double) { return add({json_kind::inexact}); }

  bool RawNumber(const char* text, rapidjson::SizeType length, bool) {
    std::int64_t value = 0;
    const auto [end, problem] = std::from_chars(text, text + length, value);
    if (problem != std::errc{} || end != text + length || value > exact_max
        || value < -exact_max)
      return add({json_kind::inexact});
    return add({json_kind::integer, 0, value});
  }

  bool String(const char* text, rapidjson::SizeType length, bool) {
    if (!ot::is_valid_text({text, length}))
      return fail(json_error::bad_text);
    const auto offset = static_cast<std::uint32_t>(document.bytes_.size());
    document.bytes_.append(text, length);
    return add({json_kind::string, 0, 0, offset, length});
  }

  bool Key(const char* text, rapidjson::SizeType length, bool copy) {
    return String(text, length, copy);
  }

  bool open(json_kind kind) {
    if (depth == depth_max)
      return fail(json_error::syntax);
    const auto index = static_cast<std::uint32_t>(document.nodes_.size());
    if (!add({kind}))
      return false;
    open_nodes[depth++] = index;
    return true;
  }

  std::uint32_t close() {
    const std::uint32_t index = open_nodes[--depth];
    document.nodes_[index].end = static_cast<std::uint32_t>(document.nodes_.size());
    return index;
  }

  bool StartObject() { return open(json_kind::object); }
  bool StartArray() { return open(json_kind::array); }

  bool EndArray(rapidjson::SizeType) {
    close();
    return true;
  }

  bool EndObject(rapidjson::SizeType members) {
    const std::uint32_t index = close();
    if (members > keys_max || names_a_key_twice(index))
      return fail(json_error::bad_object);
    return true;
  }

  std::string_view key_at(std::uint32_t index) const {
    const json_node& node = document.nodes_[index];
    return std::string_view{document.bytes_}.substr(node.offset, node.bytes);
  }

  bool names_a_key_twice(std::uint32_t index) const {
    const std::uint32_t end = document.nodes_[index].end;
    for (std::uint32_t a = index + 1; a < end; a = document.nodes_[a + 1].end)
      for (std::uint32_t b = document.nodes_[a + 1].end; b < end; b = document.nodes_[b + 1].end)
        if (key_at(a) == key_at(b))
          return true;
    return false;
  }

  json_document& document;
  std::size_t nodes_max;
  std::uint32_t open_nodes[depth_max] = {};
  std::size_t depth = 0;
  json_error error = json_error::none;
};

namespace {

json_error error_of(rapidjson::ParseErrorCode code) noexcept {
  switch (code) {
    case rapidjson::kParseErrorStringUnicodeSurrogateInvalid:
    case rapidjson::kParseErrorStringInvalidEncoding: return json_error::bad_text;
    default: return json_error::syntax;
  }
}

}  // namespace

json_error json_document::parse(std::string_view text, std::size_t nodes_max) {
  constexpr unsigned flags = rapidjson::kParseIterativeFlag
                             | rapidjson::kParseValidateEncodingFlag
                             | rapidjson::kParseNumbersAsStringsFlag;
  nodes_.clear();
  bytes_.clear();
  json_handler handler{*this, nodes_max};
  rapidjson::MemoryStream raw{text.data(), text.size()};
  rapidjson::EncodedInputStream<rapidjson::UTF8<>, rapidjson::MemoryStream> stream{raw};
  rapidjson::Reader reader;
  const rapidjson::ParseResult result = reader.Parse<flags>(stream, handler);
  if (!result.IsError())
    return json_error::none;
  while (handler.depth > 0)
    handler.close();
  return handler.error != json_error::none ? handler.error : error_of(result.Code());
}

const json_node& json_view::node_at(std::uint32_t index) const noexcept {
  return document_->nodes_[index];
}

json_kind json_view::kind() const noexcept {
  return node().kind;
}

std::optional<std::int64_t> json_view::integer() const noexcept {
  if (!is(json_kind::integer))
    return std::nullopt;
  return node().integer;
}

std::optional<bool> json_view::boolean() const noexcept {
  if (!is(json_kind::boolean))
    return std::nullopt;
  return node().integer != 0;
}

std::optional<std::string_view> json_view::string() const noexcept {
  if (!is(json_kind::string))
    return std::nullopt;
  return std::string_view{document_->bytes_}.substr(node().offset, node().bytes);
}

std::optional<json_view> json_view::find(std::string_view key) const noexcept {
  if (!is(json_kind::object))
    return std::nullopt;
  // After an error the last key may have no value.
  for (std::uint32_t at = index_ + 1; at + 1 < node().end; at = node_at(at + 1).end)
    if (json_view{*document_, at}.string() == key)
      return json_view{*document_, at + 1};
  return std::nullopt;
}

std::size_t json_view::member_count() const noexcept {
  std::size_t count = 0;
  if (is(json_kind::object))
    for (std::uint32_t at = index_ + 1; at + 1 < node().end; at = node_at(at + 1).end)
      ++count;
  return count;
}

}  // namespace tandem::net
