#include "storage/sqlite_sql.hpp"

#include "storage/sqlite_reader.hpp"

#include <string>
#include <utility>

namespace tandem::storage {

namespace {

std::string whose_statement(global_key what) {
  switch (what) {
    case global_key::room: return "SELECT tenant_id FROM room WHERE id = $1";
    case global_key::login: return "SELECT tenant_id FROM account WHERE login = $1";
    case global_key::token: return "SELECT tenant_id FROM token WHERE digest = $1";
    case global_key::invite: return "SELECT tenant_id FROM invite WHERE digest = $1";
    case global_key::identity: return "SELECT tenant_id FROM account WHERE identity = $1";
    case global_key::tenant: return "SELECT id FROM tenant WHERE name = $1";
  }
  return {};
}

// Ends the reader's moment also when the task throws.
class read_moment {
 public:
  explicit read_moment(sqlite_db& db) : db_{db} { db_.execute("BEGIN"); }
  read_moment(const read_moment&) = delete;
  read_moment& operator=(const read_moment&) = delete;
  ~read_moment() { sqlite3_exec(db_.handle(), "ROLLBACK", nullptr, nullptr, nullptr); }

 private:
  sqlite_db& db_;
};

}  // namespace

sql_rows sqlite_sql::run(std::string_view statement, std::initializer_list<sql_value> values) {
  sqlite_statement prepared = db_.prepare(statement);
  int number = 0;
  for (const sql_value& value : values)
    prepared.bind_named("$" + std::to_string(++number), value);
  sql_rows rows;
  while (prepared.step()) {
    std::vector<std::optional<std::string>> fields;
    for (int i = 0; i < prepared.columns(); ++i)
      fields.push_back(prepared.is_null(i) ? std::nullopt
                                           : std::optional{std::string{prepared.text(i)}});
    rows.emplace_back(std::move(fields));
  }
  return rows;
}

void sqlite_reader::look(tenant_key, const sql_task& task) {
  const read_moment now{reading_};
  sqlite_sql runner{reading_};
  task(runner);
}

std::optional<tenant_key> sqlite_reader::whose(global_key what, std::string_view key) {
  const sql_rows rows = sqlite_sql{reading_}.run(whose_statement(what), {key});
  return rows.empty() ? std::nullopt : std::optional{rows[0].integer(0)};
}

}  // namespace tandem::storage
