// The embedded default: everything in one SQLite file, in WAL mode with
// synchronous=FULL. Facts about SQLite 3.40.1 that shape it are in
// storage/README.md.
//
// Invariants
//  1. One connection does all writes and all checkpoints (the WAL-reset bug of
//     3.7.0 to 3.51.2 needs two). Readers are read-only.
//  2. A group is one transaction; a failed one is rolled back before the error
//     is thrown, or the error says `unknown`.
#pragma once

#include "storage/store.hpp"

#include <memory>
#include <string>

namespace tandem::storage {

// Opens or creates the file and its folder. Throws store_error.
std::unique_ptr<store> open_sqlite_store(const std::string& path);

}  // namespace tandem::storage
