// PostgreSQL behind the store's interface: for more than one node, and for who
// has one already. How it works is in storage/README.md.
//
// Invariants
//  1. A group is one statement, append_group, with its own commit: one round
//     trip, and no lock is held while the server waits for this program.
//  2. append_group takes the rows of its rooms before it looks at their epochs,
//     and keeps them until it has committed. claim_room changes such a row: it
//     waits for an append under way, and what lands after it is refused.
//  3. If the connection is lost once a write was sent its outcome is `unknown`;
//     nothing is sent again.
#pragma once

#include "storage/postgres_connection.hpp"
#include "storage/store.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace tandem::storage {

struct postgres_options {
  // How long the server may take to answer before the connection counts as lost.
  std::chrono::milliseconds call_deadline{8'000};
  // Whether row-level security must bind this program's role; else migrate() refuses.
  bool must_be_walled = false;
  // Words for the operator, at migrate(): what is doubtful about the setup.
  postgres_tell tell = [](const std::string&) {};
};

// `url`: postgresql://…, as libpq reads it. Connects at the first call.
std::unique_ptr<store> open_postgres_store(const std::string& url, postgres_options options = {});

}  // namespace tandem::storage
