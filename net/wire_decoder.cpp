#include "net/wire_codec.hpp"

#include "net/json_fields.hpp"

#include <limits>
#include <utility>

namespace tandem::net {

namespace {

// Component lengths and positions above this are nobody's: no text is so long.
constexpr std::int64_t chars_max = std::numeric_limits<std::int32_t>::max();

client::open read_open(json_view object) {
  return {required_text(object, "file"), number_field(object, "rev"),
          number_field(object, "seq"), number_field(object, "id")};
}

client::hello read_hello(json_view object, const limits& bounds) {
  client::hello hello{required_text(object, "client"), text_field(object, "name"), {}};
  hello.token = text_field(object, "token");
  hello.attempt = number_field(object, "attempt").value_or(0);
  if (const auto opens = object.find("open")) {
    const bool complete = opens->for_each([&](json_view entry) {
      if (!entry.is(json_kind::object) || hello.opens.size() >= bounds.files_per_room)
        return false;
      hello.opens.push_back(read_open(entry));
      return true;
    });
    if (!complete)
      throw bad_field{"open"};
  }
  return hello;
}

client::cursor read_cursor(json_view object, const limits& bounds) {
  client::cursor cursor{required_text(object, "file"), required_number(object, "rev"), {},
                        number_field(object, "id")};
  const auto ranges = object.find("ranges");
  const auto read_range = [&](json_view pair) {
    std::uint64_t ends[2] = {};
    std::size_t count = 0;
    const bool complete = pair.for_each([&](json_view end) {
      const auto position = end.integer();
      if (count == 2 || !position || *position < 0 || *position > chars_max)
        return false;
      ends[count++] = static_cast<std::uint64_t>(*position);
      return true;
    });
    if (!complete || count != 2 || cursor.ranges.size() >= bounds.cursor_ranges)
      return false;
    cursor.ranges.push_back({ends[0], ends[1]});
    return true;
  };
  if (!ranges || !ranges->for_each(read_range))
    throw bad_field{"ranges"};
  return cursor;
}

client::message read_edit(json_view object, const limits& bounds) {
  client::edit edit{required_text(object, "file"), required_number(object, "rev"),
                    required_number(object, "seq"), {}, number_field(object, "id")};
  const auto op = object.find("op");
  if (!op)
    throw bad_field{"op"};
  if (edit.seq == 0)
    throw bad_field{"seq"};
  auto decoded = decode_op(*op, bounds.op_components);
  if (!decoded)
    return client::malformed{error_code::bad_op, "not a valid operation", edit.file, edit.seq};
  edit.op = std::move(*decoded);
  if (const auto by_ai = object.find("by_ai"))
    edit.by_ai = by_ai->boolean().value_or(false);
  return edit;
}

// 0 would say that nothing was asked.
std::uint64_t read_ask(json_view object) {
  const std::uint64_t ask = required_number(object, "ask");
  if (ask == 0)
    throw bad_field{"ask"};
  return ask;
}

client::complete read_complete(json_view object) {
  return {read_ask(object), required_text(object, "file"),
          required_number(object, "rev"), required_number(object, "position"),
          number_field(object, "id")};
}

client::refactor read_refactor(json_view object) {
  client::refactor wish{read_ask(object), required_text(object, "file"),
                        required_number(object, "rev"), 0, 0,
                        required_text(object, "instruction"), number_field(object, "id")};
  const auto range = read_range(object, "range");
  wish.from = range.first;
  wish.to = range.second;
  return wish;
}

client::change_file read_change(json_view object) {
  client::change_file change;
  const std::string action = required_text(object, "do");
  if (action == "create")
    change.action = client::file_action::create;
  else if (action == "rename")
    change.action = client::file_action::rename;
  else if (action == "delete")
    change.action = client::file_action::remove;
  else
    throw bad_field{"do"};
  change.file = required_text(object, "file");
  change.to = change.action == client::file_action::rename ? required_text(object, "to")
                                                           : text_field(object, "to");
  change.text = text_field(object, "text");
  change.language = text_field(object, "language");
  return change;
}

client::diverged read_diverged(json_view object) {
  return {required_text(object, "file"), required_number(object, "rev"),
          required_number(object, "length"),
          static_cast<std::uint32_t>(required_number(object, "crc32"))};
}

struct message_kind {
  std::string_view type;
  client::message (*read)(json_view object, const limits& bounds);
};

// The most frequent first.
constexpr message_kind message_kinds[] = {
  {"op", read_edit},
  {"cursor",
   [](json_view object, const limits& bounds) -> client::message {
     return read_cursor(object, bounds);
   }},
  {"hello",
   [](json_view object, const limits& bounds) -> client::message {
     return read_hello(object, bounds);
   }},
  {"open", [](json_view object, const limits&) -> client::message { return read_open(object); }},
  {"close",
   [](json_view object, const limits&) -> client::message {
     return client::close{required_text(object, "file"), number_field(object, "id")};
   }},
  {"chat",
   [](json_view object, const limits&) -> client::message {
     return client::chat{required_number(object, "id"), required_text(object, "text")};
   }},
  {"diverged",
   [](json_view object, const limits&) -> client::message { return read_diverged(object); }},
  {"file", [](json_view object, const limits&) -> client::message { return read_change(object); }},
  {"complete",
   [](json_view object, const limits&) -> client::message { return read_complete(object); }},
  {"refactor",
   [](json_view object, const limits&) -> client::message { return read_refactor(object); }},
  {"cancel",
   [](json_view object, const limits&) -> client::message {
     return client::cancel{read_ask(object)};
   }},
};

client::message read_message(std::string_view type, json_view object, const limits& bounds) {
  for (const message_kind& kind : message_kinds)
    if (kind.type == type)
      return kind.read(object, bounds);
  return client::malformed{error_code::bad_message, "unknown type", {}, {}};
}

// What an error reply can say about a frame that is wrong somewhere.
client::malformed malformed_frame(const json_document& document, error_code code,
                                  std::string why) {
  client::malformed bad{code, std::move(why), {}, {}};
  if (document.is_empty() || !document.root().is(json_kind::object))
    return bad;
  const json_view object = document.root();
  if (const auto file = object.find("file"))
    bad.file = file->string().value_or("");
  if (const auto seq = object.find("seq"); seq && seq->integer().value_or(-1) >= 0)
    bad.seq = static_cast<std::uint64_t>(*seq->integer());
  if (const auto ask = object.find("ask"); ask && ask->integer().value_or(-1) >= 0)
    bad.ask = static_cast<std::uint64_t>(*ask->integer());
  return bad;
}

const char* explain(json_error error) noexcept {
  switch (error) {
    case json_error::none: return "";
    case json_error::syntax: return "not JSON, or nested too deeply";
    case json_error::bad_text: return "invalid UTF-8, a lone surrogate, or U+0000";
    case json_error::bad_object: return "an object names a key twice, or too many keys";
    case json_error::too_large: return "too many values";
  }
  return "";
}

}  // namespace

std::vector<std::string_view> client_message_types() {
  std::vector<std::string_view> types;
  for (const message_kind& kind : message_kinds)
    types.push_back(kind.type);
  return types;
}

std::optional<ot::text_op> decode_op(json_view value, std::uint64_t components_max) {
  ot::text_op op;
  std::uint64_t components = 0;
  std::uint64_t kept = 0;
  const auto is_length = [](std::optional<std::int64_t> n) {
    return n && *n >= 0 && *n <= chars_max;
  };
  const bool complete = value.for_each([&](json_view component) {
    if (++components > components_max)
      return false;
    if (const auto text = component.string()) {
      op.insert(*text);
      return true;
    }
    if (const auto length = component.integer(); is_length(length)) {
      kept += static_cast<std::uint64_t>(*length);
      op.keep(static_cast<std::uint32_t>(*length));
      return kept <= static_cast<std::uint64_t>(chars_max);
    }
    const auto removed = component.find("d");
    if (!removed || component.member_count() != 1 || !is_length(removed->integer()))
      return false;
    op.remove(static_cast<std::uint32_t>(*removed->integer()));
    return op.removed_chars() <= static_cast<std::uint64_t>(chars_max);
  });
  if (!complete)
    return std::nullopt;
  return op;
}

client::message message_decoder::decode(std::string_view text) {
  const json_error error = document_.parse(text);
  const bool is_object = !document_.is_empty() && document_.root().is(json_kind::object);
  const auto type = is_object ? document_.root().find("type") : std::nullopt;
  const auto type_name = type ? type->string() : std::nullopt;
  if (error != json_error::none) {
    const bool in_op = error == json_error::bad_text && type_name == "op";
    return malformed_frame(document_, in_op ? error_code::bad_op : error_code::bad_message,
                           explain(error));
  }
  if (!type_name)
    return client::malformed{error_code::bad_message, "an object with a type is expected", {}, {}};
  try {
    return read_message(*type_name, document_.root(), limits_);
  } catch (const bad_field& field) {
    return malformed_frame(document_, error_code::bad_message,
                           std::string{"missing or wrong: "} + field.name);
  }
}

}  // namespace tandem::net
