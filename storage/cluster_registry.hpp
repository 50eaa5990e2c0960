// Who the nodes are and who has which room: rows that the nodes of one cluster
// share. PostgreSQL keeps them; there is no consensus of our own.
//
// A node's row is its lease on all its rooms: the node beats, and who has watched
// a beat stand still for long enough, by its own steady clock, buries the node.
// No clock of another machine is ever read, so none can jump.
//
// Belongs to one thread, with a connection of its own. Every call may throw
// store_error.
//
// Invariants
//  1. A room has at most one lease, and a lease a node that is not buried.
//  2. Whoever gets a lease gets an epoch above all before (store::lease_room), so
//     what a former holder still writes is refused, whatever it believes.
//  3. A buried node's leases are free at once; it is told by its next beat.
#pragma once

#include "storage/records.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tandem::storage {

struct node_record {
  std::string id;       // of one run of a node: random, new at each start
  std::string name;     // the operator's; a later run of a name takes its place
  std::string address;  // HOST:PORT for the other nodes
  std::int64_t speaks_from = 0;  // the versions of the protocol between nodes
  std::int64_t speaks_to = 0;
  std::int64_t beat = 0;  // rises while the node lives
  bool is_draining = false;  // gives its rooms away and takes no others
  std::int64_t started_at_ms = 0;
};

struct lease_record {
  tenant_key tenant = default_tenant;
  std::string room_id;
  std::string node;  // its id
  room_epoch epoch = 0;
};

// What somebody else has done, or this node itself.
struct cluster_notice {
  enum class kind : std::uint8_t {
    rights,   // of an account (`account`), in a room (`room_id`), or both
    renamed,  // the room; `text` is its name
    removed,  // the room
    move,     // the room is to go to the node `text` (an id)
    nodes,    // a node has come, is to drain, or has gone: look
  };
  kind what = kind::nodes;
  std::string room_id;
  std::optional<std::int64_t> account;
  std::string text;
};

class cluster_registry {
 public:
  virtual ~cluster_registry() = default;

  // Adds this node. Earlier runs under its name are buried.
  virtual void enter(const node_record& self) = 0;
  // One beat; all nodes, this one among them. Nothing: this node was buried.
  virtual std::optional<std::vector<node_record>> beat(const std::string& id) = 0;
  // Ends a node, if its beat is still `beat_seen`. Whether this call did it.
  virtual bool bury(const std::string& id, std::int64_t beat_seen) = 0;
  // As `bury`, of oneself, whatever the beat.
  virtual void leave(const std::string& id) = 0;

  virtual std::vector<node_record> nodes() = 0;
  // By room id; at most `max`.
  virtual std::vector<lease_record> leases(std::int64_t max) = 0;
  // Those of one node, likewise.
  virtual std::vector<lease_record> leases_of(const std::string& id, std::int64_t max) = 0;
  virtual void set_draining(const std::string& id, bool is_draining) = 0;
  // Asks the room's holder to give it to a node. Whether the room has a holder.
  virtual bool ask_to_move(const std::string& room_id, const std::string& to) = 0;

  // What has happened since the last call; waits until there is something, at
  // most `longest`. After a broken connection the first answer is one notice of
  // kind `nodes` and one of kind `rights` that names neither room nor account:
  // anything may have been missed.
  virtual std::vector<cluster_notice> await(std::chrono::milliseconds longest) = 0;
};

// `url`: as of open_store, of a PostgreSQL whose schema is up to date.
std::unique_ptr<cluster_registry> open_cluster_registry(const std::string& url);

}  // namespace tandem::storage
