#include "ot/rope.hpp"
#include "storage/room_access.hpp"
#include "storage/store.hpp"

#include <utility>

namespace tandem::storage {

namespace {

[[noreturn]] void refuse_accounts() {
  throw store_error{store_error::cause::unavailable, "this store keeps no accounts"};
}

[[noreturn]] void refuse_leases() {
  throw store_error{store_error::cause::unavailable, "this store keeps no leases of nodes"};
}

}  // namespace

std::int64_t reader::count_rooms(tenant_key tenant, std::int64_t max) {
  std::int64_t count = 0;
  look(tenant, [&](sql_runner& sql) {
    count = sql
              .run("SELECT count(*) FROM (SELECT 1 FROM room WHERE tenant_id = $1 LIMIT $2) AS few",
                   {tenant, max})[0]
              .integer(0);
  });
  return count;
}

std::optional<std::string> reader::room_ai_mode(tenant_key tenant, std::string_view id) {
  std::optional<access_record> found;
  look(tenant, [&](sql_runner& sql) { found = room_access{sql, tenant}.find(id); });
  return found ? std::optional{std::move(found->ai)} : std::nullopt;
}

void reader::look(tenant_key, const sql_task&) {
  refuse_accounts();
}

std::optional<tenant_key> reader::whose(global_key, std::string_view) {
  refuse_accounts();
}

room_lease store::lease_room(tenant_key, std::string_view, std::string_view) {
  refuse_leases();
}

void store::release_room(tenant_key, std::string_view, std::string_view, room_epoch) {
  refuse_leases();
}

void store::pass_room(tenant_key, std::string_view, std::string_view, std::string_view,
                      room_epoch) {
  refuse_leases();
}

void store::change(tenant_key, const sql_task&) {
  refuse_accounts();
}

std::vector<tenant_record> store::tenants() {
  refuse_accounts();
}

std::optional<tenant_key> store::add_tenant(std::string_view) {
  refuse_accounts();
}

std::optional<std::string> text_at(reader& from, file_key file, ot::revision rev) {
  const snapshot base = from.snapshot_before(file, rev);
  ot::rope text{base.text};
  ot::revision reached = base.rev;
  from.read_ops(file, base.rev, rev, [&](ot::revision at, stored_op&& entry) {
    if (at != reached + 1 || entry.op.reach_chars() > text.chars())
      throw store_error{store_error::cause::corrupt,
                        "revision " + std::to_string(at) + " does not fit its text"};
    text.apply(entry.op);
    reached = at;
    return true;
  });
  if (reached != rev)
    return std::nullopt;
  return text.to_string();
}

}  // namespace tandem::storage
