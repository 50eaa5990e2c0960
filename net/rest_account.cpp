// One's own account: its name, sessions, tokens, rooms. The table is at the end.
#include "net/rest_routes.hpp"

#include "net/json_text.hpp"
#include "net/random_token.hpp"
#include "net/rest_body.hpp"
#include "net/room_json.hpp"
#include "net/session_answers.hpp"

#include <algorithm>
#include <utility>

namespace tandem::net {

namespace {

// ---- the account ----

void describe_account(rest_context& rest, rest_call call) {
  rest.actors.read([call = std::move(call)](storage::reader& reader) {
    answered(reader, call.answer, [&](storage::reader& from) {
      return account_answer(from, *call.who.account, call.from.cookie);
    });
  });
}

void rename_account(rest_context& rest, rest_call call) {
  std::string name;
  if (!read_body(call, [&](json_view body) {
        name = as_shown_name(required_text(body, "name"), rest.actors.bounds().name_chars, "name");
      }))
    return;
  rest.actors.write([name, call = std::move(call)](storage::store& store) {
    answered(store, call.answer, [&](storage::store& to) {
      known_account who = *call.who.account;
      to.change(who.tenant, [&](storage::sql_runner& sql) {
        storage::accounts{sql, who.tenant}.rename(who.key, name);
      });
      who.name = name;
      return account_answer(to, who, call.from.cookie);
    });
  });
}

// ---- sessions and tokens ----

std::string session_json(const storage::token_record& session, std::int64_t current) {
  std::string out = "{";
  append_field(out, "id", session.key);
  append_field(out, "created_at", session.created_at_ms);
  append_field(out, "seen_at", session.seen_at_ms.value_or(session.created_at_ms));
  append_field(out, "address", session.address);
  append_field(out, "agent", session.name);
  append_flag(out, "is_current", session.key == current);
  return out + "}";
}

std::string token_json(const storage::token_record& token) {
  std::string out = "{";
  append_field(out, "id", token.key);
  append_field(out, "name", token.name);
  append_key(out, "scopes");
  out += '[';
  std::string_view words = token.scopes;
  while (!words.empty()) {
    const std::size_t space = words.find(' ');
    out += out.back() == '[' ? "" : ",";
    append_json_string(out, words.substr(0, space));
    words.remove_prefix(space == std::string_view::npos ? words.size() : space + 1);
  }
  out += ']';
  if (token.room_id)
    append_field(out, "room_id", *token.room_id);
  append_field(out, "created_at", token.created_at_ms);
  append_field(out, "expires_at", token.expires_at_ms);
  if (token.seen_at_ms)
    append_field(out, "seen_at", *token.seen_at_ms);
  return out;
}

template <class Json>
void list_tokens(rest_context& rest, rest_call call, const char* kind, Json json_of) {
  rest.actors.read([kind, json_of, call = std::move(call)](storage::reader& reader) {
    answered(reader, call.answer, [&](storage::reader& from) {
      const known_account& who = *call.who.account;
      std::string out = "[";
      from.look(who.tenant, [&](storage::sql_runner& sql) {
        for (const auto& token : storage::accounts{sql, who.tenant}.tokens_of(who.key, kind))
          out += (out.back() == '[' ? "" : ",") + json_of(token, who);
      });
      return json_response(http::status::ok, out + "]");
    });
  });
}

void list_sessions(rest_context& rest, rest_call call) {
  list_tokens(rest, std::move(call), "session",
              [](const storage::token_record& token, const known_account& who) {
                return session_json(token, who.token);
              });
}

void list_programs(rest_context& rest, rest_call call) {
  list_tokens(rest, std::move(call), "program",
              [](const storage::token_record& token, const known_account&) {
                return token_json(token) + "}";
              });
}

void remove_token(rest_context& rest, rest_call call, const char* kind, const char* action) {
  const auto wanted = number_segment(call, 2);
  const auto absent = [kind] {
    return error_response(http::status::not_found, "not_found",
                          std::string{"there is no such "} + kind);
  };
  if (!wanted)
    return call.answer(absent());
  rest.actors.write([&rest, kind, action, absent, wanted = *wanted,
                     call = std::move(call)](storage::store& store) {
    answered(store, call.answer, [&](storage::store& to) {
      const known_account& who = *call.who.account;
      bool was_there = false;
      to.change(who.tenant, [&](storage::sql_runner& sql) {
        was_there = storage::accounts{sql, who.tenant}.remove_token(who.key, kind, wanted);
        if (was_there)
          audit(sql, call.who, call.from, action, {}, std::to_string(wanted));
      });
      if (!was_there)
        return absent();
      rest.actors.rights_changed({}, who.key);
      return http_response{http::status::no_content, 11};
    });
  });
}

void remove_session(rest_context& rest, rest_call call) {
  remove_token(rest, std::move(call), "session", "session.remove");
}

void remove_program(rest_context& rest, rest_call call) {
  remove_token(rest, std::move(call), "program", "token.remove");
}

constexpr std::uint64_t token_seconds_max = std::uint64_t{366} * 86'400;
constexpr std::uint64_t token_seconds_default = std::uint64_t{90} * 86'400;

// A token cannot give what the one that makes it does not have, nor outlive it; a
// browser's session gives what outlives it.
bool is_within(const token_scopes& wanted, const token_scopes& held) {
  return (!wanted.read || held.read) && (!wanted.write || held.write)
         && (!wanted.manage || held.manage) && (!wanted.account || held.account)
         && (!wanted.admin || held.admin);
}

storage::token_record read_program(json_view body, const known_account& who, const limits& bounds) {
  storage::token_record token;
  token.kind = "program";
  token.account = who.key;
  token.name = as_shown_name(required_text(body, "name"), bounds.name_chars, "name");
  const auto scopes = body.find("scopes");
  const bool is_list = scopes && scopes->for_each([&](json_view word) {
    token.scopes += (token.scopes.empty() ? "" : " ") + std::string{word.string().value_or("?")};
    return true;
  });
  const auto parsed = parse_scopes(token.scopes);
  if (!is_list || !parsed || !is_within(*parsed, who.scopes))
    throw bad_field{"scopes"};
  const auto seconds = number_field(body, "expires_in").value_or(token_seconds_default);
  if (seconds == 0 || seconds > token_seconds_max)
    throw bad_field{"expires_in"};
  token.room_id = maybe_text_field(body, "room_id");
  token.created_at_ms = now_ms();
  token.expires_at_ms = token.created_at_ms + static_cast<std::int64_t>(seconds) * 1000;
  if (!who.is_session)
    token.expires_at_ms = std::min(token.expires_at_ms, who.expires_at_ms);
  return token;
}

void add_program(rest_context& rest, rest_call call) {
  storage::token_record token;
  if (!read_body(call, [&](json_view body) {
        token = read_program(body, *call.who.account, rest.actors.bounds());
      }))
    return;
  token.address = call.from.shown.address;
  rest.actors.write([&rest, token = std::move(token),
                     call = std::move(call)](storage::store& store) {
    answered(store, call.answer, [&](storage::store& to) {
      const known_account& who = *call.who.account;
      const std::string text = random_token(token_prefix, token_bytes);
      storage::token_record added = token;
      bool is_full = false;
      to.change(who.tenant, [&](storage::sql_runner& sql) {
        storage::accounts accounts{sql, who.tenant};
        accounts.remove_expired_tokens(now_ms());
        is_full =
          accounts.tokens_of(who.key, "program").size() >= rest.accounts.tokens_per_account;
        if (is_full)
          return;
        added.key = accounts.add_token(added, digest_of_token(text));
        audit(sql, call.who, call.from, "token.create", added.room_id, std::to_string(added.key),
              added.scopes);
      });
      if (is_full)
        return error_response(http::status::conflict, "too_large", "there are too many tokens");
      std::string out = token_json(added);
      append_field(out, "token", text);
      return json_response(http::status::created, out + "}");
    });
  });
}

// ---- rooms ----

void list_own_rooms(rest_context& rest, rest_call call) {
  rest.actors.read([call = std::move(call)](storage::reader& reader) {
    answered(reader, call.answer, [&](storage::reader& from) {
      const known_account& who = *call.who.account;
      std::string out = "[";
      from.look(who.tenant, [&](storage::sql_runner& sql) {
        for (const auto& room : storage::room_access{sql, who.tenant}.rooms_of(who.key)) {
          out += out.back() == '[' ? "{" : ",{";
          append_field(out, "room_id", room.id);
          append_field(out, "name", room.name);
          append_field(out, "role", room.role);
          append_field(out, "created_at", room.created_at_ms);
          append_access(out, room.access);
          out += '}';
        }
      });
      return json_response(http::status::ok, out + "]");
    });
  });
}

constexpr route routes[] = {
  {http::verb::get, "/account", need::account, true, "Who is signed in", describe_account},
  {http::verb::patch, "/account", need::account, true, "Change one's name", rename_account},
  {http::verb::get, "/account/sessions", need::account, true, "Where one is signed in",
   list_sessions},
  {http::verb::delete_, "/account/sessions/{session}", need::account, true, "End a session",
   remove_session},
  {http::verb::get, "/account/tokens", need::account, true, "One's tokens for programs",
   list_programs},
  {http::verb::post, "/account/tokens", need::account, true, "Make a token for a program",
   add_program},
  {http::verb::delete_, "/account/tokens/{token}", need::account, true, "Revoke a token",
   remove_program},
  {http::verb::get, "/account/rooms", need::account, true, "The rooms one is a member of",
   list_own_rooms},
};

}  // namespace

std::span<const route> account_routes() {
  return routes;
}

}  // namespace tandem::net
