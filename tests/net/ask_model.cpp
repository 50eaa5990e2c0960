// Asks the model of the settings, as the server would, for the live tests:
//
//   ask_model chat TEXT
//   ask_model complete BEFORE AFTER
//
// Settings come from the environment. Prints a line of JSON for each hook:
// {"piece":…}, then {"done":…} or {"failed":…,"why":…,"retry_ms":…}.
#include "config/settings.hpp"
#include "net/json_text.hpp"
#include "net/openai_model.hpp"
#include "tools/environment.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <future>
#include <string>
#include <string_view>

namespace {

using tandem::ai::model_failure;

std::string_view name_of(model_failure::kind what) {
  constexpr std::string_view names[] = {"refused",   "limited",   "unavailable", "timed_out",
                                        "garbage",   "too_large", "resting",     "busy"};
  return names[static_cast<int>(what)];
}

void print(std::string fields) {
  std::printf("%s}\n", fields.c_str());
  std::fflush(stdout);
}

tandem::ai::model_hooks printing_hooks(std::promise<bool>& end) {
  const auto text = [](const char* name, const std::string& value) {
    std::string line = "{";
    tandem::net::append_field(line, name, value);
    print(line);
  };
  return {[=](std::string piece) { text("piece", piece); },
          [=, &end](std::string whole) {
            text("done", whole);
            end.set_value(true);
          },
          [&end](model_failure failure) {
            std::string line = "{";
            tandem::net::append_field(line, "failed", name_of(failure.what));
            tandem::net::append_field(line, "why", failure.why);
            tandem::net::append_field(line, "retry_ms", failure.retry_ms);
            print(line);
            end.set_value(false);
          }};
}

bool ask(tandem::ai::language_model& model, int argc, char** argv) {
  std::promise<bool> end;
  const std::string_view what = argv[1];
  const auto call =
    what == "chat" && argc == 3
      ? model.chat({"", {{tandem::ai::chat_turn::role::user, argv[2]}}, 500}, printing_hooks(end))
    : what == "complete" && argc == 4
      ? model.complete({"a.py", "python", argv[2], argv[3], {}, 64, true}, printing_hooks(end))
      : nullptr;
  return call && end.get_future().get();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    tandem::settings all;
    read_settings_environment(all, tandem::tools::environment());
    finish_settings(all);
    const auto model = tandem::net::make_openai_model(all.ai);
    return model && argc > 2 && ask(*model, argc, argv) ? EXIT_SUCCESS : EXIT_FAILURE;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ask_model: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
