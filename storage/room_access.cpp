#include "storage/room_access.hpp"

#include <fmt/format.h>

#include <unordered_map>
#include <utility>

namespace tandem::storage {

namespace {

constexpr const char* invite_fields =
  "key, room_id, role, created_at_ms, expires_at_ms, uses, used";

invite_record invite_of(const sql_row& row) {
  return {row.integer(0),
          row.maybe_text(1),
          row.text(2),
          row.integer(3),
          row.integer(4),
          row.maybe_integer(5),
          row.integer(6)};
}

constexpr const char* access_fields = "c.visibility, c.link_role, c.is_locked, c.ai";

// Those fields from `at` on; null where the room has no row.
access_record access_of(const sql_row& row, std::size_t at) {
  if (row.is_null(at))
    return {};
  return {row.text(at), row.text(at + 1), row.flag(at + 2), row.text(at + 3)};
}

std::optional<std::string> null_if_empty(const std::string& word) {
  return word.empty() ? std::nullopt : std::optional{word};
}

std::vector<listed_room> listed(const sql_rows& rows) {
  std::vector<listed_room> rooms;
  for (const sql_row& row : rows)
    rooms.push_back({row.text(0), row.text(1), row.text(2), row.integer(3), access_of(row, 4),
                     {}});
  return rooms;
}

}  // namespace

std::string user_of(account_key account) {
  return fmt::format("account {}", account);
}

// ---- rooms ----

std::optional<access_record> room_access::find(std::string_view room) {
  const sql_rows rows =
    sql_.run(fmt::format("SELECT {} FROM room r LEFT JOIN room_access c"
                         " ON c.room_id = r.id AND c.tenant_id = r.tenant_id"
                         " WHERE r.tenant_id = $1 AND r.id = $2",
                         access_fields),
             {tenant_, room});
  return rows.empty() ? std::nullopt : std::optional{access_of(rows[0], 0)};
}

void room_access::set(std::string_view room, const access_record& access) {
  sql_.run("INSERT INTO room_access (tenant_id, room_id, visibility, link_role, is_locked, ai)"
           " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (room_id) DO UPDATE SET"
           " visibility = excluded.visibility, link_role = excluded.link_role,"
           " is_locked = excluded.is_locked, ai = excluded.ai",
           {tenant_, room, access.visibility, access.link_role, access.is_locked,
            null_if_empty(access.ai)});
}

void room_access::rename_room(std::string_view room, std::string_view name) {
  sql_.run("UPDATE room SET name = $3 WHERE tenant_id = $1 AND id = $2", {tenant_, room, name});
}

std::vector<listed_room> room_access::rooms_of(account_key account) {
  return listed(
    sql_.run(fmt::format("SELECT r.id, r.name, m.role, r.created_at_ms, {}"
                         " FROM room_member m JOIN room r ON r.id = m.room_id"
                         " LEFT JOIN room_access c ON c.room_id = r.id"
                         " WHERE m.tenant_id = $1 AND r.tenant_id = $1 AND m.account_key = $2"
                         " ORDER BY r.created_at_ms DESC, r.key DESC LIMIT 1000",
                         access_fields),
             {tenant_, account}));
}

std::vector<listed_room> room_access::all_rooms() {
  std::vector<listed_room> rooms =
    listed(sql_.run(fmt::format("SELECT r.id, r.name, '', r.created_at_ms, {}"
                                " FROM room r LEFT JOIN room_access c ON c.room_id = r.id"
                                " WHERE r.tenant_id = $1"
                                " ORDER BY r.created_at_ms DESC, r.key DESC LIMIT 1000",
                                access_fields),
                    {tenant_}));
  std::unordered_map<std::string, std::vector<std::string>> owners;
  for (const sql_row& row :
       sql_.run("SELECT m.room_id, a.name FROM room_member m JOIN account a"
                " ON a.key = m.account_key WHERE m.tenant_id = $1 AND a.tenant_id = $1"
                " AND m.role = 'owner' ORDER BY a.name, a.key",
                {tenant_}))
    owners[row.text(0)].push_back(row.text(1));
  for (listed_room& room : rooms)
    if (const auto found = owners.find(room.id); found != owners.end())
      room.owners = std::move(found->second);
  return rooms;
}

// ---- members ----

std::optional<std::string> room_access::role_of(std::string_view room, account_key account) {
  const sql_rows rows = sql_.run(
    "SELECT role FROM room_member WHERE tenant_id = $1 AND room_id = $2 AND account_key = $3",
    {tenant_, room, account});
  return rows.empty() ? std::nullopt : std::optional{rows[0].text(0)};
}

std::vector<member_record> room_access::members(std::string_view room) {
  std::vector<member_record> found;
  for (const sql_row& row :
       sql_.run("SELECT a.key, a.name, a.login, m.role FROM room_member m"
                " JOIN account a ON a.key = m.account_key"
                " WHERE m.tenant_id = $1 AND a.tenant_id = $1 AND m.room_id = $2 ORDER BY a.login",
                {tenant_, room}))
    found.push_back({row.integer(0), row.text(1), row.text(2), row.text(3)});
  return found;
}

// What is updated is locked, in every backend.
bool room_access::is_last_owner(std::string_view room, account_key account) {
  const sql_rows owners =
    sql_.run("UPDATE room_member SET role = role WHERE tenant_id = $1 AND room_id = $2"
             " AND role = 'owner' RETURNING account_key",
             {tenant_, room});
  return owners.size() == 1 && owners[0].integer(0) == account;
}

void room_access::set_member(std::string_view room, account_key account, std::string_view role) {
  sql_.run("INSERT INTO room_member (tenant_id, room_id, account_key, role)"
           " VALUES ($1, $2, $3, $4)"
           " ON CONFLICT (room_id, account_key) DO UPDATE SET role = excluded.role",
           {tenant_, room, account, role});
}

bool room_access::remove_member(std::string_view room, account_key account) {
  return !sql_
            .run("DELETE FROM room_member WHERE tenant_id = $1 AND room_id = $2"
                 " AND account_key = $3 RETURNING account_key",
                 {tenant_, room, account})
            .empty();
}

// ---- invites ----

std::int64_t room_access::add_invite(const invite_record& added, std::string_view digest) {
  return sql_
    .run("INSERT INTO invite (tenant_id, room_id, digest, role, created_at_ms, expires_at_ms, uses)"
         " VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING key",
         {tenant_, added.room_id, digest, added.role, added.created_at_ms, added.expires_at_ms,
          added.uses})[0]
    .integer(0);
}

std::optional<invite_record> room_access::find_invite(std::string_view digest) {
  const sql_rows rows =
    sql_.run(fmt::format("SELECT {} FROM invite WHERE tenant_id = $1 AND digest = $2",
                         invite_fields),
             {tenant_, digest});
  return rows.empty() ? std::nullopt : std::optional{invite_of(rows[0])};
}

std::vector<invite_record> room_access::invites(std::optional<std::string> room) {
  std::vector<invite_record> found;
  for (const sql_row& row :
       sql_.run(fmt::format("SELECT {} FROM invite WHERE tenant_id = $1"
                            " AND coalesce(room_id, '') = $2 ORDER BY key DESC",
                            invite_fields),
                {tenant_, room.value_or("")}))
    found.push_back(invite_of(row));
  return found;
}

bool room_access::remove_invite(std::optional<std::string> room, std::int64_t invite) {
  return !sql_
            .run("DELETE FROM invite WHERE tenant_id = $1 AND key = $2"
                 " AND coalesce(room_id, '') = $3 RETURNING key",
                 {tenant_, invite, room.value_or("")})
            .empty();
}

bool room_access::use_invite(std::int64_t invite) {
  return !sql_
            .run("UPDATE invite SET used = used + 1 WHERE tenant_id = $1 AND key = $2"
                 " AND (uses IS NULL OR used < uses) RETURNING key",
                 {tenant_, invite})
            .empty();
}

void room_access::give_back_invite_use(std::int64_t invite) {
  sql_.run("UPDATE invite SET used = used - 1 WHERE tenant_id = $1 AND key = $2",
           {tenant_, invite});
}

bool room_access::has_used_invite(std::int64_t invite, std::string_view user) {
  return !sql_
            .run("SELECT 1 FROM invite_use WHERE tenant_id = $1 AND invite_key = $2"
                 " AND client = $3",
                 {tenant_, invite, user})
            .empty();
}

bool room_access::use_invite_as(std::int64_t invite, std::string_view user) {
  if (has_used_invite(invite, user))
    return true;
  if (!use_invite(invite))
    return false;
  note_invite_use(invite, user);
  return true;
}

void room_access::note_invite_use(std::int64_t invite, std::string_view user) {
  sql_.run("INSERT INTO invite_use (tenant_id, invite_key, client) VALUES ($1, $2, $3)"
           " ON CONFLICT DO NOTHING",
           {tenant_, invite, user});
}

void room_access::remove_expired_invites(std::int64_t now_ms) {
  sql_.run("DELETE FROM invite WHERE tenant_id = $1 AND expires_at_ms <= $2", {tenant_, now_ms});
}

}  // namespace tandem::storage
