// The store that a setting names: sqlite:PATH, postgresql://… or memory:.
#pragma once

#include "storage/store.hpp"

#include <memory>
#include <string>

namespace tandem::tools {

// Not migrated. Throws settings_error for a name that is none. `must_be_walled`: of a
// PostgreSQL, see postgres_options.
std::unique_ptr<storage::store> open_store(const std::string& where, bool must_be_walled = false);

// The setting `store` as `serve` would have it: the defaults, the environment,
// and the option, if there is one.
std::string store_setting(const std::string* option);

}  // namespace tandem::tools
