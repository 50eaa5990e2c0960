// A client of the protocol over one file, without a network: its text, its
// unacknowledged edit and what it has typed since.
//
//             edit                  edit
//     sync ─────────▶ awaiting ─────────▶ awaiting with a buffer
//      ◀──────────────  ack  ◀─────────────  ack: the buffer is sent
//
// Invariants
//  1. text = the server's text at rev, then in_flight, then buffer.
//  2. in_flight is made on rev: it is carried over whatever the server sends.
#pragma once

#include "ot/document.hpp"
#include "ot/transform.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace tandem::test {

struct model_client {
  ot::client_id id;
  std::string text;
  ot::revision rev = 0;
  std::uint64_t seq = 0;  // of in_flight, or of the last edit that was acknowledged
  std::optional<ot::text_op> in_flight;
  std::optional<ot::text_op> buffer;

  // The edit to send, if one is to be sent now.
  std::optional<ot::edit> type(const ot::text_op& op) {
    text = ot::apply(op, text);
    if (in_flight) {
      buffer = buffer ? ot::compose(*buffer, op) : op;
      return std::nullopt;
    }
    return send(op);
  }

  // Somebody else's operation, which leads to revision `to`.
  void receive(ot::text_op op, ot::revision to) {
    for (std::optional<ot::text_op>* mine : {&in_flight, &buffer}) {
      if (!*mine)
        continue;
      ot::text_op carried = ot::transform(**mine, op, ot::side::left);
      op = ot::transform(op, **mine, ot::side::right);
      *mine = std::move(carried);
    }
    text = ot::apply(op, text);
    rev = to;
  }

  // Its own edit was committed as revision `to`. Returns the next one to send.
  std::optional<ot::edit> acknowledge(ot::revision to) {
    rev = to;
    in_flight.reset();
    if (!buffer)
      return std::nullopt;
    return send(*std::exchange(buffer, std::nullopt));
  }

  // The unacknowledged edit as it is now. REQUIRES: in_flight.
  ot::edit pending() const { return {id, seq, rev, *in_flight, 0}; }

 private:
  ot::edit send(ot::text_op op) {
    in_flight = std::move(op);
    ++seq;
    return pending();
  }
};

}  // namespace tandem::test
