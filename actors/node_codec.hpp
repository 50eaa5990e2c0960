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

// `version`: what was agreed with the node that is to read it (agreed_version); the
// newest for a greeting.
std::string encode_node_message(const node_message& message, std::uint32_t version);

// Throws bad_node_message, also if it is of another version than was agreed with the
// node that sent it. A `greeting` is read whatever its version is.
node_message decode_node_message(std::string_view bytes, std::uint32_t agreed);

// Whether these may be the first bytes of a `node::enter`, which begins a route.
bool may_be_enter(std::string_view bytes) noexcept;

}  // namespace tandem
