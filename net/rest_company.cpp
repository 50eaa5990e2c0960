// The two routes of the sign-in through a company's provider, where browsers
// leave and come back. The table is at the end.
#include "net/rest_routes.hpp"

#include "net/company_sign_in.hpp"
#include "net/rest_body.hpp"
#include "net/session_answers.hpp"
#include "net/sign_in_guard.hpp"
#include "ot/utf8.hpp"
#include "storage/audit_log.hpp"

#include <fmt/format.h>

#include <utility>

namespace tandem::net {

namespace {

http_response no_such_sign_in() {
  return error_response(http::status::not_found, "not_found", "there is no such sign-in here");
}

http_response sent_to(const std::string& place) {
  http_response answer{http::status::found, 11};
  answer.set(http::field::location, place);
  answer.set(http::field::cache_control, "no-store");
  return answer;
}

// Back to the first page, which says it to a person.
http_response failed(const std::string& why) {
  log(log_level::warning, "company sign-in: " + why);
  return sent_to("/#sign-in-failed");
}

// Why the provider is not to be asked; nothing if it may be. Both ways count as
// tries to sign in: each can cost it a request.
std::optional<http_response> refuse(rest_context& rest, const rest_call& call) {
  if (rest.company == nullptr)
    return no_such_sign_in();
  const std::int64_t wait_us =
    rest.guard->take_elsewhere(call.from.shown.address, steady_now_us());
  if (wait_us > 0)
    return too_many_requests(wait_us, "too many tries to sign in");
  return std::nullopt;
}

// What the browser took along is of no use any more.
http_response failed_to_arrive(const rest_context& rest, const std::string& why) {
  http_response answer = failed(why);
  answer.insert(http::field::set_cookie, set_cookie(rest.cookies, rest.cookies.sign_in, "", 0));
  return answer;
}

void start(rest_context& rest, rest_call call) {
  if (auto refused = refuse(rest, call))
    return call.answer(std::move(*refused));
  rest.company->begin(query_value(call.query, "to").value_or("/"),
                      [&rest, answer = call.answer](company_sign_in::departure leaving) {
                        if (leaving.url.empty())
                          return answer(failed("the provider cannot be reached"));
                        http_response response = sent_to(leaving.url);
                        response.insert(http::field::set_cookie,
                                        set_cookie(rest.cookies, rest.cookies.sign_in,
                                                   leaving.cookie, sign_in_journey::lasts_s));
                        answer(std::move(response));
                      });
}

// Whoever has come.
struct arrived_person {
  storage::tenant_key tenant = storage::default_tenant;
  std::string login;  // that they have, or would have
  std::optional<storage::account_key> account;  // none: they may not have one
};

// An address that the provider has not verified may be another's.
std::string login_of(const id_claims& who, const company_settings& company) {
  return as_login(who.email.empty()
                    ? who.subject + "@" + company.issuer.substr(company.issuer.find("//") + 2)
                    : who.email);
}

arrived_person person_of(rest_context& rest, storage::store& store, const id_claims& who,
                         const caller& from) {
  const company_settings& company = rest.accounts.company;
  const std::string identity = company.issuer + " " + who.subject;
  arrived_person person;
  if (const auto known = store.whose(storage::global_key::identity, identity)) {
    person.tenant = *known;
    store.look(person.tenant, [&](storage::sql_runner& sql) {
      const auto found = storage::accounts{sql, person.tenant}.find_identity(identity);
      person.login = found ? found->login : "";
      if (found && !found->is_disabled)
        person.account = found->key;
    });
    return person;
  }
  person.tenant = company.tenant_key;
  person.login = login_of(who, company);
  if (!company.makes_accounts)
    return person;
  std::string name =
    who.name.empty() ? person.login.substr(0, person.login.find('@')) : who.name;
  const auto chars_max = static_cast<std::uint32_t>(rest.actors.bounds().name_chars);
  if (ot::count_chars(name) > chars_max)
    name.resize(ot::byte_offset(name, chars_max));
  store.change(person.tenant, [&](storage::sql_runner& sql) {
    person.account = storage::accounts{sql, person.tenant}.add(
      {person.login, name, "member", {}, identity, now_ms()});
    if (person.account)
      storage::audit_log{sql, person.tenant}.add({0, now_ms(), *person.account, name,
                                                  from.shown.address, "account.create", {},
                                                  person.login, "member"});
  });
  return person;
}

// The provider knows them, and they may not come in.
void note_refused(rest_context& rest, storage::store& store, const arrived_person& person,
                  const caller& from) {
  const auto count = rest.guard->note_failure(person.login, steady_now_us());
  if (!count)
    return;
  store.change(person.tenant, [&](storage::sql_runner& sql) {
    storage::audit_log{sql, person.tenant}.add({0, now_ms(), {}, person.login,
                                                from.shown.address, "sign_in.failed", {}, {},
                                                std::to_string(*count)});
  });
}

http_response arrived(rest_context& rest, storage::store& store, const rest_call& call,
                      const company_sign_in::arrival& from) {
  arrived_person person;
  try {
    person = person_of(rest, store, *from.who, call.from);
  } catch (const bad_field&) {
    return failed_to_arrive(rest, "the provider's name for somebody is no login");
  }
  if (!person.account) {
    note_refused(rest, store, person, call.from);
    return failed_to_arrive(rest,
                            "somebody may not have an account, or another has their login");
  }
  const http_response session =
    begin_session(rest, store, call.from, person.tenant, *person.account,
                  {false, "sign_in.company"});
  http_response answer = sent_to(from.to);
  for (const auto& field : session)
    if (field.name() == http::field::set_cookie)
      answer.insert(http::field::set_cookie, field.value());
  answer.insert(http::field::set_cookie, set_cookie(rest.cookies, rest.cookies.sign_in, "", 0));
  return answer;
}

void callback(rest_context& rest, rest_call call) {
  if (auto refused = refuse(rest, call))
    return call.answer(std::move(*refused));
  const std::string cookie = cookie_value(call.message(), rest.cookies.sign_in);
  rest.company->finish(
    query_value(call.query, "code").value_or(""), query_value(call.query, "state").value_or(""),
    cookie, [&rest, call](const company_sign_in::arrival& from) {
      if (!from.who)
        return call.answer(failed_to_arrive(rest, from.why));
      rest.actors.write([&rest, call, from](storage::store& store) {
        answered(store, call.answer,
                 [&](storage::store& to) { return arrived(rest, to, call, from); });
      });
    });
}

constexpr route routes[] = {
  {http::verb::get, "/auth/start", need::nothing, true, "Leave for the company's provider", start},
  {http::verb::get, "/auth/callback", need::nothing, true, "Come back from there", callback},
};

}  // namespace

std::span<const route> company_routes() {
  return routes;
}

}  // namespace tandem::net
