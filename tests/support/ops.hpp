// Operations in tests: written as a list, printed as JSON.
//
//   make_op({5, "abc", del(2)})   prints as   [5,"abc",{"d":2}]
#pragma once

#include "ot/text_op.hpp"

#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <ostream>
#include <string>
#include <string_view>

namespace tandem::test {

struct op_part {
  op_part(int keep) : kind{ot::component_kind::keep}, chars{static_cast<std::uint32_t>(keep)} {}
  op_part(const char* insert) : kind{ot::component_kind::insert}, text{insert} {}
  op_part(ot::component_kind of, std::uint32_t count) : kind{of}, chars{count} {}

  ot::component_kind kind;
  std::uint32_t chars = 0;
  std::string_view text;
};

inline op_part del(std::uint32_t chars) {
  return {ot::component_kind::remove, chars};
}

inline ot::text_op make_op(std::initializer_list<op_part> parts) {
  ot::text_op op;
  for (const op_part& part : parts) {
    switch (part.kind) {
      case ot::component_kind::keep: op.keep(part.chars); break;
      case ot::component_kind::insert: op.insert(part.text); break;
      case ot::component_kind::remove: op.remove(part.chars); break;
    }
  }
  return op;
}

inline std::string json_string(std::string_view text) {
  std::string json = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      json += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      json += escape;
    } else {
      json += c;
    }
  }
  return json + '"';
}

inline std::string to_json(const ot::text_op& op) {
  std::string json = "[";
  std::string_view inserted = op.inserted_text();
  for (const ot::component& c : op.components()) {
    if (json.size() > 1)
      json += ',';
    switch (c.kind) {
      case ot::component_kind::keep: json += std::to_string(c.chars); break;
      case ot::component_kind::remove: json += "{\"d\":" + std::to_string(c.chars) + "}"; break;
      case ot::component_kind::insert:
        json += json_string(inserted.substr(0, c.bytes));
        inserted.remove_prefix(c.bytes);
        break;
    }
  }
  return json + ']';
}

}  // namespace tandem::test

namespace tandem::ot {

// How GoogleTest prints an operation.
inline void PrintTo(const text_op& op, std::ostream* out) {
  *out << test::to_json(op);
}

}  // namespace tandem::ot
