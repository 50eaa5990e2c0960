// The bytes of node_messages.hpp: a version, a kind, and the fields in order;
// numbers as varints, texts with their length in bytes. Pure.
//
// A peer is another tandem that has shown its certificate, or shares a private
// network; its bytes are checked all the same: every length is looked at before
// anything is reserved, and what does not decode is refused whole.
//
// The bytes of a batch's operations cross once: file_batch::all is their
// concatenation (or the single operation's), and is put together again.
#pragma once

#include "actors/node_messages.hpp"

#include <stdexcept>
#include <string>
#include <string_view>

namespace tandem {

class bad_node_message : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

std::string encode_node_message(const node_message& message);

// Throws bad_node_message. A `greeting` is read whatever its version is.
node_message decode_node_message(std::string_view bytes);

}  // namespace tandem
