// Where everything that must survive is kept: one interface for every backend.
// tests/storage runs one contract against all of them.
//
// A store belongs to one thread; a reader from `open_reader` may belong to
// another. Every call may throw `store_error`. Absent is not failed: what is
// not there is an empty optional, what could not be read is an error.
//
// Invariants
//  1. What `write` reported as written survives a crash and a power cut.
//  2. A group is written as a whole or not at all.
//  3. The revisions of a file are dense: a run that does not start right
//     behind the head is refused, and nothing of its room's write is kept.
//  4. A reader sees whole groups only.
//  5. After a claim no write of an earlier epoch is taken: not even one that was
//     under way, or whose outcome was unknown.
#pragma once

#include "storage/records.hpp"
#include "storage/sql.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::storage {

class store_error : public std::runtime_error {
 public:
  enum class cause : std::uint8_t {
    unavailable,  // nothing was written; trying again may help
    unknown,      // the group may have been written or not: read before going on
    corrupt,      // the data is not what was written
  };

  store_error(cause why, const std::string& what) : std::runtime_error{what}, why_{why} {}

  cause why() const noexcept { return why_; }

 private:
  cause why_;
};

class reader {
 public:
  virtual ~reader() = default;

  virtual std::optional<room_record> find_room(tenant_key tenant, std::string_view id) = 0;

  // `chat_messages`: how many of the latest to load.
  virtual std::optional<loaded_room> load_room(tenant_key tenant, std::string_view id,
                                               std::size_t chat_messages) = 0;

  // The room's named versions, oldest first; none if there is no such room.
  virtual std::vector<version_record> versions(tenant_key tenant, std::string_view id) = 0;

  // The latest snapshot at or before a revision; an empty text at revision 0
  // if there is none. `last` is not filled.
  virtual snapshot snapshot_before(file_key file, ot::revision rev) = 0;

  // Visits the operations to the revisions after `from` up to `to`, in order,
  // until the visitor returns false. Memory does not grow with their number.
  using op_visitor = std::function<bool(ot::revision, stored_op&&)>;
  virtual void read_ops(file_key file, ot::revision from, ot::revision to,
                        const op_visitor& visit) = 0;

  // Throws if the store cannot serve reads.
  virtual void ping() = 0;

  // How many rooms the tenant has; counts no further than `max`.
  virtual std::int64_t count_rooms(tenant_key tenant, std::int64_t max);

  // What a room itself says of its AI (access_record::ai of room_access.hpp): empty, if
  // it has the operator's default. Nothing if there is no such room.
  virtual std::optional<std::string> room_ai_mode(tenant_key tenant, std::string_view id);

  // Accounts, roles, invites and the audit log (accounts.hpp, room_access.hpp,
  // audit_log.hpp), of one tenant, at one moment. A store without them throws.
  virtual void look(tenant_key tenant, const sql_task& task);

  // Whose it is; nothing if it is nobody's.
  virtual std::optional<tenant_key> whose(global_key what, std::string_view key);
};

// What became of a node's wish for a room: an epoch, or who has the room (a
// node's id), or that the node was buried. None of them: there is no such room.
struct room_lease {
  std::optional<room_epoch> epoch;
  std::string holder;
  bool is_buried = false;
};

class store : public virtual reader {
 public:
  // Brings the schema up to date. Throws if it is newer than the program.
  virtual void migrate() = 0;

  // Another view of the same data for another thread.
  virtual std::unique_ptr<reader> open_reader() = 0;

  // Returns nothing if the id is taken.
  virtual std::optional<room_record> create_room(const new_room& room) = 0;

  // Removes the room and all its history. Whether there was one.
  virtual bool remove_room(tenant_key tenant, std::string_view id) = 0;

  // Gives what the room's files are now a name; `files` is filled in. Nothing if
  // there is no such room or the name is taken.
  virtual std::optional<version_record> add_version(tenant_key tenant, std::string_view id,
                                                    version_record version) = 0;

  // Makes the caller the one who writes to the room from here on. Returns the
  // epoch to write with; nothing if there is no such room.
  // Takes the room from a node that has it (`lease_room`).
  virtual std::optional<room_epoch> claim_room(tenant_key tenant, std::string_view id) = 0;

  // As `claim_room`, for one node of a cluster (cluster_registry.hpp), by its id:
  // changes nothing if another has the room. Who has it already gets a new epoch.
  // A store without a cluster throws.
  virtual room_lease lease_room(tenant_key tenant, std::string_view id, std::string_view node);

  // Lets go of a room, if the node has it under this epoch.
  virtual void release_room(tenant_key tenant, std::string_view id, std::string_view node,
                            room_epoch epoch);

  // Gives the room's lease to another node, which leases it when it is asked for the
  // room; if that one is gone, lets go of it. Nothing happens unless `from` has it under
  // this epoch.
  virtual void pass_room(tenant_key tenant, std::string_view id, std::string_view from,
                         std::string_view to, room_epoch epoch);

  // Writes a group in one transaction: durable when it returns. The results
  // are in the order of the writes.
  virtual std::vector<write_result> write(std::span<const room_write> group) = 0;

  // As `look`, and the task may write: all of it is durable when it returns, or
  // none of it was written.
  virtual void change(tenant_key tenant, const sql_task& task);

  // Tenants, by number. Their making is an administrator's: in PostgreSQL it
  // needs the role that owns the tables. Nothing if the name is taken.
  virtual std::vector<tenant_record> tenants();
  virtual std::optional<tenant_key> add_tenant(std::string_view name);

  // Housekeeping between groups, when there is time for it. `urgent`: there is
  // no idle moment to be had. Never throws for what can wait.
  virtual void maintain(bool urgent) = 0;
};

// The text of a file at a revision; nothing if the file has no such revision.
std::optional<std::string> text_at(reader& from, file_key file, ot::revision rev);

}  // namespace tandem::storage
