#include "net/rest_routes.hpp"

#include "net/rest_answers.hpp"
#include "net/target.hpp"

namespace tandem::net {

namespace {

bool fits(std::string_view pattern, const std::vector<std::string>& segments) {
  std::size_t at = 0;
  while (!pattern.empty()) {
    pattern.remove_prefix(1);  // the slash
    const std::size_t end = pattern.find('/');
    const std::string_view part = pattern.substr(0, end);
    pattern.remove_prefix(end == std::string_view::npos ? pattern.size() : end);
    if (at == segments.size() || (!part.starts_with('{') && part != segments[at]))
      return false;
    ++at;
  }
  return at == segments.size();
}

http_response sign_in_first() {
  http_response answer =
    error_response(http::status::unauthorized, "not_authenticated", "sign in first");
  answer.set(http::field::www_authenticate, "Bearer");
  return answer;
}

http_response forbidden(std::string_view why) {
  return error_response(http::status::forbidden, "forbidden", why);
}

std::optional<http_response> refusal_of_account(need what, const known_account& account) {
  if (account.only_room)
    return forbidden("this token is for one room");
  if (what == need::make_room)
    return account.scopes.manage ? std::nullopt
                                 : std::optional{forbidden("this takes the scope manage")};
  if (what == need::ask_ai)
    return account.scopes.write ? std::nullopt
                                : std::optional{forbidden("this takes the scope write")};
  if (what == need::account)
    return account.scopes.account ? std::nullopt
                                  : std::optional{forbidden("this takes the scope account")};
  if (!account.is_admin)
    return forbidden("this is for the team's admins");
  return account.scopes.admin ? std::nullopt
                              : std::optional{forbidden("this takes the scope admin")};
}

std::optional<http_response> refusal_in_room(need what, const admission& who) {
  if (!who.is_room_known)
    return who.account ? no_such_room() : sign_in_first();
  const bool may_read = may(who.role, room_action::read);
  const bool may_it = what == need::manage_room ? who.may_manage
                      : what == need::edit_room ? may(who.role, room_action::edit)
                      : what == need::ask_ai    ? may(who.role, room_action::ask_ai)
                      : what == need::see_room  ? may_read || who.may_manage
                                                : may_read;
  if (may_it)
    return std::nullopt;
  return who.account ? forbidden("your role in this room does not allow this") : sign_in_first();
}

}  // namespace

std::string_view to_string(need what) noexcept {
  switch (what) {
    case need::nothing: return "nothing";
    case need::account: return "account";
    case need::admin: return "admin";
    case need::make_room: return "make_room";
    case need::see_room: return "see_room";
    case need::read_room: return "read_room";
    case need::edit_room: return "edit_room";
    case need::manage_room: return "manage_room";
    case need::ask_ai: return "ask_ai";
  }
  return "";
}

const std::vector<const route*>& all_routes() {
  static const std::vector<const route*> all = [] {
    std::vector<const route*> list;
    for (const auto& part :
         {room_routes(), history_routes(), sharing_routes(), sign_in_routes(), account_routes(),
          tenant_routes(), company_routes(), ai_routes(), server_routes()})
      for (const route& one : part)
        list.push_back(&one);
    return list;
  }();
  return all;
}

route_match find_route(http::verb method, const std::vector<std::string>& segments) {
  route_match match;
  for (const route* one : all_routes()) {
    if (!fits(one->pattern, segments))
      continue;
    match.is_path_known = true;
    if (one->method == method) {
      match.found = one;
      return match;
    }
  }
  return match;
}

std::optional<http_response> refusal(need what, const admission& who, access_mode mode,
                                     bool names_room) {
  if (what == need::nothing)
    return std::nullopt;
  if (who.is_store_down)
    return store_unavailable();
  if (who.is_token_bad)
    return sign_in_first();
  switch (what) {
    case need::nothing: return std::nullopt;
    case need::make_room:
      if (mode == access_mode::open)
        return std::nullopt;
      [[fallthrough]];
    case need::account:
    case need::admin: return who.account ? refusal_of_account(what, *who.account) : sign_in_first();
    case need::see_room:
    case need::read_room:
    case need::edit_room:
    case need::manage_room: return refusal_in_room(what, who);
    case need::ask_ai:
      if (names_room)
        return refusal_in_room(what, who);
      return who.account ? refusal_of_account(what, *who.account) : sign_in_first();
  }
  return forbidden("");
}

admission open_admission() {
  admission who;
  who.is_room_known = true;
  who.role = room_role::editor;
  who.may_manage = true;
  return who;
}

}  // namespace tandem::net
