// A connection to PostgreSQL as the store needs one: opened when it is first
// used and again after it was lost, with a deadline for every wait. The only
// place that knows libpqxx's exceptions. One thread.
//
// Invariants
//  1. A connection that was lost is not used again. libpqxx would open another
//     by itself and go on, also in the middle of something: that is switched
//     off. The next call opens a new one and sets it up (role, settings,
//     statements).
//  2. Nothing is ever sent twice. What a lost connection leaves behind is said
//     by the error: `unavailable` for reads, `unknown` for a write that was
//     sent, since its answer would have come after its commit.
//  3. A server that may lose commits at a power cut (fsync or full_page_writes
//     off) is refused.
//  4. Who listens hears everything that is told while the connection stands, and
//     is told of each gap.
#pragma once

#include "storage/postgres_watchdog.hpp"
#include "storage/store.hpp"

#include <pqxx/pqxx>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tandem::storage {

using postgres_tell = std::function<void(const std::string&)>;

// The role that the tables are open to; the login role should be a member.
inline constexpr const char* postgres_app_role = "tandem_app";

class postgres_connection {
 public:
  // owner: who logged in, for migrations. app: tandem_app, if that is allowed.
  enum class role : std::uint8_t { app, owner };

  postgres_connection(std::string url, role as, std::chrono::milliseconds call_deadline);
  postgres_connection(const postgres_connection&) = delete;
  postgres_connection& operator=(const postgres_connection&) = delete;
  ~postgres_connection() { drop(); }

  // One statement, with its own commit.
  template <class... Args>
  pqxx::result write(const char* statement, const Args&... args) {
    return in_time(effect::writes, call_deadline_, [&](pqxx::connection& to) {
      pqxx::nontransaction direct{to};
      return direct.exec_prepared(statement, args...);
    });
  }

  // As `write`, for what may take longer.
  template <class... Args>
  pqxx::result write_slowly(const char* statement, const Args&... args) {
    return in_time(effect::writes, slow_call_deadline, [&](pqxx::connection& to) {
      pqxx::nontransaction direct{to};
      return direct.exec_prepared(statement, args...);
    });
  }

  // A statement that changes nothing and needs no tenant.
  template <class... Args>
  pqxx::result look(const char* statement, const Args&... args) {
    return in_time(effect::none, call_deadline_, [&](pqxx::connection& to) {
      pqxx::nontransaction direct{to};
      return direct.exec_prepared(statement, args...);
    });
  }

  // Statements that see one moment of one tenant's data.
  class moment {
   public:
    template <class... Args>
    pqxx::result exec(const char* statement, const Args&... args) {
      in_.begin_wait();
      return transaction_.exec_prepared(statement, args...);
    }

   private:
    friend postgres_connection;
    moment(postgres_connection& in, pqxx::connection& to, tenant_key tenant)
        : in_{in}, transaction_{to} {
      exec("set_tenant", tenant);
    }

    postgres_connection& in_;
    pqxx::transaction<pqxx::repeatable_read, pqxx::read_only> transaction_;
  };

  template <class F>
  auto read(tenant_key tenant, F body) {
    return in_time(effect::none, call_deadline_, [&](pqxx::connection& to) {
      moment now{*this, to, tenant};
      return body(now);
    });
  }

  // As `read`, for statements that are not prepared.
  template <class F>
  void look_around(tenant_key tenant, F body) {
    in_time(effect::none, call_deadline_, [&](pqxx::connection& to) {
      moment now{*this, to, tenant};
      body(now.transaction_);
    });
  }

  // Several statements that write, together. Rows of accounts only: what an edit
  // writes is one call.
  template <class F>
  void change(tenant_key tenant, F body) {
    in_time(effect::writes, call_deadline_, [&](pqxx::connection& to) {
      pqxx::work whole{to};
      whole.exec_prepared("set_tenant", tenant);
      body(whole);
      begin_wait();
      whole.commit();
    });
  }

  // The next statement of a transaction has its time anew.
  void begin_wait() { watchdog_.watch(connection_->sock(), wait_limit_); }

  // For migrations: a transaction that commits at the end of `body`.
  template <class F>
  void change_schema(F body) {
    in_time(effect::writes, call_deadline_, [&](pqxx::connection& to) {
      pqxx::work whole{to};
      body(whole);
      whole.commit();
    });
  }

  // To a channel of the database, from the first connection on. Before any call.
  void listen_to(std::string channel) { channel_ = std::move(channel); }

  // What was told since the last call; waits until there is something, at most
  // `longest`. Nothing, not even an empty list: the connection was lost since, and
  // what was told before the next one stood went unheard.
  std::optional<std::vector<std::string>> hear(std::chrono::milliseconds longest);

  // What is wrong with how the server or the roles are set up, though it works.
  // Throws if nothing would keep tenants apart, and something must.
  void tell_doubts(const postgres_tell& tell, bool must_be_walled);

  // In between every call is refused.
  void close_until_migrated() noexcept { is_closed_ = true; }
  void open_after_migration() noexcept { is_closed_ = false; }

 private:
  enum class effect : std::uint8_t { none, writes };

  static constexpr std::chrono::milliseconds slow_call_deadline{35'000};

  template <class F>
  auto in_time(effect what, std::chrono::milliseconds limit, F body) {
    pqxx::connection& to = usable();
    try {
      const watched_wait watched{*this, limit};
      return body(to);
    } catch (...) {
      fail(what);
    }
  }

  // The watchdog rests before a connection can be closed.
  class watched_wait {
   public:
    watched_wait(postgres_connection& in, std::chrono::milliseconds limit) : in_{in} {
      in_.wait_limit_ = limit;
      in_.begin_wait();
    }
    watched_wait(const watched_wait&) = delete;
    watched_wait& operator=(const watched_wait&) = delete;
    ~watched_wait() { in_.watchdog_.rest(); }

   private:
    postgres_connection& in_;
  };

  pqxx::connection& usable();
  void open();
  void set_up();
  void drop() noexcept;
  void listen_until(std::chrono::steady_clock::time_point deadline);
  // In a handler: throws the store_error for what is being handled.
  [[noreturn]] void fail(effect what);

  std::string url_;
  role as_;
  bool is_closed_ = false;
  std::chrono::milliseconds call_deadline_;
  std::chrono::milliseconds wait_limit_{};
  std::unique_ptr<pqxx::connection> connection_;
  std::string channel_;
  std::unique_ptr<pqxx::notification_receiver> listener_;
  std::vector<std::string> heard_;
  bool has_gap_ = false;
  postgres_watchdog watchdog_;
};

}  // namespace tandem::storage
