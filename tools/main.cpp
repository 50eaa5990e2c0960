// The binary: one subcommand, one function.
#include "config/settings.hpp"
#include "net/password_worker.hpp"
#include "tools/admin.hpp"
#include "tools/arguments.hpp"
#include "tools/cluster.hpp"
#include "tools/replay.hpp"
#include "tools/serve.hpp"
#include "tools/store_commands.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <span>
#include <string>
#include <string_view>

namespace {

using namespace tandem::tools;

constexpr int usage_status = 2;

constexpr std::string_view settings_usage = "tandem settings     print the example settings file\n";

int print_settings(std::span<char* const>) {
  std::fputs(tandem::example_settings().c_str(), stdout);
  return EXIT_SUCCESS;
}

struct command {
  std::string_view name;
  std::string_view usage;
  int (*run)(std::span<char* const>);
};

constexpr command commands[] = {
  {"serve", serve_usage, serve},          {"replay", replay_usage, replay},
  {"export", export_usage, export_log},   {"import", import_usage, import_log},
  {"admin", admin_usage, admin},          {"cluster", cluster_usage, cluster},
  {"migrate", migrate_usage, migrate},    {"settings", settings_usage, print_settings},
};

int usage(std::FILE* to) {
  std::string text;
  for (const command& each : commands)
    text += (text.empty() ? "usage: " : "       ") + std::string{each.usage};
  std::fputs(text.c_str(), to);
  return to == stdout ? EXIT_SUCCESS : usage_status;
}

int run(std::span<char* const> arguments) {
  const std::string_view wanted = arguments.empty() ? "" : arguments.front();
  if (wanted == tandem::net::hash_passwords_command)  // by the server, for itself
    return tandem::net::serve_passwords(arguments.subspan(1));
  for (const command& each : commands)
    if (each.name == wanted)
      return each.run(arguments.subspan(1));
  return usage(wanted == "--help" || wanted == "help" ? stdout : stderr);
}

}  // namespace

int main(int count, char** values) {
  try {
    return run({values + 1, static_cast<std::size_t>(count - 1)});
  } catch (const usage_error& error) {
    std::fprintf(stderr, "tandem: %s", error.what());
    return usage_status;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tandem: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
