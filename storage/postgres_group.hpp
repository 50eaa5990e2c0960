// A group of writes as the parameters of the SQL function append_group
// (migrations/postgres): columns for what is frequent, JSON for what is rare,
// and one string with all bytes. Pure.
#pragma once

#include "storage/records.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tandem::storage {

// A column of numbers, as the text of an SQL array.
class sql_numbers {
 public:
  void add(std::int64_t value);
  std::string text() const { return text_ + '}'; }

 private:
  std::string text_ = "{";
};

// Rows of names and values, as the text of a JSON array of objects. `row`, then
// its fields.
class json_rows {
 public:
  json_rows& row();
  json_rows& field(std::string_view name, std::int64_t value);
  json_rows& field(std::string_view name, std::string_view value);
  std::string text() const { return text_ + (is_empty() ? "]" : "}]"); }

 private:
  bool is_empty() const noexcept { return text_.size() == 1; }
  void begin_field(std::string_view name);

  std::string text_ = "[";
};

// Adds a file that is to be created to a row, its operations to `bytes`.
void add_new_file(json_rows& row, std::string& bytes, const create_file& file);

struct append_parameters {
  sql_numbers step_tenants;
  sql_numbers rooms;
  sql_numbers epochs;
  sql_numbers steps;
  sql_numbers run_writes;
  sql_numbers run_files;
  sql_numbers run_firsts;
  sql_numbers run_lasts;
  sql_numbers run_starts;
  sql_numbers run_lengths;
  std::string bytes;
  json_rows changes;
  json_rows messages;
  json_rows snapshots;
  json_rows last_edits;
};

// `tenant_of`: whose a room is; nothing if it is nobody's.
append_parameters append_parameters_of(
  std::span<const room_write> group,
  const std::function<std::optional<tenant_key>(room_key)>& tenant_of);

}  // namespace tandem::storage
