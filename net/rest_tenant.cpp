// A team's admins: its accounts, invites to sign up, rooms, and the audit log.
// The table is at the end.
#include "net/rest_routes.hpp"

#include "net/json_text.hpp"
#include "net/password_pool.hpp"
#include "net/random_token.hpp"
#include "net/rest_body.hpp"
#include "net/room_json.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace tandem::net {

namespace {

constexpr std::size_t generated_password_bytes = 15;

// ---- accounts ----

std::string account_json(const storage::account_record& account) {
  std::string out = "{";
  append_field(out, "id", account.key);
  append_field(out, "login", account.login);
  append_field(out, "name", account.name);
  append_field(out, "role", account.role);
  append_flag(out, "is_disabled", account.is_disabled);
  append_field(out, "created_at", account.created_at_ms);
  if (account.seen_at_ms)
    append_field(out, "seen_at", *account.seen_at_ms);
  return out;
}

void list_accounts(rest_context& rest, rest_call call) {
  rest.actors.read([call = std::move(call)](storage::reader& reader) {
    answered(reader, call.answer, [&](storage::reader& from) {
      const storage::tenant_key tenant = call.who.account->tenant;
      std::string out = "[";
      from.look(tenant, [&](storage::sql_runner& sql) {
        for (const auto& account : storage::accounts{sql, tenant}.all())
          out += (out.back() == '[' ? "" : ",") + account_json(account) + "}";
      });
      return json_response(http::status::ok, out + "]");
    });
  });
}

std::string read_tenant_role(json_view body) {
  const std::string role = text_field(body, "role");
  if (!role.empty() && role != "member" && role != "admin")
    throw bad_field{"role"};
  return role;
}

http_response account_answer(storage::accounts& accounts, storage::account_key key,
                             http::status status, const std::string& password) {
  std::string out = account_json(accounts.find(key).value());
  if (!password.empty())
    append_field(out, "password", password);
  return json_response(status, out + "}");
}

void add_account(rest_context& rest, rest_call call) {
  storage::new_account added;
  if (!read_body(call, [&](json_view body) {
        added.login = as_login(required_text(body, "login"));
        const std::string name = text_field(body, "name");
        added.name =
          as_shown_name(name.empty() ? added.login.substr(0, added.login.find('@')) : name,
                        rest.actors.bounds().name_chars, "name");
        const std::string role = read_tenant_role(body);
        added.role = role.empty() ? "member" : role;
      }))
    return;
  const std::string password = random_token("", generated_password_bytes);
  rest.passwords->hash(password, password_pool::known, [&rest, added, password, call = std::move(call)](
                                         std::optional<std::string> hashed) {
    if (!hashed)
      return call.answer(too_many_requests(2'000'000, "too many passwords are being hashed"));
    rest.actors.write([added, password, hashed, call](storage::store& store) {
      answered(store, call.answer, [&](storage::store& to) {
        const storage::tenant_key tenant = call.who.account->tenant;
        storage::new_account made = added;
        made.password = hashed;
        made.at_ms = now_ms();
        http_response answer = error_response(http::status::conflict, "login_taken",
                                              "there is an account of that login");
        to.change(tenant, [&](storage::sql_runner& sql) {
          storage::accounts accounts{sql, tenant};
          const auto key = accounts.add(made);
          if (!key)
            return;
          audit(sql, call.who, call.from, "account.create", {}, made.login, made.role);
          answer = account_answer(accounts, *key, http::status::created, password);
        });
        return answer;
      });
    });
  });
}

struct account_change {
  storage::account_key key = 0;
  std::string role;
  std::optional<bool> is_disabled;
  std::string password;  // a new one, to be shown
  std::string hashed;
};

bool leaves_no_admin(storage::accounts& accounts, const storage::account_record& before,
                     const account_change& wish) {
  const bool stays = (wish.role.empty() || wish.role == "admin") && !wish.is_disabled.value_or(false);
  return !stays && accounts.is_last_admin(before);
}

http_response change_in(storage::sql_runner& sql, const rest_call& call,
                        const account_change& wish) {
  storage::accounts accounts{sql, call.who.account->tenant};
  const auto before = accounts.find(wish.key);
  if (!before)
    return error_response(http::status::not_found, "no_such_account", "no such account");
  if (leaves_no_admin(accounts, *before, wish))
    return error_response(http::status::conflict, "last_admin", "a team keeps an admin");
  const auto note = [&](const char* action, const std::string& detail) {
    audit(sql, call.who, call.from, action, {}, before->login, detail);
  };
  if (!wish.role.empty()) {
    accounts.set_role(wish.key, wish.role);
    note("account.role", wish.role);
  }
  if (wish.is_disabled) {
    accounts.set_disabled(wish.key, *wish.is_disabled);
    note("account.disable", *wish.is_disabled ? "yes" : "no");
  }
  if (!wish.hashed.empty()) {
    accounts.set_password(wish.key, wish.hashed);
    for (const char* kind : {"session", "device"})
      accounts.remove_tokens(wish.key, kind, 0);
    note("account.reset", "");
  }
  return account_answer(accounts, wish.key, http::status::ok, wish.password);
}

void store_change(rest_context& rest, rest_call call, account_change wish) {
  rest.actors.write([&rest, wish = std::move(wish), call = std::move(call)](storage::store& store) {
    answered(store, call.answer, [&](storage::store& to) {
      http_response answer;
      to.change(call.who.account->tenant,
                [&](storage::sql_runner& sql) { answer = change_in(sql, call, wish); });
      rest.actors.rights_changed({}, wish.key);
      return answer;
    });
  });
}

void change_account(rest_context& rest, rest_call call) {
  account_change wish;
  bool resets = false;
  if (!read_body(call, [&](json_view body) {
        wish.role = read_tenant_role(body);
        wish.is_disabled = flag_field(body, "is_disabled");
        resets = flag_field(body, "reset_password").value_or(false);
      }))
    return;
  wish.key = number_segment(call, 2).value_or(0);
  if (!resets)
    return store_change(rest, std::move(call), std::move(wish));
  wish.password = random_token("", generated_password_bytes);
  const std::string password = wish.password;
  rest.passwords->hash(password, password_pool::known, [&rest, wish, call = std::move(call)](
                                         std::optional<std::string> hashed) mutable {
    if (!hashed)
      return call.answer(too_many_requests(2'000'000, "too many passwords are being hashed"));
    wish.hashed = *hashed;
    store_change(rest, call, wish);
  });
}

// ---- invites to sign up ----

void list_invites(rest_context& rest, rest_call call) {
  rest.actors.read([call = std::move(call)](storage::reader& reader) {
    answered(reader, call.answer, [&](storage::reader& from) {
      const storage::tenant_key tenant = call.who.account->tenant;
      std::string out = "[";
      from.look(tenant, [&](storage::sql_runner& sql) {
        for (const auto& invite : storage::room_access{sql, tenant}.invites(std::nullopt))
          out += (out.back() == '[' ? "" : ",") + invite_json(invite) + "}";
      });
      return json_response(http::status::ok, out + "]");
    });
  });
}

void add_invite(rest_context& rest, rest_call call) {
  storage::invite_record invite;
  if (!read_body(call, [&](json_view body) { read_invite_bounds(body, invite); }))
    return;
  invite.role = "member";
  rest.actors.write([&rest, invite, call = std::move(call)](storage::store& store) {
    answered(store, call.answer, [&](storage::store& to) {
      const storage::tenant_key tenant = call.who.account->tenant;
      const std::string token = random_token(invite_prefix, invite_token_bytes);
      storage::invite_record added = invite;
      bool is_full = false;
      to.change(tenant, [&](storage::sql_runner& sql) {
        storage::room_access access{sql, tenant};
        access.remove_expired_invites(now_ms());
        is_full = access.invites(std::nullopt).size() >= rest.accounts.invites_per_room;
        if (is_full)
          return;
        added.key = access.add_invite(added, digest_of_token(token));
        audit(sql, call.who, call.from, "tenant.invite", {}, std::to_string(added.key));
      });
      if (is_full)
        return error_response(http::status::conflict, "too_large", "there are too many invites");
      return new_invite_answer(added, token, rest.public_url + "/#sign-up=" + token);
    });
  });
}

void remove_invite(rest_context& rest, rest_call call) {
  const auto invite = number_segment(call, 2);
  rest.actors.write([invite, call = std::move(call)](storage::store& store) {
    answered(store, call.answer, [&](storage::store& to) {
      const storage::tenant_key tenant = call.who.account->tenant;
      bool was_there = false;
      to.change(tenant, [&](storage::sql_runner& sql) {
        was_there =
          invite && storage::room_access{sql, tenant}.remove_invite(std::nullopt, *invite);
        if (was_there)
          audit(sql, call.who, call.from, "tenant.invite", {}, std::to_string(*invite), "removed");
      });
      return was_there ? http_response{http::status::no_content, 11} : no_such_invite();
    });
  });
}

// ---- rooms ----

void list_rooms(rest_context& rest, rest_call call) {
  rest.actors.read([call = std::move(call)](storage::reader& reader) {
    answered(reader, call.answer, [&](storage::reader& from) {
      const storage::tenant_key tenant = call.who.account->tenant;
      std::string out = "[";
      from.look(tenant, [&](storage::sql_runner& sql) {
        for (const auto& room : storage::room_access{sql, tenant}.all_rooms()) {
          out += out.back() == '[' ? "{" : ",{";
          append_field(out, "room_id", room.id);
          append_field(out, "name", room.name);
          append_field(out, "created_at", room.created_at_ms);
          append_access(out, room.access);
          append_key(out, "owners");
          out += '[';
          for (const std::string& owner : room.owners) {
            out += out.back() == '[' ? "" : ",";
            append_json_string(out, owner);
          }
          out += "]}";
        }
      });
      return json_response(http::status::ok, out + "]");
    });
  });
}

// ---- the audit log ----

constexpr std::int64_t audit_entries_default = 100;
constexpr std::int64_t audit_entries_max = 1'000;

std::string audit_json(const storage::audit_entry& entry) {
  std::string out = "{";
  append_field(out, "id", entry.key);
  append_field(out, "at", entry.at_ms);
  if (entry.account)
    append_field(out, "account", *entry.account);
  append_field(out, "name", entry.name);
  append_field(out, "address", entry.address);
  append_field(out, "action", entry.action);
  for (const auto& [name, value] : {std::pair{"room_id", &entry.room_id},
                                    std::pair{"target", &entry.target},
                                    std::pair{"detail", &entry.detail}})
    if (*value && !(*value)->empty())
      append_field(out, name, **value);
  return out + "}";
}

void read_audit(rest_context& rest, rest_call call) {
  const auto before = query_value(call.query, "before");
  const auto limit = query_value(call.query, "limit");
  const auto before_key = before ? parse_number(*before) : std::nullopt;
  const auto count = limit ? parse_number(*limit) : std::nullopt;
  if ((before && !before_key) || (limit && (!count || *count == 0)))
    return call.answer(bad_request("before and limit are numbers"));
  const auto key = before_key && *before_key < std::numeric_limits<std::int64_t>::max()
                     ? static_cast<std::int64_t>(*before_key)
                     : std::numeric_limits<std::int64_t>::max();
  const std::int64_t entries =
    count ? static_cast<std::int64_t>(std::min<std::uint64_t>(*count, audit_entries_max))
          : audit_entries_default;
  rest.actors.study([key, entries, call = std::move(call)](storage::reader& reader) {
    answered(reader, call.answer, [&](storage::reader& from) {
      const storage::tenant_key tenant = call.who.account->tenant;
      std::string out = "[";
      from.look(tenant, [&](storage::sql_runner& sql) {
        for (const auto& entry : storage::audit_log{sql, tenant}.before(key, entries))
          out += (out.back() == '[' ? "" : ",") + audit_json(entry);
      });
      return json_response(http::status::ok, out + "]");
    });
  });
}

// The audit log in pieces.
class audit_body final : public body_source, public std::enable_shared_from_this<audit_body> {
 public:
  audit_body(service& actors, storage::tenant_key tenant) : actors_{actors}, tenant_{tenant} {}

  void next(std::function<void(std::optional<std::string>)> give) override {
    actors_.study([self = shared_from_this(), give = std::move(give)](storage::reader& from) {
      give(self->read_piece(from));
    });
  }

 private:
  std::optional<std::string> read_piece(storage::reader& from) {
    std::string piece;
    try {
      from.look(tenant_, [&](storage::sql_runner& sql) {
        for (const auto& entry : storage::audit_log{sql, tenant_}.after(last_, audit_entries_max)) {
          piece += audit_json(entry) + "\n";
          last_ = entry.key;
        }
      });
    } catch (const storage::store_error& error) {
      log(log_level::error, error.what());
      return std::nullopt;
    }
    return piece;
  }

  service& actors_;
  storage::tenant_key tenant_;
  std::int64_t last_ = 0;
};

void export_audit(rest_context& rest, rest_call call) {
  rest.actors.write([&rest, call = std::move(call)](storage::store& store) {
    answered(store, call.answer, [&](storage::store& to) -> http_answer {
      const storage::tenant_key tenant = call.who.account->tenant;
      to.change(tenant, [&](storage::sql_runner& sql) {
        audit(sql, call.who, call.from, "audit.export");
      });
      return {make_response(http::status::ok, "application/x-ndjson", ""),
              std::make_shared<audit_body>(rest.actors, tenant)};
    });
  });
}

constexpr route routes[] = {
  {http::verb::get, "/tenant/accounts", need::admin, true, "The team's accounts", list_accounts},
  {http::verb::post, "/tenant/accounts", need::admin, true, "Make an account for somebody",
   add_account},
  {http::verb::patch, "/tenant/accounts/{account}", need::admin, true,
   "Change an account's role, disable it, or give it a new password", change_account},
  {http::verb::get, "/tenant/invites", need::admin, true, "The invites to sign up", list_invites},
  {http::verb::post, "/tenant/invites", need::admin, true, "Make an invite to sign up",
   add_invite},
  {http::verb::delete_, "/tenant/invites/{invite}", need::admin, true, "Revoke one",
   remove_invite},
  {http::verb::get, "/tenant/rooms", need::admin, true, "The team's rooms", list_rooms},
  {http::verb::get, "/tenant/audit", need::admin, true, "The audit log, newest first",
   read_audit},
  {http::verb::get, "/tenant/audit/export", need::admin, true, "The audit log as NDJSON",
   export_audit},
};

}  // namespace

std::span<const route> tenant_routes() {
  return routes;
}

}  // namespace tandem::net
