#include "storage/postgres_reader.hpp"

#include "storage/op_codec.hpp"
#include "storage/postgres_values.hpp"

#include <algorithm>

namespace tandem::storage {

namespace {

constexpr std::size_t remembered_max = 100'000;

[[noreturn]] void corrupt(const char* what) {
  throw store_error{store_error::cause::corrupt, what};
}

}  // namespace

void postgres_reader::ping() {
  reading_.look("ping");
}

// ---- whose a key is ----

std::optional<tenant_key> postgres_reader::tenant_of(tenants& known, std::int64_t key,
                                                     const char* statement) {
  if (const auto found = known.find(key); found != known.end())
    return found->second;
  const pqxx::result rows = reading_.look(statement, key);
  if (rows[0][0].is_null())
    return std::nullopt;
  if (known.size() >= remembered_max)
    known.clear();
  return known[key] = integer(rows[0][0]);
}

std::optional<tenant_key> postgres_reader::tenant_of_room(room_key room) {
  return tenant_of(tenant_of_room_, room, "tenant_of_room");
}

void postgres_reader::remember(tenant_key tenant, const room_record& room) {
  for (tenants* known : {&tenant_of_room_, &tenant_of_file_})
    if (known->size() >= remembered_max)
      known->clear();
  tenant_of_room_[room.key] = tenant;
  for (const file_record& file : room.files)
    tenant_of_file_[file.key] = tenant;
}

// ---- rooms ----

std::optional<room_record> postgres_reader::find_in(moment& now, std::string_view id,
                                                    tenant_key tenant) {
  const pqxx::result rooms = now.exec("room", tenant, std::string{id});
  if (rooms.empty())
    return std::nullopt;
  room_record room;
  room.key = integer(rooms[0]["key"]);
  room.id = id;
  room.name = text(rooms[0]["name"]);
  room.created_at_ms = integer(rooms[0]["created_at_ms"]);
  room.epoch = integer(rooms[0]["epoch"]);
  for (const pqxx::row& file : now.exec("files", room.key))
    room.files.push_back({integer(file["key"]), text(file["name"]), text(file["language"]),
                          revision(file["rev"])});
  return room;
}

std::optional<room_record> postgres_reader::find_room(tenant_key tenant, std::string_view id) {
  auto room = reading_.read(tenant, [&](moment& now) { return find_in(now, id, tenant); });
  if (room)
    remember(tenant, *room);
  return room;
}

std::optional<loaded_room> postgres_reader::load_room(tenant_key tenant, std::string_view id,
                                                      std::size_t chat_messages) {
  auto loaded = reading_.read(tenant, [&](moment& now) -> std::optional<loaded_room> {
    auto record = find_in(now, id, tenant);
    if (!record)
      return std::nullopt;
    loaded_room room;
    for (const file_record& file : record->files)
      room.files.push_back(load_file(now, file));
    room.chat = latest_chat(now, record->key, chat_messages);
    room.room = std::move(*record);
    return room;
  });
  if (loaded)
    remember(tenant, loaded->room);
  return loaded;
}

loaded_file postgres_reader::load_file(moment& now, file_record record) {
  loaded_file file;
  file.base = snapshot_in(now, record.key, record.rev);
  for (const pqxx::row& edit : now.exec("last_edits", record.key))
    file.base.last[client(edit["client"])] = {number(edit["seq"]), revision(edit["rev"])};
  while (file.base.rev + file.tail.size() < record.rev) {
    const ot::revision reached = file.base.rev + file.tail.size();
    page more = page_in(now, record.key, reached, record.rev);
    if (more.ops.empty() || more.last() <= reached)
      corrupt("the log ends before its head");
    const auto next = static_cast<std::ptrdiff_t>(reached + 1 - more.first);
    file.tail.insert(file.tail.end(), std::make_move_iterator(more.ops.begin() + next),
                     std::make_move_iterator(more.ops.end()));
  }
  if (file.base.rev + file.tail.size() != record.rev)
    corrupt("the log does not end with its head");
  file.record = std::move(record);
  return file;
}

std::vector<chat_message> postgres_reader::latest_chat(moment& now, room_key room,
                                                       std::size_t count) {
  std::vector<chat_message> messages;
  for (const pqxx::row& said : now.exec("chat", room, count))
    messages.push_back({number(said["n"]), text(said["author"]), client(said["client"]),
                        number(said["client_message_id"]), text(said["text"]),
                        integer(said["at_ms"])});
  std::ranges::reverse(messages);
  return messages;
}

std::vector<version_record> postgres_reader::versions(tenant_key tenant, std::string_view id) {
  return reading_.read(tenant, [&](moment& now) {
    std::vector<version_record> versions;
    std::int64_t last = 0;
    for (const pqxx::row& row : now.exec("versions", tenant, std::string{id})) {
      if (versions.empty() || integer(row["key"]) != last)
        versions.push_back({text(row["name"]), text(row["author"]), integer(row["at_ms"]), {}});
      last = integer(row["key"]);
      if (!row["file_key"].is_null())
        versions.back().files.push_back(
          {integer(row["file_key"]), text(row["file_name"]), revision(row["rev"])});
    }
    return versions;
  });
}

// ---- files ----

snapshot postgres_reader::snapshot_in(moment& now, file_key file, ot::revision rev) {
  snapshot found;
  found.file = file;
  const pqxx::result rows = now.exec("snapshot", file, as_bigint(rev));
  if (!rows.empty()) {
    found.rev = revision(rows[0]["rev"]);
    found.text = bytes(rows[0]["text"]);
  }
  return found;
}

snapshot postgres_reader::snapshot_before(file_key file, ot::revision rev) {
  const auto tenant = tenant_of(tenant_of_file_, file, "tenant_of_file");
  if (!tenant)
    return {file, 0, {}, {}};
  return reading_.read(*tenant, [&](moment& now) { return snapshot_in(now, file, rev); });
}

postgres_reader::page postgres_reader::page_in(moment& now, file_key file, ot::revision from,
                                               ot::revision to) {
  page found;
  for (const pqxx::row& row : now.exec("runs", file, as_bigint(from), as_bigint(to))) {
    const ot::revision first = revision(row["first_rev"]);
    std::vector<stored_op> ops = decode_run(bytes(row["ops"]));
    if (first + ops.size() != revision(row["last_rev"]) + 1)
      corrupt("a run is not as long as its row says");
    if (found.ops.empty() ? first > from + 1 : first != found.last() + 1)
      corrupt("the log has a gap");
    if (found.ops.empty())
      found.first = first;
    std::ranges::move(ops, std::back_inserter(found.ops));
  }
  return found;
}

// Page by page, each of a moment of its own: nothing in the database waits while
// somebody visits. What was committed does not change in between.
void postgres_reader::read_ops(file_key file, ot::revision from, ot::revision to,
                               const op_visitor& visit) {
  if (from >= to)
    return;
  const auto tenant = tenant_of(tenant_of_file_, file, "tenant_of_file");
  if (!tenant)
    return;
  while (from < to) {
    page found =
      reading_.read(*tenant, [&](moment& now) { return page_in(now, file, from, to); });
    if (found.ops.empty() || found.last() <= from)
      return;
    for (ot::revision rev = std::max(found.first, from + 1);
         rev <= std::min(found.last(), to); ++rev)
      if (!visit(rev, std::move(found.ops[rev - found.first])))
        return;
    from = found.last();
  }
}

}  // namespace tandem::storage
