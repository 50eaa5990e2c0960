// The commands that work on a store without a server: its schema, a room's log
// out of it, and a room made of a log.
#pragma once

#include <span>
#include <string_view>

namespace tandem::tools {

// Each returns the exit status.
int migrate(std::span<char* const> given);
int export_log(std::span<char* const> given);
int import_log(std::span<char* const> given);

inline constexpr std::string_view migrate_usage = "tandem migrate [--store WHERE]\n";
inline constexpr std::string_view export_usage = "tandem export ROOM [--store WHERE] [--git DIR [--pause SECONDS]]\n";
inline constexpr std::string_view import_usage = "tandem import LOG [--owner LOGIN] [--store WHERE]\n";

}  // namespace tandem::tools
