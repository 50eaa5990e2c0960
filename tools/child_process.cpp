#include "tools/child_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace tandem::tools {

namespace {

constexpr std::size_t buffer_bytes = std::size_t{64} << 10U;
constexpr int not_found_status = 127;

[[noreturn]] void become(const std::vector<std::string>& command, int input) {
  std::vector<char*> words;
  for (const std::string& word : command)
    words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  ::dup2(input, STDIN_FILENO);
  ::execvp(words[0], words.data());
  ::_exit(not_found_status);
}

}  // namespace

child_process::child_process(const std::vector<std::string>& command) : name_{command.front()} {
  ::signal(SIGPIPE, SIG_IGN);  // a program that ends early is an error of write()
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    throw std::system_error{errno, std::generic_category(), "no pipe"};
  pid_ = ::fork();
  if (pid_ == 0)
    become(command, ends[0]);
  ::close(ends[0]);
  input_ = ends[1];
  if (pid_ < 0)
    throw std::system_error{errno, std::generic_category(), "cannot start " + name_};
}

child_process::~child_process() {
  if (input_ >= 0)
    ::close(input_);
  if (pid_ <= 0)
    return;
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, nullptr, 0);
}

void child_process::write(std::string_view bytes) {
  buffer_ += bytes;
  if (buffer_.size() >= buffer_bytes)
    flush();
}

void child_process::flush() {
  std::string_view left = buffer_;
  while (!left.empty()) {
    const ssize_t taken = ::write(input_, left.data(), left.size());
    if (taken < 0 && errno != EINTR)
      throw std::runtime_error{name_ + " has stopped reading"};
    left.remove_prefix(taken < 0 ? 0 : static_cast<std::size_t>(taken));
  }
  buffer_.clear();
}

void child_process::finish() {
  flush();
  ::close(std::exchange(input_, -1));
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  if (WIFEXITED(status) && WEXITSTATUS(status) == not_found_status)
    throw std::runtime_error{name_ + " is not installed, and is needed for this"};
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw std::runtime_error{name_ + " could not do it"};
}

}  // namespace tandem::tools
