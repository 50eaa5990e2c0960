// Frames that a test can read: `op a 3 [1,"x"] by 2`, a line each.
#pragma once

#include "actors/protocol.hpp"
#include "tests/support/ops.hpp"

#include <memory>
#include <string>

namespace tandem::test {

class plain_encoder final : public frame_encoder {
 public:
  frame encode(const server::welcome& m) const override {
    std::string out = "welcome " + number(m.site) + " " + m.room_id + " files";
    for (const server::file_state& file : m.files)
      out += " " + file.name + "@" + number(file.rev);
    out += " peers";
    for (const server::peer& peer : m.peers)
      out += " " + number(peer.site) + ":" + peer.name;
    out += " chat";
    for (const server::chat& said : m.messages)
      out += " " + number(said.n) + ":" + said.text;
    if (m.frame_bytes != 0)
      out += " limits " + number(m.frame_bytes) + " " + number(m.op_chars) + " "
             + number(m.ops_per_second);
    return line(out);
  }
  frame encode(const server::opened& m) const override {
    return line("opened " + m.file + " " + number(m.rev)
                + (m.text ? " text [" + *m.text + "]" : " from " + number(m.from)));
  }
  frame encode(const server::op& m) const override {
    std::string out = "op " + std::string{m.file} + " " + number(m.rev);
    if (m.from + 1 != m.rev)
      out += " from " + number(m.from);
    out += " " + to_json(m.op);
    return line(m.by == 0 ? out : out + " by " + number(m.by));
  }
  frame encode(const server::ack& m) const override {
    return line("ack " + std::string{m.file} + " seq " + number(m.seq) + " rev " + number(m.rev));
  }
  frame encode(const server::cursor& m) const override {
    std::string out =
      "cursor " + number(m.site) + " " + std::string{m.file} + " " + number(m.rev);
    for (const client::selection& range : m.ranges)
      out += " " + number(range.anchor) + "-" + number(range.head);
    return line(out);
  }
  frame encode(const server::join& m) const override {
    return line("join " + number(m.who.site) + ":" + m.who.name);
  }
  frame encode(const server::leave& m) const override { return line("leave " + number(m.site)); }
  frame encode(const server::role& m) const override { return line("role " + m.role); }
  frame encode(const server::chat& m) const override {
    std::string out = "chat " + number(m.n) + " " + m.name + ": " + m.text;
    if (m.id)
      out += " id " + number(*m.id);
    return line(out);
  }
  frame encode(const server::file_changed& m) const override {
    constexpr const char* actions[] = {"create", "rename", "delete"};
    std::string out = std::string{actions[static_cast<int>(m.action)]} + " " + m.file;
    if (!m.to.empty())
      out += " to " + m.to;
    return line(out + " by " + number(m.by));
  }
  frame encode(const server::check& m) const override {
    return line("check " + std::string{m.file} + " " + number(m.rev) + " " + number(m.length)
                + " " + number(m.crc32));
  }
  frame encode_ai(const server::ai_event& m) const override {
    constexpr const char* kinds[] = {"ai", "completion", "thinking", "proposal", "error"};
    return line(kinds[m.index()]);
  }
  frame encode(const server::error& m) const override {
    std::string out = "error " + std::string{to_string(m.code)};
    if (!m.file.empty())
      out += " " + m.file;
    if (m.seq)
      out += " seq " + number(*m.seq);
    if (m.id)
      out += " id " + number(*m.id);
    if (m.retry_ms)
      out += " retry " + number(*m.retry_ms);
    return line(out);
  }

 private:
  template <class Integer>
  static std::string number(Integer value) {
    return std::to_string(value);
  }
  static frame line(const std::string& text) {
    return std::make_shared<const std::string>(text + "\n");
  }
};

}  // namespace tandem::test
