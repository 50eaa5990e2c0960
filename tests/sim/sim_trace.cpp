#include "tests/sim/sim_trace.hpp"

#include <fmt/format.h>

namespace tandem::sim {

namespace {

std::string op_text(const ot::text_op& op) {
  std::string text;
  std::string_view inserted = op.inserted_text();
  for (const ot::component& part : op.components()) {
    if (part.kind == ot::component_kind::insert)
      text += fmt::format("'{}' ", inserted.substr(0, part.bytes));
    else
      text += fmt::format("{}{} ", part.kind == ot::component_kind::keep ? "" : "-", part.chars);
    if (part.kind == ot::component_kind::insert)
      inserted.remove_prefix(part.bytes);
  }
  return text;
}

const char* action_name(client::file_action action) {
  switch (action) {
    case client::file_action::create: return "create";
    case client::file_action::rename: return "rename";
    case client::file_action::remove: return "remove";
  }
  return "";
}

std::string number(const std::optional<std::uint64_t>& value) {
  return value ? std::to_string(*value) : "-";
}

struct describer {
  // ---- the server's ----
  std::string operator()(const said_op& m) const {
    return fmt::format("op {} {}..{} {}", m.file, m.from, m.rev, op_text(m.op));
  }
  std::string operator()(const said_ack& m) const {
    return fmt::format("ack {} seq {} rev {}", m.file, m.seq, m.rev);
  }
  std::string operator()(const said_check& m) const {
    return fmt::format("check {} rev {} length {}", m.file, m.rev, m.length);
  }
  std::string operator()(const said_cursor& m) const {
    return fmt::format("cursor {} rev {} of {}", m.file, m.rev, m.site);
  }
  std::string operator()(const server::opened& m) const {
    return fmt::format("opened {} id {} rev {} {}", m.file, m.id, m.rev,
                       m.text ? "text '" + *m.text + "'" : "from " + std::to_string(m.from));
  }
  std::string operator()(const server::welcome& m) const {
    std::string text = fmt::format("welcome site {}:", m.site);
    for (const server::file_state& file : m.files)
      text += fmt::format(" {} id {} rev {},", file.name, file.id, file.rev);
    return text;
  }
  std::string operator()(const server::join& m) const { return fmt::format("join {}", m.who.site); }
  std::string operator()(const server::leave& m) const { return fmt::format("leave {}", m.site); }
  std::string operator()(const server::role& m) const { return "role " + m.role; }
  std::string operator()(const server::chat& m) const { return fmt::format("chat {}", m.n); }
  std::string operator()(const server::file_changed& m) const {
    return fmt::format("file {} {} {} id {}", action_name(m.action), m.file, m.to, m.id);
  }
  std::string operator()(const server::error& m) const {
    return fmt::format("error {} {} seq {}: {}", to_string(m.code), m.file, number(m.seq),
                       m.message);
  }

  // ---- the client's ----
  std::string operator()(const client::hello& m) const {
    std::string text = "hello";
    for (const client::open& one : m.opens)
      text += ", " + (*this)(one);
    return text;
  }
  std::string operator()(const client::open& m) const {
    return fmt::format("open {} id {} rev {} seq {}", m.file, number(m.id), number(m.rev),
                       number(m.seq));
  }
  std::string operator()(const client::close& m) const { return "close " + m.file; }
  std::string operator()(const client::edit& m) const {
    return fmt::format("edit {} rev {} seq {} {}", m.file, m.rev, m.seq, op_text(m.op));
  }
  std::string operator()(const client::cursor& m) const {
    return fmt::format("cursor {} rev {}", m.file, m.rev);
  }
  std::string operator()(const client::chat& m) const { return fmt::format("chat {}", m.id); }
  std::string operator()(const client::diverged& m) const { return "diverged " + m.file; }
  std::string operator()(const client::change_file& m) const {
    return fmt::format("{} {} {}", action_name(m.action), m.file, m.to);
  }
  std::string operator()(const client::complete& m) const { return "complete " + m.file; }
  std::string operator()(const client::refactor& m) const { return "refactor " + m.file; }
  std::string operator()(const client::cancel&) const { return "cancel"; }
  std::string operator()(const client::malformed&) const { return "malformed"; }
};

}  // namespace

std::string describe(const said& message) {
  return std::visit(describer{}, message);
}

std::string describe(const client::message& message) {
  return std::visit(describer{}, message);
}

}  // namespace tandem::sim
