// The REST routes as a table: each has a method, a pattern, who may ask, and a
// function. Who may ask is decided here and nowhere else; what is not in the
// table does not exist. /openapi.json is made of it, and tests/authority walks
// through it.
#pragma once

#include "net/account_settings.hpp"
#include "net/caller.hpp"
#include "net/http_types.hpp"

#include "actors/ai/ai_offer.hpp"
#include "actors/service.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::net {

class password_pool;
class sign_in_guard;
class company_sign_in;

// Who may ask.
enum class need : std::uint8_t {
  nothing,      // everybody; nobody is asked who they are
  account,      // whoever is signed in, with the scope `account`
  admin,        // an admin of the tenant, with the scope `admin`
  make_room,
  see_room,     // the rest: by the role in the room that the path names; who manages
                // a room sees what it is and who is in it
  read_room,
  edit_room,
  manage_room,
  ask_ai,       // by the role in the room that the body names as `room_id`; without
                // one whoever is signed in
};

std::string_view to_string(need what) noexcept;

struct rest_call {
  incoming_ptr request;
  std::vector<std::string> segments;  // of the path, percent-decoded
  std::string query;
  caller from;
  admission who;
  respond answer;

  const std::string& room() const { return segments.at(1); }
  const http_request& message() const { return request->message; }
};

// What all routes work with.
struct rest_context {
  service& actors;
  std::string public_url;  // what links begin with, without a trailing slash
  cookie_names cookies;
  account_settings accounts;
  password_pool* passwords = nullptr;
  sign_in_guard* guard = nullptr;
  company_sign_in* company = nullptr;  // none: there is no such sign-in
  ai_offer ai = {};
};

struct route {
  http::verb method;
  std::string_view pattern;  // `{name}` is any segment
  need needed;
  // Where there are no accounts it does not exist.
  bool is_of_accounts;
  std::string_view summary;
  void (*run)(rest_context&, rest_call);
};

// Each file's part of the table.
std::span<const route> room_routes();
std::span<const route> history_routes();
std::span<const route> sharing_routes();
std::span<const route> sign_in_routes();
std::span<const route> account_routes();
std::span<const route> tenant_routes();
std::span<const route> company_routes();
std::span<const route> ai_routes();
std::span<const route> server_routes();

// All of them.
const std::vector<const route*>& all_routes();

struct route_match {
  const route* found = nullptr;
  bool is_path_known = false;  // with another method
};
route_match find_route(http::verb method, const std::vector<std::string>& segments);

// Why the caller may not; nothing if they may.
// `names_room`: of ask_ai.
std::optional<http_response> refusal(need what, const admission& who, access_mode mode,
                                     bool names_room = true);

// Who asks where there are no accounts: somebody who has the room's link.
admission open_admission();

}  // namespace tandem::net
