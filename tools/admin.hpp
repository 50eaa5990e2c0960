// `tandem admin`: accounts and tenants, straight in the store. For the first
// administrator, for resets, and for lists.
#pragma once

#include <span>
#include <string_view>

namespace tandem::tools {

// Returns the exit status.
int admin(std::span<char* const> given);

inline constexpr std::string_view admin_usage =
  "tandem admin add-account LOGIN [--name NAME] [--admin] [--tenant TENANT] [--store WHERE]\n"
  "       tandem admin reset-password | make-admin | make-member | disable | enable LOGIN "
  "[--store WHERE]\n"
  "       tandem admin accounts | rooms [--tenant TENANT] [--store WHERE]\n"
  "       tandem admin tenants | add-tenant NAME [--store WHERE]\n";

}  // namespace tandem::tools
