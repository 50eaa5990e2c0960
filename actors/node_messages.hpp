// What nodes say to each other about one room that lives on one of them and has
// sessions on the other. Plain values; actors/node_codec.hpp has their bytes.
//
// The node with the sessions opens a ROUTE (a number of its own choosing, never
// used twice on a link) to the room's OWNER. Behind it are any number of members;
// a batch for all of them crosses once.
#pragma once

#include "actors/interfaces.hpp"
#include "actors/node_versions.hpp"
#include "actors/room_messages.hpp"
#include "storage/records.hpp"

#include <cstdint>
#include <string>
#include <variant>

namespace tandem {

namespace node {

using route_id = std::uint64_t;

// The first message of either side on a link.
struct greeting {
  std::uint32_t speaks_from = node_protocol_oldest;
  std::uint32_t speaks_to = node_protocol_newest;
  std::string id;    // storage::node_record::id
  std::string name;
};

// ---- to the owner ----

// A session wants into the room; `token` names it in the answer.
struct enter {
  route_id route = 0;
  std::string room_id;
  storage::tenant_key tenant = storage::default_tenant;
  std::uint64_t token = 0;
  join_request request;
};

// A member's word; its site is in it.
struct member {
  route_id route = 0;
  member_says said;
};

// ---- to the node with the sessions ----

struct entered {
  route_id route = 0;
  std::uint64_t token = 0;
  ot::site_id site = 0;
};

struct refused {
  enum class reason : std::uint8_t {
    absent,       // there is no such room
    unavailable,  // it cannot be loaded now
    elsewhere,    // `holder` has it
  };
  route_id route = 0;
  std::uint64_t token = 0;
  reason why = reason::unavailable;
  std::string holder;  // a node's id
};

// The room's word to one member; site 0: to all of the route.
struct event {
  route_id route = 0;
  ot::site_id site = 0;
  room_event what;
};

// The room is not here any more: its members look for it anew.
struct ended {
  route_id route = 0;
};

}  // namespace node

using node_message =
  std::variant<node::greeting, node::enter, node::member, node::entered, node::refused,
               node::event, node::ended>;

}  // namespace tandem
