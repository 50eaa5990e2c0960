// How people come to have accounts, and how they sign in. Constant after the
// start.
#pragma once

#include <cstdint>
#include <string>

namespace tandem::net {

enum class sign_up_mode : std::uint8_t { open, invited, closed };

// Sign-in through a company's OpenID Connect provider; off without an issuer.
struct company_settings {
  std::string issuer;  // its URL, exactly as the provider says it
  std::string client_id;
  std::string client_secret;  // empty: a public client
  std::string name = "Company account";  // on the button
  std::string tenant = "default";        // whose members its people become
  std::int64_t tenant_key = 1;           // the same; known when the store is open
  bool makes_accounts = true;            // for whoever comes first
};

struct account_settings {
  sign_up_mode sign_up = sign_up_mode::invited;
  company_settings company;
  std::uint32_t session_hours = 168;
  std::uint32_t password_threads = 1;    // that hash; 19 MiB each
  std::string password_program;          // whose process does it; empty: this one
  std::uint32_t password_queue_max = 64;
  std::uint32_t tokens_per_account = 100;
  std::uint32_t invites_per_room = 200;
  std::uint32_t audit_days = 90;
};

}  // namespace tandem::net
