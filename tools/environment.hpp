// The process's environment as a map.
#pragma once

#include <map>
#include <string>

namespace tandem::tools {

std::map<std::string, std::string> environment();

}  // namespace tandem::tools
