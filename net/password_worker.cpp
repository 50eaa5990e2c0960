#include "net/password_worker.hpp"

#include "net/hex.hpp"

#include <poll.h>
#include <sched.h>
#include <sodium.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <new>
#include <stdexcept>
#include <string_view>

namespace tandem::net {

namespace {

constexpr unsigned long long passes = 2;
constexpr std::size_t memory_bytes = std::size_t{19} << 20U;
constexpr std::size_t answer_bytes_max = 256;
constexpr const char* idle_option = "--idle";
constexpr int hurried_nice = 10;
constexpr int idle_nice = 19;

void give_way(password_pace pace) {
  ::setpriority(PRIO_PROCESS, 0, pace == password_pace::idle ? idle_nice : hurried_nice);
  const sched_param none{};
  if (pace == password_pace::idle)
    ::sched_setscheduler(0, SCHED_IDLE, &none);
}

std::string in_hex(const std::string& text) {
  return to_hex({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

std::string from_hex_text(std::string_view hex) {
  std::string text(hex.size() / 2, '\0');
  if (!from_hex(hex, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()}))
    throw std::runtime_error{"a malformed request"};
  return text;
}

}  // namespace

std::string hash_password(const std::string& password) {
  if (sodium_init() < 0)
    throw std::runtime_error{"libsodium does not work here"};
  std::array<char, crypto_pwhash_STRBYTES> text{};
  if (crypto_pwhash_str_alg(text.data(), password.data(), password.size(), passes, memory_bytes,
                            crypto_pwhash_ALG_ARGON2ID13)
      != 0)
    throw std::bad_alloc{};
  return text.data();
}

bool is_right_password(const std::string& password, const std::string& hashed) {
  if (sodium_init() < 0)
    throw std::runtime_error{"libsodium does not work here"};
  return crypto_pwhash_str_verify(hashed.c_str(), password.data(), password.size()) == 0;
}

namespace {

// A line is `hash PASSWORD` or `check PASSWORD HASHED`, in hex each; its answer the
// hash, or `right` or `wrong`.
std::string answer_to(std::string_view line) {
  const std::size_t first = std::min(line.find(' '), line.size());
  const std::size_t second = std::min(line.find(' ', first + 1), line.size());
  const auto word = [&](std::size_t from, std::size_t to) {
    return from_hex_text(line.substr(std::min(from, to), to - std::min(from, to)));
  };
  const std::string password = word(first + 1, second);
  if (line.starts_with("hash "))
    return hash_password(password);
  return is_right_password(password, word(second + 1, line.size())) ? "right" : "wrong";
}

}  // namespace

int serve_passwords(std::span<char* const> options) {
  const bool is_idle = !options.empty() && options.front() == std::string_view{idle_option};
  give_way(is_idle ? password_pace::idle : password_pace::hurried);
  std::string line;
  while (std::getline(std::cin, line))
    std::cout << answer_to(line) << std::endl;
  return EXIT_SUCCESS;
}

bool password_worker::is_right(const std::string& password, const std::string& hashed) {
  if (program_.empty())
    return is_right_password(password, hashed);
  return ask("check " + in_hex(password) + " " + in_hex(hashed) + "\n") == "right";
}

std::string password_worker::hash(const std::string& password) {
  return program_.empty() ? hash_password(password) : ask("hash " + in_hex(password) + "\n");
}

// It gets none of the server's files and sockets: the sockets would stay open with it.
void password_worker::begin() {
  std::array<int, 2> ends{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw std::runtime_error{"no socket to the process that hashes passwords"};
  socket_ = ends[0];
  const timeval longest{patience_.count() / 1000, patience_.count() % 1000 * 1000};
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &longest, sizeof longest);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  std::string name = "tandem";
  std::string command = hash_passwords_command;
  std::string pace = idle_option;
  const std::array<char*, 4> arguments{
    name.data(), command.data(), pace_ == password_pace::idle ? pace.data() : nullptr, nullptr};
  const std::array<char*, 1> environment{nullptr};
  const int problem = ::posix_spawn(&process_, program_.c_str(), &actions, nullptr,
                                    arguments.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (problem == 0)
    return;
  process_ = -1;
  end();
  throw std::runtime_error{"cannot start the process that hashes passwords"};
}

void password_worker::end() {
  if (socket_ >= 0)
    ::close(std::exchange(socket_, -1));
  if (process_ > 0) {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  process_ = -1;
}

// One that does not answer is replaced by the next call.
std::string password_worker::ask(const std::string& what) {
  if (process_ < 0)
    begin();
  std::string answer;
  if (send(what))
    answer = receive_line();
  if (!answer.ends_with('\n')) {
    end();
    throw std::runtime_error{"the process that hashes passwords does not answer"};
  }
  answer.pop_back();
  return answer;
}

bool password_worker::send(const std::string& request) {
  return ::send(socket_, request.data(), request.size(), MSG_NOSIGNAL)
         == static_cast<ssize_t>(request.size());
}

// Without its end if that does not come.
std::string password_worker::receive_line() {
  std::string line;
  while (!line.ends_with('\n') && line.size() < answer_bytes_max) {
    pollfd one{socket_, POLLIN, 0};
    std::array<char, answer_bytes_max> bytes;
    if (::poll(&one, 1, static_cast<int>(patience_.count())) <= 0)
      break;
    const ssize_t count = ::recv(socket_, bytes.data(), bytes.size(), 0);
    if (count <= 0)
      break;
    line.append(bytes.data(), static_cast<std::size_t>(count));
  }
  return line;
}

}  // namespace tandem::net
