// Fields of a PostgreSQL row as the records' types, and values as parameters.
// Private to storage/.
#pragma once

#include "storage/store.hpp"

#include <pqxx/pqxx>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace tandem::storage {

inline std::int64_t integer(const pqxx::field& field) {
  return field.as<std::int64_t>();
}

// An unsigned number is kept as the bigint of the same bits.
inline std::uint64_t number(const pqxx::field& field) {
  return static_cast<std::uint64_t>(integer(field));
}

inline ot::revision revision(const pqxx::field& field) {
  return static_cast<ot::revision>(integer(field));
}

inline std::string text(const pqxx::field& field) {
  return {field.c_str(), field.size()};
}

inline std::string bytes(const pqxx::field& field) {
  return pqxx::binarystring{field}.str();
}

// A uuid in hexadecimal digits, grouped by dashes.
ot::client_id client(const pqxx::field& field);
std::string as_uuid(const ot::client_id& client);

// PostgreSQL keeps no U+0000 in names and messages: this stands for it. (The
// texts of files are bytes there.)
inline constexpr std::string_view no_character = "\xEF\xBF\xBD";  // U+FFFD
std::string as_text(std::string_view value);

// A revision that no file can have is the last one that it could have; one less
// than the greatest number, so that there is one behind it.
inline std::int64_t as_bigint(ot::revision rev) noexcept {
  constexpr ot::revision last = std::numeric_limits<std::int64_t>::max() - 1;
  return static_cast<std::int64_t>(rev < last ? rev : last);
}

}  // namespace tandem::storage
