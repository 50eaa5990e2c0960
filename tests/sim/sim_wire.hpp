// Frames of the simulation: a frame's bytes are the number of a message that is
// kept in a table, so that what a session sends can be looked at as a value.
#pragma once

#include "actors/protocol.hpp"

#include <cstring>
#include <string>
#include <variant>
#include <vector>

namespace tandem::sim {

struct said_op {
  std::string file;
  ot::revision from = 0;
  ot::revision rev = 0;
  ot::text_op op;
};

struct said_ack {
  std::string file;
  std::uint64_t seq = 0;
  ot::revision rev = 0;
};

struct said_check {
  std::string file;
  ot::revision rev = 0;
  std::uint64_t length = 0;
};

struct said_cursor {
  ot::site_id site = 0;
  std::string file;
  ot::revision rev = 0;
  std::vector<client::selection> ranges;
};

using said = std::variant<said_op, said_ack, said_check, said_cursor, server::opened,
                          server::welcome, server::join, server::leave, server::role, server::chat,
                          server::file_changed, server::error>;

class sim_encoder final : public frame_encoder {
 public:
  frame encode(const server::welcome& m) const override { return keep(m); }
  frame encode(const server::opened& m) const override { return keep(m); }
  frame encode(const server::op& m) const override {
    return keep(said_op{std::string{m.file}, m.from, m.rev, m.op});
  }
  frame encode(const server::ack& m) const override {
    return keep(said_ack{std::string{m.file}, m.seq, m.rev});
  }
  frame encode(const server::cursor& m) const override {
    return keep(said_cursor{m.site, std::string{m.file}, m.rev, m.ranges});
  }
  frame encode(const server::join& m) const override { return keep(m); }
  frame encode(const server::leave& m) const override { return keep(m); }
  frame encode(const server::role& m) const override { return keep(m); }
  frame encode(const server::chat& m) const override { return keep(m); }
  frame encode(const server::file_changed& m) const override { return keep(m); }
  frame encode(const server::check& m) const override {
    return keep(said_check{std::string{m.file}, m.rev, m.length});
  }
  frame encode(const server::error& m) const override { return keep(m); }
  frame encode_ai(const server::ai_event&) const override {
    return std::make_shared<const std::string>();  // nothing is asked in the simulation
  }

  // The messages of a frame, or of several that were put together.
  std::vector<const said*> decode(const std::string& bytes) const {
    std::vector<const said*> messages;
    for (std::size_t at = 0; at + frame_bytes <= bytes.size(); at += frame_bytes) {
      std::uint64_t number = 0;
      std::memcpy(&number, bytes.data() + at, sizeof number);
      messages.push_back(table_[number].get());
    }
    return messages;
  }

  static constexpr std::size_t frame_bytes = 16;

 private:
  frame keep(said message) const {
    std::string bytes(frame_bytes, '\0');
    const std::uint64_t number = table_.size();
    std::memcpy(bytes.data(), &number, sizeof number);
    table_.push_back(std::make_unique<said>(std::move(message)));
    return std::make_shared<const std::string>(std::move(bytes));
  }

  mutable std::vector<std::unique_ptr<said>> table_;
};

}  // namespace tandem::sim
