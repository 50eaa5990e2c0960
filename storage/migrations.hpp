// The numbered SQL files of storage/migrations/, as CMake put them into the
// program. Constant data.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace tandem::storage {

struct migration {
  std::int64_t number = 0;
  std::string_view name;
  std::string_view sql;
};

// In order, without gaps, from 1.
std::span<const migration> sqlite_migrations() noexcept;
std::span<const migration> postgres_migrations() noexcept;

}  // namespace tandem::storage
