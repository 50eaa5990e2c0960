#include "storage/postgres_sql.hpp"

#include "storage/postgres_reader.hpp"
#include "storage/postgres_values.hpp"

#include <string>
#include <utility>

namespace tandem::storage {

namespace {

const char* name_of(global_key what) {
  switch (what) {
    case global_key::room: return "room";
    case global_key::login: return "login";
    case global_key::token: return "token";
    case global_key::invite: return "invite";
    case global_key::identity: return "identity";
    case global_key::tenant: return "tenant";
  }
  return "";
}

}  // namespace

sql_rows postgres_sql::run(std::string_view statement, std::initializer_list<sql_value> values) {
  std::vector<std::optional<std::string>> texts;
  for (const sql_value& value : values)
    texts.push_back(value.is_null()            ? std::nullopt
                    : value.number() != nullptr ? std::optional{std::to_string(*value.number())}
                                                : std::optional{as_text(*value.text())});
  std::vector<const char*> parameters;
  for (const auto& text : texts)
    parameters.push_back(text ? text->c_str() : nullptr);
  connection_.begin_wait();
  const pqxx::result found =
    within_.exec_params(std::string{statement}, pqxx::prepare::make_dynamic_params(parameters));
  sql_rows rows;
  for (const pqxx::row& row : found) {
    std::vector<std::optional<std::string>> fields;
    for (const pqxx::field& field : row)
      fields.push_back(field.is_null() ? std::nullopt : std::optional{text(field)});
    rows.emplace_back(std::move(fields));
  }
  return rows;
}

void postgres_reader::look(tenant_key tenant, const sql_task& task) {
  reading_.look_around(tenant, [&](pqxx::transaction_base& within) {
    postgres_sql runner{reading_, within};
    task(runner);
  });
}

std::optional<tenant_key> postgres_reader::whose(global_key what, std::string_view key) {
  const pqxx::result rows = reading_.look("whose", name_of(what), as_text(key));
  return rows[0][0].is_null() ? std::nullopt : std::optional{integer(rows[0][0])};
}

}  // namespace tandem::storage
