// Who may come into a room: its settings, members and invites. The table is at
// the end. Every change by somebody with an account is in the audit log, in the
// transaction that makes it (an invite's: actors/invites), and reaches open
// connections through service::rights_changed.
#include "net/rest_routes.hpp"

#include "actors/invites.hpp"
#include "net/json.hpp"
#include "net/json_fields.hpp"
#include "net/json_text.hpp"
#include "net/random_token.hpp"
#include "net/rest_answers.hpp"
#include "net/rest_body.hpp"
#include "net/room_json.hpp"
#include "net/target.hpp"
#include "ot/utf8.hpp"

#include <utility>

namespace tandem::net {

namespace {


bool is_link_role(std::string_view role) {
  const auto parsed = parse_room_role(role);
  return parsed && *parsed != room_role::owner;
}

// ---- the room's settings ----

struct room_change {
  std::optional<std::string> name;
  std::optional<std::string> visibility;
  std::optional<std::string> link_role;
  std::optional<bool> is_locked;
  std::optional<ai_mode> ai;

  bool changes_access() const { return visibility || link_role || is_locked; }
};

// Absent, or one of the modes.
std::optional<ai_mode> ai_field(json_view body) {
  const auto word = maybe_text_field(body, "ai");
  const auto mode = parse_ai_mode(word.value_or(""));
  if (word && !mode)
    throw bad_field{"ai"};
  return mode;
}

room_change read_room_change(json_view body, const limits& bounds) {
  room_change wish;
  wish.name = maybe_text_field(body, "name");
  wish.visibility = maybe_text_field(body, "visibility");
  wish.link_role = maybe_text_field(body, "link_role");
  wish.is_locked = flag_field(body, "is_locked");
  wish.ai = ai_field(body);
  if (wish.name && (wish.name->empty() || ot::count_chars(*wish.name) > bounds.name_chars))
    throw bad_field{"name"};
  if (wish.visibility && *wish.visibility != "private" && *wish.visibility != "tenant"
      && *wish.visibility != "link")
    throw bad_field{"visibility"};
  if (wish.link_role && !is_link_role(*wish.link_role))
    throw bad_field{"link_role"};
  return wish;
}

std::string described(const storage::access_record& access) {
  return access.visibility + " " + access.link_role + (access.is_locked ? " locked" : "")
         + (access.ai.empty() ? "" : " ai " + access.ai);
}

// Why this server's rooms cannot be so; nothing if they can.
std::optional<http_response> refuse_ai(const ai_offer& offer, ai_mode wish) {
  if (wish <= most_of(offer))
    return std::nullopt;
  return most_of(offer) == ai_mode::off
           ? error_response(http::status::conflict, "ai_off", "AI is off on this server")
           : error_response(http::status::conflict, "no_model",
                            "this server has no model to ask: ai is off or local");
}

storage::access_record changed(storage::access_record access, const room_change& wish) {
  access.visibility = wish.visibility.value_or(access.visibility);
  access.link_role = wish.link_role.value_or(access.link_role);
  access.is_locked = wish.is_locked.value_or(access.is_locked);
  if (wish.ai)
    access.ai = to_string(*wish.ai);
  return access;
}

void change_room(rest_context& rest, rest_call call) {
  room_change wish;
  if (!read_body(call, [&](json_view body) { wish = read_room_change(body, rest.actors.bounds()); }))
    return;
  if (rest.actors.mode() == access_mode::open && wish.changes_access())
    return call.answer(bad_request("without accounts only the name and ai can be changed"));
  if (wish.ai)
    if (auto refused = refuse_ai(rest.ai, *wish.ai))
      return call.answer(std::move(*refused));
  rest.actors.write([&rest, wish = std::move(wish), call = std::move(call)](storage::store& store) {
    answered(store, call.answer, [&](storage::store& to) {
      admission who = call.who;
      to.change(call.who.tenant, [&](storage::sql_runner& sql) {
        storage::room_access rooms{sql, call.who.tenant};
        // As it is now: somebody else may have changed it since the gate looked.
        const auto found = rooms.find(call.room());
        if (!found)
          return;
        who.access = changed(*found, wish);
        if (wish.name)
          rooms.rename_room(call.room(), *wish.name);
        if (wish.changes_access() || wish.ai)
          rooms.set(call.room(), who.access);
        audit(sql, call.who, call.from, "room.change", call.room(), {}, described(who.access));
      });
      const auto room = to.find_room(call.who.tenant, call.room());
      if (!room)
        return no_such_room();
      if (wish.name)
        rest.actors.room_renamed(call.room(), *wish.name);
      rest.actors.rights_changed(call.room(), {});
      return json_response(http::status::ok, room_json(rest.public_url, rest.ai, *room, who));
    });
  });
}

// ---- members ----

std::string member_json(const storage::member_record& member, bool with_login) {
  std::string out = "{";
  append_field(out, "account", member.account);
  append_field(out, "name", member.name);
  if (with_login)
    append_field(out, "login", member.login);
  append_field(out, "role", member.role);
  return out + "}";
}

void list_members(rest_context& rest, rest_call call) {
  rest.actors.read([call = std::move(call)](storage::reader& reader) {
    answered(reader, call.answer, [&](storage::reader& from) {
      std::string out = "[";
      from.look(call.who.tenant, [&](storage::sql_runner& sql) {
        for (const auto& member : storage::room_access{sql, call.who.tenant}.members(call.room()))
          out += (out.back() == '[' ? "" : ",") + member_json(member, call.who.may_manage);
      });
      return json_response(http::status::ok, out + "]");
    });
  });
}

http_response no_such_account() {
  return error_response(http::status::not_found, "no_such_account", "no such account");
}

http_response last_owner() {
  return error_response(http::status::conflict, "last_owner", "a room keeps an owner");
}

// Runs `change(rooms, accounts)`, which answers, in a transaction on the room's
// tenant; when the answer is a success, it is noted and open connections are told.
template <class F>
void change_sharing(rest_context& rest, rest_call call, std::string action, std::string target,
                    std::string detail, F change) {
  rest.actors.write([&rest, action, target, detail, change,
                     call = std::move(call)](storage::store& store) {
    answered(store, call.answer, [&](storage::store& to) {
      http_response answer;
      to.change(call.who.tenant, [&](storage::sql_runner& sql) {
        storage::room_access rooms{sql, call.who.tenant};
        storage::accounts accounts{sql, call.who.tenant};
        answer = change(call, rooms, accounts);
        if (answer.result_int() < 300)
          audit(sql, call.who, call.from, action, call.room(), target, detail);
      });
      if (answer.result_int() < 300)
        rest.actors.rights_changed(call.room(), {});
      return answer;
    });
  });
}

http_response member_answer(storage::room_access& rooms, const std::string& room,
                            storage::account_key account, http::status status) {
  for (const storage::member_record& member : rooms.members(room))
    if (member.account == account)
      return json_response(status, member_json(member, true));
  return no_such_account();
}

void add_member(rest_context& rest, rest_call call) {
  std::string login;
  std::string role;
  if (!read_body(call, [&](json_view body) {
        login = as_login(required_text(body, "login"));
        role = required_text(body, "role");
        if (!parse_room_role(role))
          throw bad_field{"role"};
      }))
    return;
  change_sharing(rest, std::move(call), "room.member", login, role,
                 [login, role](const rest_call& in, storage::room_access& rooms,
                               storage::accounts& accounts) {
                   const auto account = accounts.find_login(login);
                   if (!account)
                     return no_such_account();
                   if (role != "owner" && rooms.is_last_owner(in.room(), account->key))
                     return last_owner();
                   rooms.set_member(in.room(), account->key, role);
                   return member_answer(rooms, in.room(), account->key, http::status::created);
                 });
}

void change_member(rest_context& rest, rest_call call) {
  std::string role;
  if (!read_body(call, [&](json_view body) {
        role = required_text(body, "role");
        if (!parse_room_role(role))
          throw bad_field{"role"};
      }))
    return;
  const auto account = number_segment(call, 3);
  if (!account)
    return call.answer(no_such_account());
  change_sharing(rest, std::move(call), "room.member", std::to_string(*account), role,
                 [account = *account, role](const rest_call& in, storage::room_access& rooms,
                                            storage::accounts&) {
                   if (!rooms.role_of(in.room(), account))
                     return no_such_account();
                   if (role != "owner" && rooms.is_last_owner(in.room(), account))
                     return last_owner();
                   rooms.set_member(in.room(), account, role);
                   return member_answer(rooms, in.room(), account, http::status::ok);
                 });
}

// By who manages the room, or by the member, whose token must be one that may change
// what they are.
void remove_member(rest_context& rest, rest_call call) {
  const auto account = number_segment(call, 3);
  const auto& who = call.who.account;
  const bool may_leave = who && who->key == account && (who->scopes.manage || who->scopes.account);
  if (!call.who.may_manage && !may_leave)
    return call.answer(error_response(http::status::forbidden, "forbidden",
                                      "your role in this room does not allow this"));
  if (!account)
    return call.answer(no_such_account());
  change_sharing(rest, std::move(call), "room.member", std::to_string(*account), "removed",
                 [account = *account](const rest_call& in, storage::room_access& rooms,
                                      storage::accounts&) {
                   if (rooms.is_last_owner(in.room(), account))
                     return last_owner();
                   return rooms.remove_member(in.room(), account)
                            ? http_response{http::status::no_content, 11}
                            : no_such_account();
                 });
}

void hand_over(rest_context& rest, rest_call call) {
  std::int64_t account = 0;
  if (!read_body(call, [&](json_view body) {
        account = static_cast<std::int64_t>(required_number(body, "account"));
      }))
    return;
  change_sharing(rest, std::move(call), "room.owner", std::to_string(account), "",
                 [account](const rest_call& in, storage::room_access& rooms,
                           storage::accounts& accounts) {
                   const auto found = accounts.find(account);
                   if (!found || found->is_disabled)
                     return no_such_account();
                   rooms.set_member(in.room(), account, "owner");
                   const storage::account_key giver = in.who.account->key;
                   if (giver != account && rooms.role_of(in.room(), giver) == "owner")
                     rooms.set_member(in.room(), giver, "editor");
                   return http_response{http::status::no_content, 11};
                 });
}

// ---- invites ----

void list_invites(rest_context& rest, rest_call call) {
  rest.actors.read([call = std::move(call)](storage::reader& reader) {
    answered(reader, call.answer, [&](storage::reader& from) {
      std::string out = "[";
      from.look(call.who.tenant, [&](storage::sql_runner& sql) {
        for (const auto& invite : storage::room_access{sql, call.who.tenant}.invites(call.room()))
          out += (out.back() == '[' ? "" : ",") + invite_json(invite) + "}";
      });
      return json_response(http::status::ok, out + "]");
    });
  });
}

storage::invite_record read_invite(json_view body) {
  storage::invite_record invite;
  invite.role = required_text(body, "role");
  if (!is_link_role(invite.role))
    throw bad_field{"role"};
  read_invite_bounds(body, invite);
  return invite;
}

void add_invite(rest_context& rest, rest_call call) {
  storage::invite_record invite;
  if (!read_body(call, [&](json_view body) { invite = read_invite(body); }))
    return;
  invite.room_id = call.room();
  rest.actors.write([&rest, invite = std::move(invite),
                     call = std::move(call)](storage::store& store) {
    answered(store, call.answer, [&](storage::store& to) {
      if (!to.find_room(call.who.tenant, call.room()))
        return no_such_room();
      const std::string token = random_token(invite_prefix, invite_token_bytes);
      storage::invite_record added = invite;
      bool is_full = false;
      to.change(call.who.tenant, [&](storage::sql_runner& sql) {
        storage::room_access rooms{sql, call.who.tenant};
        rooms.remove_expired_invites(now_ms());
        is_full = rooms.invites(call.room()).size() >= rest.accounts.invites_per_room;
        if (is_full)
          return;
        added.key = rooms.add_invite(added, digest_of_token(token));
        audit(sql, call.who, call.from, "room.invite", call.room(), std::to_string(added.key),
              added.role);
      });
      if (is_full)
        return error_response(http::status::conflict, "too_large", "the room has too many invites");
      return new_invite_answer(added, token,
                               rest.public_url + "/r/" + call.room() + "#invite=" + token);
    });
  });
}

void remove_invite(rest_context& rest, rest_call call) {
  const auto invite = number_segment(call, 3);
  if (!invite)
    return call.answer(no_such_invite());
  change_sharing(rest, std::move(call), "room.invite", std::to_string(*invite), "removed",
                 [invite = *invite](const rest_call& in, storage::room_access& rooms,
                                    storage::accounts&) {
                   return rooms.remove_invite(in.room(), invite)
                            ? http_response{http::status::no_content, 11}
                            : no_such_invite();
                 });
}

void redeem(rest_context& rest, rest_call call) {
  std::string token;
  if (!read_body(call, [&](json_view body) { token = required_text(body, "token"); }))
    return;
  credentials shown = call.from.shown;
  shown.invite_digest = digest_of_token(token);
  rest.actors.write([&rest, shown = std::move(shown), call = std::move(call)](storage::store& store) {
    answered(store, call.answer, [&](storage::store& to) {
      const auto redeemed = redeem_invite(to, rest.actors.mode(), shown, now_ms());
      if (!redeemed)
        return no_such_invite();
      if (redeemed->changed)
        rest.actors.rights_changed({}, *redeemed->changed);
      std::string out = "{";
      append_field(out, "room_id", redeemed->room_id);
      append_field(out, "role", redeemed->role);
      return json_response(http::status::ok, out + "}");
    });
  });
}

constexpr route routes[] = {
  {http::verb::patch, "/rooms/{room}", need::manage_room, false,
   "Change a room's name, visibility, or lock", change_room},
  {http::verb::get, "/rooms/{room}/members", need::see_room, true, "Who has a role in a room",
   list_members},
  {http::verb::post, "/rooms/{room}/members", need::manage_room, true, "Give somebody a role",
   add_member},
  {http::verb::patch, "/rooms/{room}/members/{account}", need::manage_room, true,
   "Change a member's role", change_member},
  {http::verb::delete_, "/rooms/{room}/members/{account}", need::see_room, true,
   "Remove a member, or leave", remove_member},
  {http::verb::post, "/rooms/{room}/owner", need::manage_room, true, "Hand a room over",
   hand_over},
  {http::verb::get, "/rooms/{room}/invites", need::manage_room, false, "The invites to a room",
   list_invites},
  {http::verb::post, "/rooms/{room}/invites", need::manage_room, false, "Make an invite",
   add_invite},
  {http::verb::delete_, "/rooms/{room}/invites/{invite}", need::manage_room, false,
   "Revoke an invite", remove_invite},
  {http::verb::post, "/invites/redeem", need::account, true, "Join a room by an invite", redeem},
};

}  // namespace

std::span<const route> sharing_routes() {
  return routes;
}

}  // namespace tandem::net
