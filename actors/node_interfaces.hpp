// The actors between nodes: LINKS (one per node: who is linked, which bytes are
// whose), RELAY (a remote room, to the sessions here) and DELEGATE (the members on
// another node, to a room here).
//
//   SESSION ─▶ RELAY ══ node_bytes ══▶ LINKS ─▶ DELEGATE ─▶ ROOM
//   SESSION ◀─ RELAY ◀─ LINKS ◀══ node_bytes ══ DELEGATE ◀─ ROOM
//
// One message type crosses: CAF carries it, node_codec.hpp says what is in it, and
// no actor of one node is ever named on another but LINKS.
#pragma once

#include "actors/interfaces.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace tandem {

// What crosses. Long messages cross in parts, in order, so that no link is silent
// for longer than its heartbeats allow.
struct node_bytes {
  static constexpr std::uint8_t to_owner = 1;   // from a relay to a delegate
  static constexpr std::uint8_t has_more = 2;   // the next part follows
  static constexpr std::uint8_t is_answer = 4;  // of a greeting: to another
  // Of the link's own affairs: how many bytes of routes were read on it, as decimal
  // digits. Counted anew from each greeting that is not repeated.
  static constexpr std::uint8_t is_receipt = 8;
  // A greeting that is no answer has a number in its upper four bits: of the try to
  // link that it belongs to, 1 to 15. 0: the peer does not say.
  static constexpr unsigned attempt_shift = 4;
  std::uint64_t from = 0;   // the sending node's number, as it greeted
  std::uint64_t route = 0;  // chosen by the relay's node; 0: the link's own affairs
  std::uint8_t flags = 0;
  std::string bytes;

  template <class Inspector>
  friend auto inspect(Inspector& f, node_bytes& x) {
    return f(x.from, x.route, x.flags, x.bytes);
  }
};

// What other nodes see of LINKS.
using gateway_actor = caf::typed_actor<caf::reacts_to<node_bytes>>;

struct route_opened;
struct route_lost;
struct open_route;
struct close_route;
struct dialed;
struct end_links;

using relay_actor = room_actor::extend<
  // LINKS: the node can be spoken with.
  caf::reacts_to<route_opened>,
  // LINKS: it cannot, or no more.
  caf::reacts_to<route_lost>,
  // The DELEGATE's word.
  caf::reacts_to<node_bytes>>;

using delegate_actor = session_actor::extend<
  // LINKS: the node with the members is gone.
  caf::reacts_to<route_lost>,
  // The RELAY's word.
  caf::reacts_to<node_bytes>>;

using links_actor = gateway_actor::extend<
  // A RELAY wants to speak with a node.
  caf::reacts_to<open_route>,
  // A RELAY or DELEGATE has ended.
  caf::reacts_to<close_route>,
  // A node was dialled.
  caf::reacts_to<dialed>,
  // The nodes of the cluster are not what they were.
  caf::reacts_to<cluster_changed>,
  // LINKS to itself: some have waited too long for a greeting.
  caf::reacts_to<try_again>,
  // The server stops.
  caf::reacts_to<end_links>>;

// A link, to those who send on it.
struct link_end {
  gateway_actor peer;
  std::uint64_t number = 0;   // this node's
  std::uint32_t version = 0;  // of the protocol, agreed with that node
  // Bytes of routes that were sent on it: LINKS watches how many of them are read.
  std::shared_ptr<std::atomic<std::uint64_t>> sent{};
};

struct route_opened {
  std::uint64_t route = 0;
  link_end through;
};

struct route_lost {};

struct open_route {
  relay_actor relay;
  std::string node;
};

struct close_route {
  std::uint64_t number = 0;  // the relay's node's
  std::uint64_t route = 0;
};

struct dialed {
  std::string node;
  gateway_actor peer;   // none: it cannot be reached
  std::string why_not;  // for a person to read; empty: nobody is there now
};

struct end_links {};

// What /metrics says of the cluster.
struct cluster_counters {
  std::atomic<std::uint64_t> nodes{0};
  std::atomic<std::uint64_t> links{0};
  std::atomic<std::uint64_t> relays{0};
  std::atomic<std::uint64_t> bytes_sent{0};
  std::atomic<std::uint64_t> bytes_received{0};
};

// Sends a message of a route to its other end, in parts if it is long.
void send_on_route(const link_end& through, std::uint64_t route, std::uint8_t flags,
                   const std::string& bytes, cluster_counters& counters);

// Puts the parts of a route's messages together.
class part_gatherer {
 public:
  // Whether this part completes a message: then `take` gives it, once. Throws
  // bad_node_message if one becomes longer than any may be.
  bool add(node_bytes& part);
  std::string take() { return std::exchange(whole_, {}); }

 private:
  std::string whole_;
  bool is_open_ = false;
};

}  // namespace tandem

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::route_opened)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::route_lost)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::open_route)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::close_route)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::dialed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tandem::end_links)
