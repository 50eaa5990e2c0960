#include "actors/log.hpp"

#include <chrono>
#include <cstdio>
#include <ctime>

namespace tandem {

void log(log_level level, std::string_view text) {
  constexpr const char* names[] = {"info", "warning", "error"};
  const std::time_t seconds = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char at[32];
  std::strftime(at, sizeof at, "%FT%TZ", &utc);
  std::fprintf(stderr, "%s %s %.*s\n", at, names[static_cast<int>(level)],
               static_cast<int>(text.size()), text.data());
}

}  // namespace tandem
