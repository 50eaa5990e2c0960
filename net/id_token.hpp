// An OpenID Connect ID token: checked in every respect before anything in it is
// believed (OpenID Connect Core 1.0, 3.1.3.7). Signatures by cjose. Pure.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::net {

// A provider's public keys: a JWK Set.
class signing_keys {
 public:
  // Keys that cannot be read are left out. Nothing if the text is no JWK Set.
  static std::optional<signing_keys> parse(const std::string& json);

  struct key;
  const std::vector<std::shared_ptr<key>>& all() const noexcept { return keys_; }

 private:
  std::vector<std::shared_ptr<key>> keys_;
};

struct id_token_rules {
  std::string issuer;
  std::string audience;  // the client's id
  std::string nonce;
  std::int64_t now_s = 0;
};

struct id_claims {
  std::string subject;
  std::string email;  // empty unless the provider has verified it
  std::string name;
};

struct id_verdict {
  std::optional<id_claims> claims;
  std::string why;              // if there are none
  bool is_key_unknown = false;  // perhaps the provider has new ones
};

// Algorithms: RS256, PS256, ES256, as the keys' kinds allow; never none, never one
// with a shared secret. Clocks may differ by a minute.
id_verdict check_id_token(const std::string& token, const signing_keys& keys,
                          const id_token_rules& rules);

}  // namespace tandem::net
