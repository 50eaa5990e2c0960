#include "storage/postgres_connection.hpp"

#include "storage/postgres_statements.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <string_view>
#include <typeinfo>

namespace tandem::storage {

namespace {

// How long libpq waits, unless the URL says something else.
struct url_default {
  std::string_view name;
  std::string_view value;
};

constexpr url_default url_defaults[] = {
  {"connect_timeout", "3"},     {"tcp_user_timeout", "5000"},
  {"keepalives_idle", "5"},     {"keepalives_interval", "2"},
  {"keepalives_count", "3"},    {"target_session_attrs", "read-write"},
  {"application_name", "tandem"}};

constexpr std::chrono::milliseconds set_up_limit{8'000};

// What the server does by itself when its client is gone: let go of locks.
// Every query goes by a key. A plan that was made when a table was small, to
// read all of it, would be kept when it is large: so there is none.
constexpr const char* session_settings =
  "SET search_path = tandem, pg_temp;"
  "SET client_encoding = 'UTF8';"
  "SET bytea_output = 'hex';"
  "SET client_min_messages = 'error';"
  "SET idle_in_transaction_session_timeout = '10s';"
  "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;"
  "SET jit = off;";

constexpr const char* app_timeouts = "SET statement_timeout = '30s'; SET lock_timeout = '2s';";
constexpr const char* owner_timeouts = "SET statement_timeout = '10min'; SET lock_timeout = '1min';";

std::string with_defaults(std::string url) {
  const std::size_t question = url.find('?');
  const std::string given = question == std::string::npos ? "" : "&" + url.substr(question + 1);
  char separator = question == std::string::npos ? '?' : '&';
  for (const url_default& one : url_defaults) {
    if (given.find(fmt::format("&{}=", one.name)) != std::string::npos)
      continue;
    url += fmt::format("{}{}={}", separator, one.name, one.value);
    separator = '&';
  }
  return url;
}

// The rest of a message may quote data.
std::string first_line(std::string_view text) {
  return std::string{text.substr(0, text.find('\n'))};
}

bool has_hung_up(int socket) {
  pollfd one{socket, POLLRDHUP, 0};
  return ::poll(&one, 1, 0) != 0;
}

// Until there is something to read, or for a while. Whether there was time left.
bool await_input(int socket, std::chrono::steady_clock::time_point deadline) {
  constexpr std::chrono::milliseconds while_max{60'000};
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(
    deadline - std::chrono::steady_clock::now());
  if (left.count() <= 0)
    return false;
  pollfd one{socket, POLLIN | POLLRDHUP, 0};
  ::poll(&one, 1, static_cast<int>(std::min(left, while_max).count()));
  return true;
}

class channel_listener final : public pqxx::notification_receiver {
 public:
  channel_listener(pqxx::connection& on, const std::string& channel,
                   std::vector<std::string>& heard)
      : notification_receiver{on, channel}, heard_{heard} {}
  void operator()(const std::string& payload, int) override { heard_.push_back(payload); }

 private:
  std::vector<std::string>& heard_;
};

// Whether the session ended with the error, or may have: an error like all
// others means that nothing was committed. libpqxx chooses a class of its own by
// the server's SQLSTATE, and then loses it; what libpq says itself has none, and
// is of the common class.
bool ends_session(const pqxx::sql_error& error) {
  const std::string_view sqlstate = error.sqlstate();
  if (sqlstate.empty())
    return typeid(error) == typeid(pqxx::sql_error);
  return sqlstate.starts_with("08") || sqlstate.starts_with("57P") || sqlstate == "40003";
}

store_error::cause cause_of(std::string_view sqlstate) noexcept {
  const bool is_damage = sqlstate == "XX001" || sqlstate == "XX002";
  return is_damage ? store_error::cause::corrupt : store_error::cause::unavailable;
}

}  // namespace

postgres_connection::postgres_connection(std::string url, role as,
                                         std::chrono::milliseconds call_deadline)
    : url_{with_defaults(std::move(url))}, as_{as}, call_deadline_{call_deadline} {
}

// One that was closed by the other side while nothing was under way is replaced
// without a word: nothing is lost with it.
pqxx::connection& postgres_connection::usable() {
  if (is_closed_)
    throw store_error{store_error::cause::unavailable, "the store was not migrated"};
  if (connection_ && (!connection_->is_open() || has_hung_up(connection_->sock())))
    drop();
  if (!connection_)
    open();
  return *connection_;
}

void postgres_connection::open() {
  try {
    connection_ = std::make_unique<pqxx::connection>(url_);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    // The only switch there is in this version, and announced to go with a
    // next one, which does not reconnect at all.
    connection_->inhibit_reactivation(true);
#pragma GCC diagnostic pop
    const watched_wait watched{*this, set_up_limit};
    set_up();
    if (!channel_.empty())
      listener_ = std::make_unique<channel_listener>(*connection_, channel_, heard_);
  } catch (const store_error&) {
    drop();
    throw;
  } catch (const std::exception& error) {
    drop();
    throw store_error{store_error::cause::unavailable,
                      "cannot connect to PostgreSQL: " + first_line(error.what())};
  }
}

void postgres_connection::set_up() {
  for (const postgres_statement& one : postgres_statements)
    connection_->prepare(one.name, one.sql);
  pqxx::nontransaction direct{*connection_};
  direct.exec(std::string{session_settings}
              + (as_ == role::owner ? owner_timeouts : app_timeouts));
  const pqxx::row server = direct.exec_prepared1("server");
  if (server["fsync"].as<bool>() == false || server["full_page_writes"].as<bool>() == false)
    throw store_error{store_error::cause::unavailable,
                      "PostgreSQL runs with fsync or full_page_writes off: a power cut would lose"
                      " what was acknowledged. Turn them on."};
  if (server["encoding"].c_str() != std::string_view{"UTF8"})
    throw store_error{store_error::cause::unavailable,
                      fmt::format("the database's encoding is {}: it must be UTF8",
                                  server["encoding"].c_str())};
  if (!server["waits_for_disk"].as<bool>())
    direct.exec("SET synchronous_commit = on");
  if (as_ == role::app && server["may_be_app"].as<bool>())
    direct.exec(fmt::format("SET ROLE {}", postgres_app_role));
}

// In this order: a listener that goes asks its connection to unlisten, if that is
// open, and nothing limits that wait.
void postgres_connection::drop() noexcept {
  if (!connection_)
    return;
  connection_->disconnect();
  has_gap_ = has_gap_ || listener_;
  listener_.reset();
  connection_.reset();
}

std::optional<std::vector<std::string>> postgres_connection::hear(
  std::chrono::milliseconds longest) {
  const auto deadline = std::chrono::steady_clock::now() + longest;
  usable();
  if (heard_.empty() && !has_gap_) {
    listen_until(deadline);
    usable();
  }
  if (std::exchange(has_gap_, false))
    return std::nullopt;
  return std::exchange(heard_, {});
}

// Ends early if the connection is lost.
void postgres_connection::listen_until(std::chrono::steady_clock::time_point deadline) {
  try {
    do
      connection_->get_notifs();
    while (heard_.empty() && connection_->is_open()
           && await_input(connection_->sock(), deadline));
  } catch (const pqxx::failure&) {
    drop();
  }
}

void postgres_connection::tell_doubts(const postgres_tell& tell, bool must_be_walled) {
  const pqxx::row server = look("server")[0];
  if (!server["waits_for_disk_by_default"].as<bool>())
    tell("PostgreSQL's synchronous_commit does not wait for the disk; it is on for this server's"
         " own sessions");
  if (server["is_app"].as<bool>())
    return;
  const bool passes_walls = server["passes_walls"].as<bool>();
  const std::string doubt =
    fmt::format("the database role {} is not a member of {}: {}", server["who"].c_str(),
                postgres_app_role,
                passes_walls ? "it passes row-level security, so nothing keeps tenants apart"
                             : "row-level security applies to it as the owner of the tables or by"
                               " its own grants");
  if (passes_walls && must_be_walled)
    throw store_error{store_error::cause::unavailable,
                      doubt + ". GRANT it the role, or say store_is_walled = no"};
  tell(doubt);
}

void postgres_connection::fail(effect what) {
  store_error::cause lost = what == effect::writes ? store_error::cause::unknown
                                                   : store_error::cause::unavailable;
  try {
    throw;
  } catch (const store_error&) {
    throw;
  } catch (const pqxx::sql_error& error) {
    if (connection_->is_open() && !ends_session(error))
      throw store_error{cause_of(error.sqlstate()),
                        fmt::format("PostgreSQL: {} ({})", first_line(error.what()),
                                    error.sqlstate())};
    drop();
    throw store_error{lost, "PostgreSQL: " + first_line(error.what())};
  } catch (const pqxx::deadlock_detected& error) {
    throw store_error{store_error::cause::unavailable, "PostgreSQL: " + first_line(error.what())};
  } catch (const std::exception& error) {
    drop();
    throw store_error{lost, "PostgreSQL: " + first_line(error.what())};
  }
}

}  // namespace tandem::storage
