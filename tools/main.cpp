// The binary: one subcommand, one file.
#include "config/settings.hpp"
#include "tools/serve.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <span>
#include <string>
#include <string_view>

namespace {

constexpr int usage_error = 2;

int usage(std::FILE* to) {
  std::fprintf(to,
               "usage: %.*s"
               "       tandem settings     print the example settings file\n",
               static_cast<int>(tandem::tools::serve_usage.size()),
               tandem::tools::serve_usage.data());
  return to == stdout ? EXIT_SUCCESS : usage_error;
}

int run(std::span<char* const> arguments) {
  const std::string_view command = arguments.empty() ? "" : arguments.front();
  if (command == "serve")
    return tandem::tools::serve(arguments.subspan(1));
  if (command == "settings") {
    std::fputs(tandem::example_settings().c_str(), stdout);
    return EXIT_SUCCESS;
  }
  if (command == "--help" || command == "help")
    return usage(stdout);
  return usage(stderr);
}

}  // namespace

int main(int count, char** values) {
  try {
    return run({values + 1, static_cast<std::size_t>(count - 1)});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tandem: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
