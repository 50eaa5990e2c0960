// Another program that this one feeds: found on the PATH, without a shell, its
// output and errors where ours go. One owner.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace tandem::tools {

class child_process {
 public:
  // Throws std::runtime_error if it cannot be started.
  explicit child_process(const std::vector<std::string>& command);
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;
  // Ends it if it was not finished.
  ~child_process();

  // To its standard input. Throws std::runtime_error if it reads no more.
  void write(std::string_view bytes);

  // Waits until it has read everything and ended. Throws std::runtime_error if it
  // did not end well.
  void finish();

 private:
  void flush();

  std::string name_;
  pid_t pid_ = -1;
  int input_ = -1;
  std::string buffer_;
};

}  // namespace tandem::tools
