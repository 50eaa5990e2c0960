#include "tools/open_store.hpp"

#include "actors/log.hpp"
#include "config/settings.hpp"
#include "storage/fault_store.hpp"
#include "storage/memory_store.hpp"
#include "storage/postgres_store.hpp"
#include "storage/sqlite_store.hpp"
#include "tools/environment.hpp"

#include <cstdlib>
#include <string_view>

namespace tandem::tools {

namespace {

std::unique_ptr<storage::store> named_store(const std::string& where, bool must_be_walled) {
  constexpr std::string_view sqlite = "sqlite:";
  if (where == "memory:")
    return storage::make_memory_store();
  if (where.starts_with(sqlite) && where.size() > sqlite.size())
    return storage::open_sqlite_store(where.substr(sqlite.size()));
  if (where.starts_with("postgresql://") || where.starts_with("postgres://"))
    return storage::open_postgres_store(
      where, {.must_be_walled = must_be_walled,
              .tell = [](const std::string& doubt) { log(log_level::warning, doubt); }});
  // Not quoted: it may be a URL with a password, misspelt.
  throw settings_error{"store: must be sqlite:PATH, postgresql://… or memory:"};
}

}  // namespace

std::unique_ptr<storage::store> open_store(const std::string& where, bool must_be_walled) {
  const char* wanted = std::getenv("TANDEM_TEST_FAULT");
  if (wanted == nullptr)
    return named_store(where, must_be_walled);
  const auto planned = storage::parse_fault(wanted);
  if (!planned)
    throw settings_error{"TANDEM_TEST_FAULT: must be POINT:COUNT (storage/fault_store.hpp)"};
  return storage::with_fault(named_store(where, must_be_walled), *planned);
}

std::string store_setting(const std::string* option) {
  settings all;
  read_settings_environment(all, environment());
  if (option != nullptr)
    set_setting(all, "store", *option, "option --store");
  return all.store;
}

}  // namespace tandem::tools
