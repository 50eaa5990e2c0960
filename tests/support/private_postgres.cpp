#include "tests/support/private_postgres.hpp"

#include "storage/postgres_schema.hpp"
#include "tests/support/await.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pqxx/pqxx>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <thread>

namespace tandem::test {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds start_patience{90};
constexpr std::chrono::milliseconds look_again{10};
constexpr const char* template_database = "tandem_template";

template <class F>
bool await_for(std::chrono::seconds limit, F holds) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline)
      return false;
    std::this_thread::sleep_for(look_again);
  }
  return true;
}

// The folder of the newest version's programs.
std::string find_programs() {
  std::vector<fs::path> found;
  std::error_code none;
  for (const auto& version : fs::directory_iterator{"/usr/lib/postgresql", none})
    if (fs::exists(version.path() / "bin/initdb"))
      found.push_back(version.path() / "bin");
  if (found.empty())
    throw std::runtime_error{
      "PostgreSQL is not installed, and these tests need it: apt-get install postgresql"};
  return std::ranges::max(found).string();
}

// Nobody may start a server as root.
const passwd& unprivileged_user() {
  for (const char* name : {"postgres", "nobody"})
    if (const passwd* user = getpwnam(name))
      return *user;
  throw std::runtime_error{"there is no user to run PostgreSQL as"};
}

bool has_ended(pid_t child, int& status) {
  return waitpid(child, &status, WNOHANG) == child;
}

}  // namespace

private_postgres& private_postgres::running() {
  static private_postgres only;
  return only;
}

private_postgres::private_postgres() : programs_{find_programs()} {
  user_ = geteuid();
  group_ = getegid();
  if (user_ == 0) {
    const passwd& other = unprivileged_user();
    user_ = other.pw_uid;
    group_ = other.pw_gid;
    if (chown(folder_.path().c_str(), user_, group_) != 0)
      throw std::runtime_error{"cannot give the folder of PostgreSQL to its user"};
  }
  guard_folder();
  initialise();
  start();
  sql("postgres", std::string{"CREATE DATABASE "} + template_database);
  storage::migrate_postgres(url(template_database));
}

private_postgres::~private_postgres() {
  crash();
  close(folder_guard_);
}

// A process that outlives this one, whatever becomes of it, and removes the
// folder when nobody holds the other end of a pipe: this program has ended. The
// server has then got a signal (spawn) and goes, too.
void private_postgres::guard_folder() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    throw std::runtime_error{"no pipe"};
  const pid_t guard = fork();
  if (guard == 0) {
    setsid();
    close(ends[1]);
    for (int other = 0; other < 3; ++other)
      close(other);  // whoever reads this program's output must not wait for it
    char none = 0;
    [[maybe_unused]] const ssize_t end = read(ends[0], &none, 1);
    await_for(start_patience, [&] { return !fs::exists(folder_ / "data/postmaster.pid"); });
    std::error_code ignored;
    fs::remove_all(folder_.path(), ignored);
    _exit(0);
  }
  close(ends[0]);
  folder_guard_ = ends[1];
}

pid_t private_postgres::spawn(const std::vector<std::string>& command) const {
  std::vector<char*> words;
  for (const std::string& word : command)
    words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const std::string log = folder_ / "log";
  const pid_t child = fork();
  if (child != 0)
    return child;
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  dup2(out, STDOUT_FILENO);
  dup2(out, STDERR_FILENO);
  if (geteuid() == 0 && (setgroups(0, nullptr) != 0 || setgid(group_) != 0 || setuid(user_) != 0))
    _exit(126);
  // A changed user forgets this: afterwards.
  prctl(PR_SET_PDEATHSIG, SIGQUIT);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  if (chdir("/") != 0)
    _exit(126);
  execv(words[0], words.data());
  _exit(127);
}

void private_postgres::initialise() {
  const pid_t child =
    spawn({programs_ + "/initdb", "--pgdata", folder_ / "data", "--username", "postgres",
           "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync"});
  int status = -1;
  if (!await_for(start_patience, [&] { return has_ended(child, status); })) {
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    status = -1;
  }
  if (status != 0)
    throw std::runtime_error{"initdb failed: " + folder_.read("log")};
}

void private_postgres::start() {
  server_ = spawn({programs_ + "/postgres", "-D", folder_ / "data", "-k", folder_.path(), "-c",
                   "listen_addresses=", "-c", "max_connections=60",
                   // Else a start after a crash would sync each file of all databases.
                   "-c", "recovery_init_sync_method=syncfs"});
  int status = 0;
  const bool is_ready = await_for(start_patience, [&] {
    if (has_ended(server_, status)) {
      server_ = -1;
      return true;
    }
    return accepts_connections();
  });
  if (!is_ready || server_ < 0)
    throw std::runtime_error{"PostgreSQL does not start: " + folder_.read("log")};
}

bool private_postgres::accepts_connections() const {
  try {
    pqxx::connection{url("postgres")};
    return true;
  } catch (const pqxx::failure&) {
    return false;
  }
}

void private_postgres::crash() {
  if (server_ < 0)
    return;
  kill(server_, SIGQUIT);
  int status = 0;
  if (!await_for(start_patience, [&] { return has_ended(server_, status); })) {
    kill(server_, SIGKILL);
    waitpid(server_, &status, 0);
  }
  server_ = -1;
}

std::string private_postgres::url(const std::string& database, const std::string& role,
                                  const std::string& socket_folder) const {
  return "postgresql://" + role + "@/" + database + "?connect_timeout=20&host="
         + (socket_folder.empty() ? folder_.path() : socket_folder);
}

std::string private_postgres::socket() const {
  return folder_ / ".s.PGSQL.5432";
}

std::string private_postgres::add_empty_database() {
  const std::string name = "test_" + std::to_string(++databases_);
  sql("postgres", "CREATE DATABASE " + name);
  return name;
}

std::string private_postgres::add_database() {
  const std::string name = "test_" + std::to_string(++databases_);
  sql("postgres", "CREATE DATABASE " + name + " TEMPLATE " + template_database);
  return name;
}

std::string private_postgres::sql(const std::string& database,
                                  const std::string& statement) const {
  pqxx::connection to{url(database)};
  pqxx::nontransaction direct{to};
  direct.exec("SET search_path = tandem, public");
  const pqxx::result rows = direct.exec(statement);
  return rows.empty() || rows.columns() == 0 ? "" : rows[0][0].c_str();
}

}  // namespace tandem::test
