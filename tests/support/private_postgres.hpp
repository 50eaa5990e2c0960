// A PostgreSQL of a test program's own: started when first asked for, in a
// temporary folder, reached by a socket in it, gone with the program however
// that ends. It syncs as a real one: what tests learn of lost connections and
// crashes must hold.
//
// Needs Debian's package `postgresql`; without it the tests that ask for it
// fail and say so. PostgreSQL refuses to run as root: then it runs as `postgres`
// or `nobody`.
#pragma once

#include "tests/support/temp_folder.hpp"

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

namespace tandem::test {

class private_postgres {
 public:
  // The program's one server. Throws if there can be none.
  static private_postgres& running();

  private_postgres(const private_postgres&) = delete;
  private_postgres& operator=(const private_postgres&) = delete;
  ~private_postgres();

  // As its superuser, or as another role. `socket_folder`: of a proxy.
  std::string url(const std::string& database, const std::string& role = "postgres",
                  const std::string& socket_folder = {}) const;

  // A new database, migrated or empty; its name.
  std::string add_database();
  std::string add_empty_database();

  // Runs a statement as the superuser; its first field, if it has any.
  std::string sql(const std::string& database, const std::string& statement) const;

  std::string socket() const;

  // The whole server at once, as by a power cut (SIGQUIT); and again.
  void crash();
  void start();

 private:
  private_postgres();

  std::vector<std::string> command(const std::string& program) const;
  pid_t spawn(const std::vector<std::string>& command) const;
  void initialise();
  bool accepts_connections() const;
  void guard_folder();

  temp_folder folder_;
  std::string programs_;
  uid_t user_ = 0;
  gid_t group_ = 0;
  pid_t server_ = -1;
  int folder_guard_ = -1;
  int databases_ = 0;
};

}  // namespace tandem::test
