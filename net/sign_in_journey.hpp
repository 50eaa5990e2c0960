// What a browser keeps while its sign-in is at the company's provider: a cookie that
// nobody can make but this server, or one that knows the same secret. Pure but for a
// new journey's randomness.
//
// Invariants
//  1. A cookie opens only as it was made, and for lasts_s.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tandem::net {

struct sign_in_journey {
  static constexpr std::int64_t lasts_s = 600;

  std::string state;
  std::string nonce;
  std::string verifier;  // PKCE's
  std::string to;        // a path of ours, to go to in the end

  // `to`: another than a path of ours is not kept.
  static sign_in_journey begin(const std::string& to);
};

class journey_seal {
 public:
  // `secret`: what all nodes of a cluster know. Empty: one of this process's own.
  explicit journey_seal(const std::string& secret);

  std::string cookie_of(const sign_in_journey& begun, std::int64_t now_s) const;
  std::optional<sign_in_journey> open(std::string_view cookie, std::int64_t now_s) const;

 private:
  std::string mark_of(std::string_view text) const;

  const std::string secret_;
};

}  // namespace tandem::net
