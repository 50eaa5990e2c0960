// Every SQL statement that the PostgreSQL store runs, besides the migrations:
// each connection prepares them when it first uses them. Constant data.
#pragma once

namespace tandem::storage {

struct postgres_statement {
  const char* name;
  const char* sql;
};

inline constexpr postgres_statement postgres_statements[] = {
  // Of the server and the roles. `local` and `remote_write` are less than the
  // disk, too.
  {"server",
   "SELECT current_setting('fsync')::bool AS fsync,"
   " current_setting('full_page_writes')::bool AS full_page_writes,"
   " current_setting('server_encoding') AS encoding,"
   " current_setting('synchronous_commit') IN ('on', 'remote_apply') AS waits_for_disk,"
   " (SELECT reset_val FROM pg_settings WHERE name = 'synchronous_commit')"
   "   IN ('on', 'remote_apply') AS waits_for_disk_by_default,"
   " current_user AS who, current_user = 'tandem_app' AS is_app,"
   " EXISTS (SELECT FROM pg_roles WHERE rolname = 'tandem_app'"
   "   AND pg_has_role(oid, 'MEMBER')) AS may_be_app,"
   " (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user) AS passes_walls"},
  {"ping", "SELECT 1 FROM schema_migration LIMIT 1"},

  {"tenant_of_room", "SELECT tenant_of_room($1)"},
  {"tenant_of_file", "SELECT tenant_of_file($1)"},
  {"set_tenant", "SELECT set_tenant($1)"},
  {"whose", "SELECT tenant_of_key($1, $2)"},

  // ---- read: each within one moment of one tenant ----
  {"room", "SELECT key, name, created_at_ms, epoch FROM room WHERE tenant_id = $1 AND id = $2"},
  {"files",
   "SELECT key, name, language, coalesce((SELECT last_rev FROM op_run WHERE file_key = key"
   "   ORDER BY first_rev DESC LIMIT 1), 0) AS rev"
   " FROM file WHERE room_key = $1 AND removed_at_ms IS NULL ORDER BY name COLLATE \"C\""},
  {"snapshot",
   "SELECT rev, text FROM snapshot WHERE file_key = $1 AND rev <= $2 ORDER BY rev DESC LIMIT 1"},
  {"last_edits", "SELECT client, seq, rev FROM client_edit WHERE file_key = $1"},
  {"chat",
   "SELECT n, author, client, client_message_id, text, at_ms FROM chat"
   " WHERE room_key = $1 ORDER BY n DESC LIMIT $2"},
  {"versions",
   "SELECT v.key, v.name, v.author, v.at_ms, f.file_key, f.name AS file_name, f.rev"
   " FROM version v JOIN room r ON r.key = v.room_key"
   " LEFT JOIN version_file f ON f.version_key = v.key"
   " WHERE r.tenant_id = $1 AND r.id = $2 ORDER BY v.key, f.name COLLATE \"C\""},
  // A page of the log: the rows with the revisions behind $2 up to $3, the first
  // of them and what fits into 256 KiB with it. The row that holds $2 + 1
  // starts there or earlier.
  {"runs",
   "SELECT first_rev, last_rev, ops FROM ("
   "  SELECT first_rev, last_rev, ops,"
   "         sum(octet_length(ops)) OVER (ORDER BY first_rev) - octet_length(ops) AS bytes_before"
   "  FROM op_run WHERE file_key = $1 AND first_rev <= $3 AND first_rev >= coalesce("
   "    (SELECT max(first_rev) FROM op_run WHERE file_key = $1 AND first_rev <= $2::bigint + 1),"
   "    $2::bigint + 1)"
   "  ORDER BY first_rev LIMIT 4096) AS page"
   " WHERE bytes_before < 262144 ORDER BY first_rev"},

  // The log between what is packed and the latest snapshot: the rows that begin
  // within $2 revisions.
  {"cold_rows",
   "SELECT first_rev, last_rev, ops FROM op_run,"
   " (SELECT packed_rev, (SELECT max(rev) FROM snapshot WHERE file_key = $1) AS snapshot_rev"
   "    FROM file WHERE key = $1) AS bounds"
   " WHERE file_key = $1 AND first_rev > packed_rev AND first_rev <= packed_rev + $2::bigint"
   "   AND last_rev <= snapshot_rev ORDER BY first_rev"},

  // ---- written: functions of the migrations ----
  {"create_room",
   "SELECT room_key, array_to_string(file_keys, ',') AS file_keys"
   " FROM create_room($1, $2, $3, $4, $5, $6)"},
  {"remove_room", "SELECT remove_room($1, $2)"},
  {"add_version",
   "SELECT kept_file, kept_name, kept_rev FROM add_version($1, $2, $3, $4, $5)"},
  {"claim_room", "SELECT room_key, new_epoch FROM claim_room($1, $2)"},
  {"lease_room",
   "SELECT new_epoch, coalesce(holder, '') AS holder, is_buried FROM lease_room($1, $2, $3)"},
  {"release_room", "SELECT release_room($1, $2, $3, $4)"},
  {"pass_room", "SELECT pass_room($1, $2, $3, $4, $5)"},
  {"pack_runs", "SELECT pack_runs($1, $2, $3, $4, $5)"},
  {"thin_snapshots", "SELECT thin_snapshots($1, $2, $3)"},
  {"append_group",
   "SELECT write_number, created_file"
   " FROM append_group($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"},

  // ---- nodes and leases: of no tenant ----
  {"enter_node", "SELECT enter_node($1, $2, $3, $4, $5, $6, $7, $8)"},
  {"beat_node",
   "SELECT id, name, address, speaks_from, speaks_to, beat, is_draining, started_at_ms"
   " FROM beat_node($1) ORDER BY name COLLATE \"C\""},
  {"nodes",
   "SELECT id, name, address, speaks_from, speaks_to, beat, is_draining, started_at_ms"
   " FROM node ORDER BY name COLLATE \"C\""},
  {"bury_node", "DELETE FROM node WHERE id = $1 AND beat = $2 RETURNING id"},
  {"end_node", "DELETE FROM node WHERE id = $1"},
  {"drain_node", "UPDATE node SET is_draining = $2 WHERE id = $1"},
  {"leased_rooms", "SELECT tenant_id, room_id, node_id, epoch FROM leased_rooms($1)"},
  {"rooms_leased_by", "SELECT tenant_id, room_id, node_id, epoch FROM rooms_leased_by($1, $2)"},
  {"ask_to_move", "SELECT ask_to_move($1, $2)"},
};

}  // namespace tandem::storage
