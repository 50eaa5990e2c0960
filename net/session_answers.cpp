#include "net/session_answers.hpp"

#include "net/json_text.hpp"
#include "net/random_token.hpp"
#include "net/rest_answers.hpp"

namespace tandem::net {

namespace {

constexpr std::int64_t hour_ms = 3'600'000;
constexpr std::int64_t device_days = 180;
constexpr std::int64_t day_seconds = 86'400;

struct new_token {
  std::string text;
  storage::token_record record;
};

new_token token_of(const caller& from, storage::account_key account, const char* kind,
                   const char* scopes, std::int64_t lasts_ms) {
  new_token made{random_token(token_prefix, token_bytes), {}};
  made.record.account = account;
  made.record.kind = kind;
  made.record.name = from.shown.agent;
  made.record.scopes = scopes;
  made.record.address = from.shown.address;
  made.record.created_at_ms = now_ms();
  made.record.expires_at_ms = made.record.created_at_ms + lasts_ms;
  return made;
}

// Whether the browser keeps a cookie by which this account knows it.
bool is_known_device(storage::accounts& accounts, const std::string& device,
                     storage::account_key account) {
  if (device.empty())
    return false;
  const auto known = accounts.find_token(digest_of_token(device));
  return known && known->token.kind == "device" && known->account.key == account
         && known->token.expires_at_ms > now_ms();
}

std::string account_json(storage::reader& from, const known_account& who,
                         const std::string& cookie) {
  std::string tenant_name;
  from.look(who.tenant, [&](storage::sql_runner& sql) {
    tenant_name = storage::accounts{sql, who.tenant}.tenant_name();
  });
  std::string out = "{";
  append_field(out, "id", who.key);
  append_field(out, "login", who.login);
  append_field(out, "name", who.name);
  append_key(out, "tenant");
  out += '{';
  append_field(out, "name", tenant_name);
  append_field(out, "role", who.is_admin ? "admin" : "member");
  out += '}';
  if (!cookie.empty())
    append_field(out, "csrf", csrf_of(cookie));
  return out;
}

}  // namespace

http_response begin_session(rest_context& rest, storage::store& store, const caller& from,
                            storage::tenant_key tenant, storage::account_key account,
                            const session_wish& wish) {
  const std::int64_t lasts_ms = rest.accounts.session_hours * hour_ms;
  const new_token session =
    token_of(from, account, "session", "read write manage account admin", lasts_ms);
  const new_token device =
    token_of(from, account, "device", "", device_days * day_seconds * 1000);
  const std::int64_t kept_max = rest.accounts.tokens_per_account;
  known_account who;
  bool is_device_new = false;
  bool has_ended_others = false;
  store.change(tenant, [&](storage::sql_runner& sql) {
    storage::accounts accounts{sql, tenant};
    accounts.remove_expired_tokens(now_ms());
    accounts.add_token(session.record, digest_of_token(session.text));
    has_ended_others = accounts.keep_newest_tokens(account, "session", kept_max);
    is_device_new = !wish.as_token && !is_known_device(accounts, from.device, account);
    if (is_device_new) {
      accounts.add_token(device.record, digest_of_token(device.text));
      accounts.keep_newest_tokens(account, "device", kept_max);
    }
    accounts.note_seen(account, now_ms());
    const auto found = accounts.find(account);
    if (found)
      who = {tenant, found->key, found->login, found->name, found->role == "admin", all_scopes,
             std::nullopt};
    admission signed_in;
    signed_in.account = who;
    if (!wish.action.empty())
      audit(sql, signed_in, from, wish.action);
    storage::audit_log{sql, tenant}.remove_before(
      now_ms() - std::int64_t{rest.accounts.audit_days} * day_seconds * 1000);
  });
  if (has_ended_others)
    rest.actors.rights_changed({}, account);
  std::string out = account_json(store, who, wish.as_token ? "" : session.text);
  if (wish.as_token) {
    append_field(out, "token", session.text);
    append_field(out, "expires_at", session.record.expires_at_ms);
  }
  http_response answer = json_response(http::status::ok, out + "}");
  if (wish.as_token)
    return answer;
  answer.insert(http::field::set_cookie, set_cookie(rest.cookies, rest.cookies.session,
                                                    session.text, lasts_ms / 1000));
  if (is_device_new)
    answer.insert(http::field::set_cookie, set_cookie(rest.cookies, rest.cookies.device,
                                                      device.text, device_days * day_seconds));
  return answer;
}

http_response account_answer(storage::reader& from, const known_account& who,
                             const std::string& cookie) {
  return json_response(http::status::ok, account_json(from, who, cookie) + "}");
}

}  // namespace tandem::net
