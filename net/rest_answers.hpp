// What the REST routes have in common: looking things up, and the answers when
// they are not there. Private to net/'s rest_*.cpp. Stateless.
#pragma once

#include "actors/log.hpp"
#include "actors/real_time.hpp"
#include "net/http_types.hpp"
#include "net/rest_routes.hpp"
#include "storage/audit_log.hpp"
#include "storage/store.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace tandem::net {

inline http_response no_such_room() {
  return error_response(http::status::not_found, "no_such_room", "no such room");
}

inline http_response no_such_file() {
  return error_response(http::status::not_found, "unknown_file", "no such file in this room");
}

inline http_response no_such_revision() {
  return error_response(http::status::not_found, "stale", "the file has no such revision");
}

inline http_response bad_request(std::string_view why) {
  return error_response(http::status::bad_request, "bad_message", why);
}

inline http_response store_unavailable() {
  return error_response(http::status::service_unavailable, "unavailable",
                        "the store cannot be reached");
}

// With how long to wait, in seconds for HTTP and in milliseconds for programs.
http_response too_many_requests(std::int64_t wait_us, std::string_view why = "too many requests");

// Runs a task on the store and turns what it throws into an answer.
template <class Store, class F>
void answered(Store& store, const respond& answer, F task) {
  try {
    answer(task(store));
  } catch (const storage::store_error& error) {
    log(log_level::error, error.what());
    answer(store_unavailable());
  }
}

// Nothing if it is not there; `problem` is then the answer.
inline std::optional<storage::file_record> find_file(storage::reader& from,
                                                     storage::tenant_key tenant,
                                                     const std::string& room,
                                                     const std::string& name,
                                                     http_response& problem) {
  const auto found = from.find_room(tenant, room);
  if (!found) {
    problem = no_such_room();
    return std::nullopt;
  }
  const auto file = std::ranges::find(found->files, name, &storage::file_record::name);
  if (file == found->files.end()) {
    problem = no_such_file();
    return std::nullopt;
  }
  return *file;
}

// A file as a route names it, at a revision or at its head.
struct file_at {
  storage::tenant_key tenant = storage::default_tenant;
  std::string room;
  std::string file;
  std::optional<ot::revision> rev;
};

// As the path and the query name it; nothing if the query's `rev` is no number.
std::optional<file_at> file_wanted(const rest_call& call);

// Notes in the audit log what somebody with an account has done. Within the
// transaction that does it, of their tenant.
void audit(storage::sql_runner& sql, const admission& who, const caller& from,
           std::string_view action, std::optional<std::string> room = {},
           std::optional<std::string> target = {}, std::optional<std::string> detail = {});

// Likewise what anybody has done, in the log of the room's tenant: of somebody of
// another tenant it says the name alone.
void audit_by_anybody(storage::sql_runner& sql, const admission& who, const caller& from,
                      std::string_view action, const std::string& room);

// Has `task(from, file, rev)` answer, if they are there.
template <class F>
void answered_at(storage::reader& reader, const respond& answer, const file_at& wanted, F task) {
  answered(reader, answer, [&](storage::reader& from) {
    http_response problem;
    const auto file = find_file(from, wanted.tenant, wanted.room, wanted.file, problem);
    if (!file)
      return problem;
    if (wanted.rev && *wanted.rev > file->rev)
      return no_such_revision();
    return task(from, *file, wanted.rev.value_or(file->rev));
  });
}

}  // namespace tandem::net
