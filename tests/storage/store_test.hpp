// The contract of storage::store, run against every backend.
#pragma once

#include "storage/memory_store.hpp"
#include "storage/postgres_store.hpp"
#include "storage/sqlite_store.hpp"
#include "tests/support/private_postgres.hpp"
#include "tests/support/records.hpp"
#include "tests/support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace tandem::storage {

// How GoogleTest names a failure's cause.
inline void PrintTo(store_error::cause why, std::ostream* out) {
  constexpr const char* names[] = {"unavailable", "unknown", "corrupt"};
  *out << names[static_cast<int>(why)];
}

}  // namespace tandem::storage

namespace tandem::test {

using written = storage::write_result::verdict;

struct backend {
  const char* name;
  std::unique_ptr<storage::store> (*open)(const temp_folder& folder);
};

inline void PrintTo(const backend& which, std::ostream* out) {
  *out << which.name;
}

inline std::unique_ptr<storage::store> open_memory(const temp_folder&) {
  return storage::make_memory_store();
}

inline std::unique_ptr<storage::store> open_sqlite(const temp_folder& folder) {
  return storage::open_sqlite_store(folder / "data/tandem.db");
}

// The database of a folder: the same one each time.
inline std::string postgres_url(const temp_folder& folder) {
  private_postgres& server = private_postgres::running();
  if (!std::filesystem::exists(folder / "database"))
    folder.write("database", server.add_database());
  return server.url(folder.read("database"));
}

inline std::unique_ptr<storage::store> open_postgres(const temp_folder& folder) {
  return storage::open_postgres_store(postgres_url(folder));
}

inline auto every_backend() {
  return testing::Values(backend{"memory", open_memory}, backend{"sqlite", open_sqlite},
                         backend{"postgres", open_postgres});
}

// What went wrong, if something did.
template <class F>
std::optional<storage::store_error::cause> cause_of(F call) {
  try {
    call();
    return std::nullopt;
  } catch (const storage::store_error& error) {
    return error.why();
  }
}

class store_test : public testing::TestWithParam<backend> {
 protected:
  store_test() : store{GetParam().open(folder)} { store->migrate(); }

  storage::room_record add_room(const std::string& id,
                                std::vector<storage::create_file> files = {}) {
    return store->create_room({storage::default_tenant, id, "Room " + id, 7, std::move(files)})
      .value();
  }

  storage::room_record find_room(const std::string& id) {
    return store->find_room(storage::default_tenant, id).value();
  }

  storage::loaded_room load_room(const std::string& id, std::size_t chat = 100) {
    return store->load_room(storage::default_tenant, id, chat).value();
  }

  std::vector<storage::write_result> write(std::vector<storage::room_write> group) {
    return store->write(group);
  }

  written write_one(storage::room_write one) { return write({std::move(one)}).front().result; }

  // The revisions that read_ops visits.
  std::vector<ot::revision> visited(storage::reader& from, storage::file_key file,
                                    ot::revision after, ot::revision to) {
    std::vector<ot::revision> revs;
    from.read_ops(file, after, to, [&](ot::revision rev, storage::stored_op&& kept) {
      EXPECT_EQ(kept.op, letter_op(rev));
      revs.push_back(rev);
      return true;
    });
    return revs;
  }

  temp_folder folder;
  std::unique_ptr<storage::store> store;
};

inline std::string backend_name(const testing::TestParamInfo<backend>& info) {
  return info.param.name;
}

}  // namespace tandem::test
