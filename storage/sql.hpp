// What the accounts need of a database: a statement with its parameters, in a
// transaction of one tenant. The statements keep to what SQLite and PostgreSQL
// have in common; parameters are $1, $2, … Owned by whoever runs the
// transaction, valid within it.
//
// What is asked seldom is asked through this; the log has statements of its own
// in each backend.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tandem::storage {

class sql_value {
 public:
  sql_value() = default;  // NULL
  sql_value(std::int64_t number) : value_{number} {}
  sql_value(bool flag) : value_{std::int64_t{flag}} {}
  sql_value(std::string text) : value_{std::move(text)} {}
  sql_value(std::string_view text) : value_{std::string{text}} {}
  sql_value(const char* text) : value_{std::string{text}} {}
  template <class T>
  sql_value(const std::optional<T>& value) {
    if (value)
      *this = sql_value{*value};
  }

  bool is_null() const noexcept { return value_.index() == 0; }
  const std::int64_t* number() const noexcept { return std::get_if<std::int64_t>(&value_); }
  const std::string* text() const noexcept { return std::get_if<std::string>(&value_); }

 private:
  std::variant<std::monostate, std::int64_t, std::string> value_;
};

// The fields of a row, by their place from 0, as the text that stands for them.
class sql_row {
 public:
  explicit sql_row(std::vector<std::optional<std::string>> fields) : fields_{std::move(fields)} {}

  bool is_null(std::size_t field) const { return !fields_.at(field); }
  std::string text(std::size_t field) const { return fields_.at(field).value_or(""); }
  const std::optional<std::string>& maybe_text(std::size_t field) const {
    return fields_.at(field);
  }
  std::int64_t integer(std::size_t field) const { return std::stoll(fields_.at(field).value()); }
  bool flag(std::size_t field) const { return integer(field) != 0; }
  std::optional<std::int64_t> maybe_integer(std::size_t field) const {
    return is_null(field) ? std::nullopt : std::optional{integer(field)};
  }

 private:
  std::vector<std::optional<std::string>> fields_;
};

using sql_rows = std::vector<sql_row>;

class sql_runner {
 public:
  virtual ~sql_runner() = default;
  // Throws store_error.
  virtual sql_rows run(std::string_view statement, std::initializer_list<sql_value> values) = 0;
};

using sql_task = std::function<void(sql_runner&)>;

// What one may ask about before it is known whose it is.
enum class global_key : std::uint8_t {
  room,      // its public id
  login,     // in lower case
  token,     // its digest
  invite,    // its digest
  identity,  // issuer, a space, subject
  tenant,    // its name
};

}  // namespace tandem::storage
