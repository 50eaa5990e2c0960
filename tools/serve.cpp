#include "tools/serve.hpp"

#include "actors/log.hpp"
#include "actors/service.hpp"
#include "config/settings.hpp"
#include "net/address_probe.hpp"
#include "net/http_server.hpp"
#include "net/openai_model.hpp"
#include "net/wire_codec.hpp"
#include "storage/accounts.hpp"
#include "tools/environment.hpp"
#include "tools/open_store.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <thread>

namespace tandem::tools {

namespace {

// A stop must be over in 5 s: in a cluster some of it for rooms to go elsewhere, most
// for the connections, what is left for the rooms' last writes: that much at least. What
// hangs after that is ended by the watchdog.
constexpr std::chrono::milliseconds giving_deadline{1'200};
constexpr std::chrono::milliseconds connections_deadline{2'000};
constexpr std::chrono::milliseconds rooms_deadline{1'200};
constexpr std::chrono::milliseconds watchdog_deadline{4'700};
constexpr std::chrono::milliseconds before_watchdog{200};

// Beside the program in a checkout (build/tandem), or where it was installed.
std::string default_web_root() {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  for (const fs::path& root : {program.parent_path() / "../web/dist",
                               program.parent_path() / "../share/tandem/web"})
    if (fs::exists(root / "index.html", error))
      return fs::weakly_canonical(root, error).string();
  return {};
}

const std::map<std::string_view, std::string_view> setting_of_option{
  {"--listen", "listen"},
  {"--store", "store"},
  {"--config", "config"},
  {"--cluster-listen", "cluster_listen"},
  {"--cluster-advertise", "cluster_advertise"},
  {"--node-name", "node_name"},
};

settings settings_from(std::span<char* const> arguments) {
  std::map<std::string, std::string> options;
  for (std::size_t i = 0; i < arguments.size(); i += 2) {
    const std::string_view name = arguments[i];
    const bool known = setting_of_option.contains(name);
    if (!known || i + 1 == arguments.size())
      throw settings_error{std::string{known ? "a value is missing behind " : "unknown option "}
                           + std::string{name} + "\n" + std::string{serve_usage}};
    options[std::string{setting_of_option.at(name)}] = arguments[i + 1];
  }
  settings all;
  all.server.web_root = default_web_root();
  if (const auto file = options.extract("config"))
    read_settings_file(all, file.mapped());
  read_settings_environment(all, environment());
  for (const auto& [name, value] : options)
    set_setting(all, name, value, "option for " + name);
  finish_settings(all);
  return all;
}

// The I/O threads and the store's need a place too.
std::size_t actor_threads(const settings& all) {
  if (all.actor_threads > 0)
    return all.actor_threads;
  return std::max(1U, std::thread::hardware_concurrency() / 2);
}

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

// Whatever hangs at the end, the process does not.
void start_watchdog() {
  std::thread{[] {
    std::this_thread::sleep_for(watchdog_deadline);
    log(log_level::error, "the stop took too long");
    std::_Exit(EXIT_FAILURE);
  }}.detach();
}

std::chrono::milliseconds left_for_rooms(std::chrono::steady_clock::time_point stop_began) {
  const auto gone = std::chrono::duration_cast<std::chrono::milliseconds>(
    std::chrono::steady_clock::now() - stop_began);
  return std::max(rooms_deadline, watchdog_deadline - before_watchdog - gone);
}

void find_company_tenant(storage::store& store, net::company_settings& company) {
  const auto found = store.whose(storage::global_key::tenant, company.tenant);
  if (!found)
    throw settings_error{"oidc_tenant = \"" + company.tenant + "\": there is no such tenant"};
  company.tenant_key = *found;
}

void say_if_nobody_can_sign_in(storage::store& store) {
  store.look(storage::default_tenant, [](storage::sql_runner& sql) {
    if (storage::accounts{sql, storage::default_tenant}.count_active_admins() == 0)
      log(log_level::warning, "there is no administrator yet: stop, and run"
                              " tandem admin add-account LOGIN --admin");
  });
}

cluster_doors doors_of(const settings& all) {
  return {[store = all.store] { return storage::open_cluster_registry(store); },
          [](const std::string& address) {
            return net::probe_address(address) == net::probed::answers;
          },
          [](const std::string& address) {
            return net::probe_address(address) == net::probed::refused;
          }};
}

// The actors that run already would keep a process that cannot serve.
std::unique_ptr<net::http_server> open_server(const settings& all, service& actors,
                                              const ai_offer& offer) {
  try {
    return std::make_unique<net::http_server>(all.server, actors, all.accounts, offer);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tandem: %s\n", error.what());
    actors.stop(rooms_deadline);
    std::_Exit(EXIT_FAILURE);
  }
}

// What rooms are told of the AI, and what they may be.
ai_offer offer_of(const net::model_settings& ai, const ai::language_model* model) {
  constexpr const char* providers[] = {"off", "local", "openai"};
  constexpr const char* defaults[] = {"off", "local", "on"};
  ai_offer offer;
  offer.provider = providers[static_cast<std::size_t>(ai.provider)];
  offer.room_default = defaults[static_cast<std::size_t>(ai.room_default)];
  if (model != nullptr) {
    offer.model = model->facts().model;
    offer.host = model->facts().host;
  }
  return offer;
}

ai_parts ai_of(const settings& all, const frame_decoder& decoder) {
  ai_parts parts;
  parts.decoder = &decoder;
  parts.model = net::make_openai_model(all.ai);
  parts.bounds.context_tokens = all.ai.context_tokens;
  parts.bounds.chat_chars = all.bounds.chat_chars;
  parts.offer = offer_of(all.ai, parts.model.get());
  return parts;
}

// For tests: as if this program were of another release, that speaks OLDEST-NEWEST.
void pretend_versions(cluster_settings& cluster) {
  const char* wanted = std::getenv("TANDEM_TEST_NODE_PROTOCOL");
  if (wanted == nullptr)
    return;
  auto& [oldest, newest] = cluster.speaks;
  constexpr unsigned version_max = 255;
  if (std::sscanf(wanted, "%u-%u", &oldest, &newest) != 2 || oldest > newest
      || newest > version_max)
    throw settings_error{"TANDEM_TEST_NODE_PROTOCOL: must be OLDEST-NEWEST, of 255 at most"};
}

}  // namespace

int serve(std::span<char* const> arguments) {
  settings all = settings_from(arguments);
  pretend_versions(all.cluster);
  // Every thread inherits this: the signals wait for sigwait below.
  const sigset_t signals = stop_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  for (const std::string& warning : warnings_of(all))
    log(log_level::warning, warning);
  auto store =
    open_store(all.store, all.mode == access_mode::accounts && all.must_store_be_walled);
  store->migrate();
  if (!all.accounts.company.issuer.empty())
    find_company_tenant(*store, all.accounts.company);
  if (all.mode == access_mode::accounts)
    say_if_nobody_can_sign_in(*store);
  const net::wire_encoder encoder;
  const net::wire_reader decoder;
  const ai_parts ai = ai_of(all, decoder);
  all.accounts.password_program = "/proc/self/exe";
  const auto actors = start_service(all.bounds, encoder, std::move(store), actor_threads(all),
                                    {all.mode.value_or(access_mode::open), all.rates},
                                    all.cluster, doors_of(all), ai);
  const auto opened = open_server(all, *actors, ai.offer);
  net::http_server& server = *opened;
  std::printf("tandem is ready at %s\n", server.url().c_str());
  std::fflush(stdout);

  int received = 0;
  sigwait(&signals, &received);
  log(log_level::info, "stopping");
  const auto stop_began = std::chrono::steady_clock::now();
  start_watchdog();
  if (!actors->give_rooms_away(giving_deadline))
    log(log_level::warning, "not every room has gone to another node: they will be looked for");
  server.stop(connections_deadline);
  const bool rooms_written = actors->stop(left_for_rooms(stop_began));
  log(log_level::info, rooms_written ? "stopped" : "stopped, but not everything was written");
  std::fflush(nullptr);
  std::_Exit(rooms_written ? EXIT_SUCCESS : EXIT_FAILURE);
}

}  // namespace tandem::tools
