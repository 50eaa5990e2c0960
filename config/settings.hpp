// Everything an operator can set, in one struct: defaults, then a file, then
// the environment, then the command line; each later one wins. Every value is
// checked; a key that is not known stops the start. Constant after the start.
//
// The file has lines `name = value`; `#` begins a comment. The environment's
// names are those in capitals behind TANDEM_: `ops_per_second` is
// TANDEM_OPS_PER_SECOND. `tandem settings` prints all, with their meaning and
// bounds.
#pragma once

#include "actors/access_mode.hpp"
#include "actors/cluster_settings.hpp"
#include "actors/limits.hpp"
#include "actors/rate_settings.hpp"
#include "net/account_settings.hpp"
#include "net/model_settings.hpp"
#include "net/server_options.hpp"

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tandem {

struct settings {
  std::string listen = "127.0.0.1:8080";
  std::string store = "sqlite:data/tandem.db";
  bool must_store_be_walled = true;  // with accounts, by PostgreSQL's row-level security
  std::uint32_t actor_threads = 0;  // 0: half of the cores
  std::optional<access_mode> mode;  // unsaid: open
  rate_settings rates;
  net::account_settings accounts;
  net::server_options server;
  net::model_settings ai;
  std::string cluster_listen;               // empty: this is the only server
  bool is_cluster_network_private = false;  // no TLS, though others could reach it
  cluster_settings cluster;
  limits bounds;
};

// A wrong setting: what, where and why, for a person to read.
class settings_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Sets one by its name. `where` is for the error: a file's line, a variable.
void set_setting(settings& all, std::string_view name, std::string_view value,
                 std::string_view where);

// Throws settings_error, also if the file cannot be read.
void read_settings_file(settings& all, const std::string& path);
void read_settings_text(settings& all, std::string_view text, std::string_view path);

// `environment`: name to value. Names that begin with TANDEM_TEST_ belong to
// the tests and are left alone; TANDEM_AI_KEY is the model's key, which is no
// setting, so that no file and no command line holds it.
void read_settings_environment(settings& all,
                               const std::map<std::string, std::string>& environment);

// The whole is checked last: what depends on several settings, and `listen`
// and `cluster_listen` taken apart. A server that others than
// this machine can reach must have its mode said.
void finish_settings(settings& all);

// What an operator must be told about settings that work, a line each.
std::vector<std::string> warnings_of(const settings& all);

// The example file: every setting, its default, and what it is.
std::string example_settings();

}  // namespace tandem
