// Signing in, out and up, and the password that it takes. The table is at the end.
// Every way counts as a try (sign_in_guard), and a password is looked at in turns
// (password_pool).
#include "net/rest_routes.hpp"

#include "net/password_pool.hpp"
#include "net/rest_body.hpp"
#include "net/session_answers.hpp"
#include "net/sign_in_guard.hpp"
#include "storage/audit_log.hpp"

#include <utility>

namespace tandem::net {

namespace {

http_response busy() {
  return too_many_requests(2'000'000, "too many passwords are being checked");
}

// ---- signing in ----

struct sign_in_wish {
  std::string login;
  std::string password;
  bool as_token = false;
};

// What is known of whoever wants to sign in, before the password is looked at.
struct sign_in_lookup {
  std::optional<storage::account_record> account;
  storage::tenant_key tenant = storage::default_tenant;
  bool is_known_device = false;
};

sign_in_lookup look_up(storage::reader& from, const std::string& login,
                       const std::string& device) {
  sign_in_lookup found;
  const auto tenant = from.whose(storage::global_key::login, login);
  if (!tenant)
    return found;
  found.tenant = *tenant;
  from.look(*tenant, [&](storage::sql_runner& sql) {
    storage::accounts accounts{sql, *tenant};
    found.account = accounts.find_login(login);
    if (!found.account || device.empty())
      return;
    const auto known = accounts.find_token(digest_of_token(device));
    found.is_known_device = known && known->token.kind == "device"
                            && known->account.key == found.account->key;
  });
  return found;
}

void note_failure(rest_context& rest, const rest_call& call, const sign_in_lookup& found) {
  if (!found.account)
    return;
  const auto count = rest.guard->note_failure(found.account->login, steady_now_us());
  if (!count)
    return;
  rest.actors.write([found, count = *count, address = call.from.shown.address](storage::store& to) {
    try {
      to.change(found.tenant, [&](storage::sql_runner& sql) {
        storage::audit_log{sql, found.tenant}.add(
          {0, now_ms(), found.account->key, found.account->login, address, "sign_in.failed", {},
           {}, std::to_string(count)});
      });
    } catch (const storage::store_error& error) {
      log(log_level::error, std::string{"cannot note a failed sign-in: "} + error.what());
    }
  });
}

void check_password(rest_context& rest, rest_call call, sign_in_wish wish, sign_in_lookup found) {
  std::optional<std::string> hashed;
  if (found.account && !found.account->is_disabled)
    hashed = found.account->password;
  const password_pool::turn when = found.is_known_device
                                     ? password_pool::known
                                     : rest.guard->tries_of(call.from.shown.address,
                                                            steady_now_us());
  rest.passwords->check(
    std::move(wish.password), std::move(hashed), when,
    [&rest, call = std::move(call), found = std::move(found), login = wish.login,
     as_token = wish.as_token](password_pool::verdict verdict) {
      switch (verdict) {
        case password_pool::verdict::busy:
          rest.guard->give_back(call.from.shown.address, login);
          return call.answer(busy());
        case password_pool::verdict::wrong:
          note_failure(rest, call, found);
          return call.answer(error_response(http::status::unauthorized, "not_authenticated",
                                            "the login or the password is wrong"));
        case password_pool::verdict::right: break;
      }
      rest.actors.write([&rest, call, found, as_token](storage::store& store) {
        answered(store, call.answer, [&](storage::store& to) {
          return begin_session(rest, to, call.from, found.tenant, found.account->key,
                               {as_token, "sign_in"});
        });
      });
    });
}

void sign_in(rest_context& rest, rest_call call) {
  sign_in_wish wish;
  if (!read_body(call, [&](json_view body) {
        wish.login = as_login(required_text(body, "login"));
        wish.password = as_shown_password(required_text(body, "password"), "password");
        const std::string as = text_field(body, "as");
        if (!as.empty() && as != "cookie" && as != "token")
          throw bad_field{"as"};
        wish.as_token = as == "token";
      }))
    return;
  // Without a store to ask nobody can be told from anybody.
  rest.actors.read([&rest, wish = std::move(wish), call = std::move(call)](storage::reader& from) {
    try {
      sign_in_lookup found = look_up(from, wish.login, call.from.device);
      const std::string device =
        found.is_known_device ? digest_of_token(call.from.device) : std::string{};
      const std::int64_t wait_us = rest.guard->take(call.from.shown.address, wish.login, device,
                                                    steady_now_us());
      if (wait_us > 0)
        return call.answer(too_many_requests(wait_us, "too many tries to sign in"));
      check_password(rest, call, wish, std::move(found));
    } catch (const storage::store_error& error) {
      log(log_level::error, error.what());
      call.answer(store_unavailable());
    }
  });
}

void sign_out(rest_context& rest, rest_call call) {
  rest.actors.write([&rest, call = std::move(call)](storage::store& store) {
    answered(store, call.answer, [&](storage::store& to) {
      const known_account& who = *call.who.account;
      to.change(who.tenant, [&](storage::sql_runner& sql) {
        storage::accounts{sql, who.tenant}.remove_token(
          who.key, who.is_session ? "session" : "program", who.token);
        audit(sql, call.who, call.from, "sign_out");
      });
      rest.actors.rights_changed({}, who.key);
      http_response answer{http::status::no_content, 11};
      answer.insert(http::field::set_cookie,
                    set_cookie(rest.cookies, rest.cookies.session, "", 0));
      return answer;
    });
  });
}

// ---- signing up ----

struct sign_up_wish {
  std::string login;
  std::string password;
  std::string name;
  std::string invite;
};

http_response login_taken() {
  return error_response(http::status::conflict, "login_taken", "there is an account of that login");
}

http_response sign_up_closed() {
  return error_response(http::status::forbidden, "forbidden",
                        "to sign up here takes an invite that is still good");
}

// Whose the new account is to be; nothing if it is not to be.
std::optional<storage::tenant_key> sign_up_tenant(rest_context& rest, storage::store& store,
                                                  const std::string& invite) {
  if (rest.accounts.sign_up == sign_up_mode::closed)
    return std::nullopt;
  if (!invite.empty())
    return store.whose(storage::global_key::invite, digest_of_token(invite));
  return rest.accounts.sign_up == sign_up_mode::open ? std::optional{storage::default_tenant}
                                                     : std::nullopt;
}

// Its key, if the invite is one to sign up and was not used up by others till now.
std::optional<std::int64_t> spend_invite(storage::room_access& access, const std::string& invite) {
  const auto found = access.find_invite(digest_of_token(invite));
  const bool is_good = found && !found->room_id && found->expires_at_ms > now_ms()
                       && access.use_invite(found->key);
  return is_good ? std::optional{found->key} : std::nullopt;
}

// The account; nothing if it cannot be, which `problem` then says.
std::optional<storage::account_key> add_account(storage::sql_runner& sql,
                                                storage::tenant_key tenant, const rest_call& call,
                                                const sign_up_wish& wish,
                                                const std::string& hashed,
                                                http_response& problem) {
  storage::room_access access{sql, tenant};
  const auto spent = wish.invite.empty() ? std::nullopt : spend_invite(access, wish.invite);
  if (!wish.invite.empty() && !spent) {
    problem = sign_up_closed();
    return std::nullopt;
  }
  const auto added = storage::accounts{sql, tenant}.add(
    {wish.login, wish.name, "member", hashed, {}, now_ms()});
  if (added) {
    storage::audit_log{sql, tenant}.add({0, now_ms(), *added, wish.name, call.from.shown.address,
                                         "sign_up", {}, {}, {}});
    return added;
  }
  if (spent)
    access.give_back_invite_use(*spent);
  problem = login_taken();
  return std::nullopt;
}

http_response make_account(rest_context& rest, storage::store& store, const rest_call& call,
                           const sign_up_wish& wish, const std::string& hashed) {
  const auto tenant = sign_up_tenant(rest, store, wish.invite);
  if (!tenant)
    return sign_up_closed();
  std::optional<storage::account_key> added;
  http_response problem;
  store.change(*tenant, [&](storage::sql_runner& sql) {
    added = add_account(sql, *tenant, call, wish, hashed, problem);
  });
  if (!added)
    return problem;
  http_response answer = begin_session(rest, store, call.from, *tenant, *added, {false, ""});
  answer.result(http::status::created);
  return answer;
}

void sign_up(rest_context& rest, rest_call call) {
  sign_up_wish wish;
  if (!read_body(call, [&](json_view body) {
        wish.login = as_login(required_text(body, "login"));
        wish.password = as_new_password(required_text(body, "password"), "password");
        const std::string name = text_field(body, "name");
        wish.name = as_shown_name(name.empty() ? wish.login.substr(0, wish.login.find('@')) : name,
                                  rest.actors.bounds().name_chars, "name");
        wish.invite = text_field(body, "invite");
      }))
    return;
  if (rest.accounts.sign_up == sign_up_mode::closed)
    return call.answer(sign_up_closed());
  const std::int64_t wait_us =
    rest.guard->take(call.from.shown.address, wish.login, "", steady_now_us());
  if (wait_us > 0)
    return call.answer(too_many_requests(wait_us, "too many tries to sign up"));
  std::string password = std::exchange(wish.password, {});
  rest.passwords->hash(std::move(password),
                       rest.guard->tries_of(call.from.shown.address, steady_now_us()),
                       [&rest, wish = std::move(wish),
                        call = std::move(call)](std::optional<std::string> hashed) {
                         if (!hashed)
                           return call.answer(busy());
                         rest.actors.write([&rest, wish, call, hashed](storage::store& store) {
                           answered(store, call.answer, [&](storage::store& to) {
                             return make_account(rest, to, call, wish, *hashed);
                           });
                         });
                       });
}

// ---- the password ----

void store_password(rest_context& rest, const rest_call& call, const std::string& hashed) {
  rest.actors.write([&rest, call, hashed](storage::store& store) {
    answered(store, call.answer, [&](storage::store& to) {
      const known_account& who = *call.who.account;
      to.change(who.tenant, [&](storage::sql_runner& sql) {
        storage::accounts accounts{sql, who.tenant};
        accounts.set_password(who.key, hashed);
        accounts.remove_tokens(who.key, "session", who.is_session ? who.token : 0);
        accounts.remove_tokens(who.key, "device", 0);
        audit(sql, call.who, call.from, "account.password");
      });
      rest.actors.rights_changed({}, who.key);
      return http_response{http::status::no_content, 11};
    });
  });
}

void change_password(rest_context& rest, rest_call call) {
  std::string before;
  std::string after;
  if (!read_body(call, [&](json_view body) {
        before = as_shown_password(required_text(body, "old"), "old");
        after = as_new_password(required_text(body, "new"), "new");
      }))
    return;
  rest.actors.read([&rest, before, after, call = std::move(call)](storage::reader& from) {
    try {
      const known_account& who = *call.who.account;
      const std::int64_t wait_us =
        rest.guard->take(call.from.shown.address, who.login, "", steady_now_us());
      if (wait_us > 0)
        return call.answer(too_many_requests(wait_us, "too many tries"));
      const sign_in_lookup found = look_up(from, who.login, {});
      rest.passwords->check(
        before, found.account ? found.account->password : std::nullopt,
        password_pool::known, [&rest, after, call, found](password_pool::verdict verdict) {
          if (verdict == password_pool::verdict::busy)
            return call.answer(busy());
          if (verdict == password_pool::verdict::wrong) {
            note_failure(rest, call, found);
            return call.answer(error_response(http::status::forbidden, "forbidden",
                                              "the old password is wrong"));
          }
          rest.passwords->hash(after, password_pool::known, [&rest, call](std::optional<std::string> hashed) {
            if (!hashed)
              return call.answer(busy());
            store_password(rest, call, *hashed);
          });
        });
    } catch (const storage::store_error& error) {
      log(log_level::error, error.what());
      call.answer(store_unavailable());
    }
  });
}

constexpr route routes[] = {
  {http::verb::post, "/account/sign-up", need::nothing, true, "Make an account", sign_up},
  {http::verb::post, "/account/sign-in", need::nothing, true, "Sign in", sign_in},
  {http::verb::post, "/account/sign-out", need::account, true, "End this session", sign_out},
  {http::verb::post, "/account/password", need::account, true, "Change one's password",
   change_password},
};

}  // namespace

std::span<const route> sign_in_routes() {
  return routes;
}

}  // namespace tandem::net
