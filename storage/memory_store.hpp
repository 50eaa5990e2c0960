// The store's twin in memory: the same contract, nothing survives the process.
// For tests, and for trying the server without a disk (`--store memory:`).
#pragma once

#include "storage/store.hpp"

#include <memory>

namespace tandem::storage {

std::unique_ptr<store> make_memory_store();

}  // namespace tandem::storage
