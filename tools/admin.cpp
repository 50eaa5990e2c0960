#include "tools/admin.hpp"

#include "actors/limits.hpp"
#include "net/password_worker.hpp"
#include "net/random_token.hpp"
#include "net/rest_body.hpp"
#include "storage/audit_log.hpp"
#include "storage/room_access.hpp"
#include "tools/arguments.hpp"
#include "tools/open_store.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <memory>

namespace tandem::tools {

namespace {

constexpr std::size_t generated_password_bytes = 15;

// What cannot be done, for a person to read.
class refused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

std::int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

std::string login_of(const std::string& text) {
  try {
    return net::as_login(text);
  } catch (const net::bad_field&) {
    throw refused{"a login has 1 to 200 characters and no spaces"};
  }
}

storage::tenant_key tenant_named(storage::store& store, const std::string& name) {
  const auto key = store.whose(storage::global_key::tenant, name);
  if (!key)
    throw refused{"there is no tenant " + name};
  return *key;
}

storage::tenant_key tenant_wanted(storage::store& store, const arguments& wanted) {
  return tenant_named(store, wanted.option("--tenant").value_or("default"));
}

std::string name_of(const arguments& wanted, const std::string& login) {
  const std::string name = wanted.option("--name").value_or(login.substr(0, login.find('@')));
  try {
    return net::as_shown_name(name, limits{}.name_chars, "name");
  } catch (const net::bad_field&) {
    throw refused{fmt::format("a name has 1 to {} characters, none of them for control",
                              limits{}.name_chars)};
  }
}

void note(storage::sql_runner& sql, storage::tenant_key tenant, const char* action,
          const std::string& login, const std::string& detail) {
  storage::audit_log{sql, tenant}.add(
    {0, now_ms(), {}, "tandem admin", "", action, {}, login, detail});
}

// Runs `change(accounts, account)` on an account, and notes it.
template <class F>
void change_account(storage::store& store, const std::string& text, const char* action,
                    const std::string& detail, F change) {
  const std::string login = login_of(text);
  const auto tenant = store.whose(storage::global_key::login, login);
  if (!tenant)
    throw refused{"there is no account " + login};
  store.change(*tenant, [&](storage::sql_runner& sql) {
    storage::accounts accounts{sql, *tenant};
    change(accounts, accounts.find_login(login).value());
    note(sql, *tenant, action, login, detail);
  });
}

void add_account(storage::store& store, const arguments& wanted) {
  const std::string login = login_of(wanted.word(1));
  const std::string password = net::random_token("", generated_password_bytes);
  const std::string name = name_of(wanted, login);
  const char* role = wanted.has("--admin") ? "admin" : "member";
  const storage::tenant_key tenant = tenant_wanted(store, wanted);
  std::optional<storage::account_key> added;
  store.change(tenant, [&](storage::sql_runner& sql) {
    added = storage::accounts{sql, tenant}.add(
      {login, name, role, net::hash_password(password), {}, now_ms()});
    if (added)
      note(sql, tenant, "account.create", login, role);
  });
  if (!added)
    throw refused{"there is an account " + login + " already"};
  fmt::print("{}\npassword: {}\n", login, password);
}

void reset_password(storage::store& store, const arguments& wanted) {
  const std::string password = net::random_token("", generated_password_bytes);
  const std::string hashed = net::hash_password(password);
  change_account(store, wanted.word(1), "account.reset", "",
                 [&](storage::accounts& accounts, const storage::account_record& account) {
                   accounts.set_password(account.key, hashed);
                   for (const char* kind : {"session", "device"})
                     accounts.remove_tokens(account.key, kind, 0);
                 });
  fmt::print("password: {}\n", password);
}

void keep_an_admin(storage::accounts& accounts, const storage::account_record& account) {
  if (accounts.is_last_admin(account))
    throw refused{"a tenant keeps an administrator: " + account.login + " is the last"};
}

void set_role(storage::store& store, const arguments& wanted, const std::string& role) {
  change_account(store, wanted.word(1), "account.role", role,
                 [&](storage::accounts& accounts, const storage::account_record& account) {
                   if (role != "admin")
                     keep_an_admin(accounts, account);
                   accounts.set_role(account.key, role);
                 });
}

void set_disabled(storage::store& store, const arguments& wanted, bool is_disabled) {
  change_account(store, wanted.word(1), "account.disable", is_disabled ? "yes" : "no",
                 [&](storage::accounts& accounts, const storage::account_record& account) {
                   if (is_disabled)
                     keep_an_admin(accounts, account);
                   accounts.set_disabled(account.key, is_disabled);
                 });
}

void list_accounts(storage::store& store, const arguments& wanted) {
  const storage::tenant_key tenant = tenant_wanted(store, wanted);
  store.look(tenant, [&](storage::sql_runner& sql) {
    for (const storage::account_record& account : storage::accounts{sql, tenant}.all())
      fmt::print("{:<8} {:<9} {}  {}\n", account.role, account.is_disabled ? "disabled" : "",
                 account.login, account.name);
  });
}

void list_rooms(storage::store& store, const arguments& wanted) {
  const storage::tenant_key tenant = tenant_wanted(store, wanted);
  store.look(tenant, [&](storage::sql_runner& sql) {
    for (const storage::listed_room& room : storage::room_access{sql, tenant}.all_rooms())
      fmt::print("{}  {:<8} {}  {}\n", room.id, room.access.visibility,
                 fmt::join(room.owners, ", "), room.name);
  });
}

void list_tenants(storage::store& store, const arguments&) {
  for (const storage::tenant_record& tenant : store.tenants())
    fmt::print("{}\n", tenant.name);
}

void add_tenant(storage::store& store, const arguments& wanted) {
  if (!store.add_tenant(wanted.word(1)))
    throw refused{"there is a tenant " + wanted.word(1) + " already"};
}

struct action {
  std::string_view name;
  std::size_t words;  // with the action's own
  void (*run)(storage::store& store, const arguments& wanted);
};

constexpr std::array actions{
  action{"add-account", 2, add_account},
  action{"reset-password", 2, reset_password},
  action{"make-admin", 2,
         [](storage::store& store, const arguments& wanted) { set_role(store, wanted, "admin"); }},
  action{"make-member", 2,
         [](storage::store& store, const arguments& wanted) { set_role(store, wanted, "member"); }},
  action{"disable", 2,
         [](storage::store& store, const arguments& wanted) { set_disabled(store, wanted, true); }},
  action{"enable", 2,
         [](storage::store& store, const arguments& wanted) { set_disabled(store, wanted, false); }},
  action{"accounts", 1, list_accounts},
  action{"rooms", 1, list_rooms},
  action{"tenants", 1, list_tenants},
  action{"add-tenant", 2, add_tenant},
};

}  // namespace

int admin(std::span<char* const> given) {
  const std::string_view name = given.empty() ? "" : given.front();
  for (const action& one : actions) {
    if (one.name != name)
      continue;
    const arguments wanted{
      given, {admin_usage, one.words, {"--store", "--name", "--tenant"}, {"--admin"}}};
    const auto option = wanted.option("--store");
    const auto store = open_store(store_setting(option ? &*option : nullptr));
    store->migrate();
    try {
      one.run(*store, wanted);
    } catch (const refused& why) {
      fmt::print(stderr, "tandem: {}\n", why.what());
      return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
  }
  throw usage_error{std::string{admin_usage}};
}

}  // namespace tandem::tools
