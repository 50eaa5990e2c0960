// Sign-in through a company's OpenID Connect provider: the authorization code
// flow with PKCE. A browser is sent there with a cookie that remembers what it was
// sent with, and comes back with a code; the code is exchanged for an ID token
// (id_token.hpp), by a thread of its own, since that waits for another server.
//
//   /auth/start ─▶ provider ─▶ /auth/callback ─ code ─▶ provider ─ ID token ─▶ session
//
// Thread-safe.
//
// Invariants
//  1. What the provider is asked for is kept in the browser alone (sign_in_journey.hpp):
//     its cookie must be one of ours and say the same state, or nothing is done.
//  2. At most waiting_max people wait for the provider, waits_max at most.
#pragma once

#include "net/account_settings.hpp"
#include "net/id_token.hpp"
#include "net/sign_in_journey.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace tandem::net {

// Whether an address that a provider names keeps what goes there from others, if the
// issuer's does.
bool is_as_safe_as(std::string_view issuer, std::string_view url) noexcept;

class company_sign_in {
 public:
  // `callback_url`: where the provider sends browsers back to.
  company_sign_in(company_settings settings, std::string callback_url);
  ~company_sign_in();

  const company_settings& settings() const noexcept { return settings_; }

  struct departure {
    std::string url;     // of the provider; empty: it cannot be reached
    std::string cookie;  // for the browser to come back with
  };
  // `to`: the path to go to in the end; another than one of ours is not kept.
  // Answered on this object's thread.
  void begin(const std::string& to, std::function<void(departure)> answer);

  struct arrival {
    std::optional<id_claims> who;
    std::string why;  // if nobody
    std::string to = "/";
  };
  // What a browser came back with.
  void finish(const std::string& code, const std::string& state, const std::string& cookie,
              std::function<void(arrival)> answer);

 private:
  // What its discovery document says.
  struct provider {
    std::string authorization;
    std::string token;
    std::string keys_url;
    signing_keys keys;
    std::int64_t read_at_s = 0;
  };

  struct waiting {
    std::function<void()> work;
    std::function<void()> refuse;
    std::chrono::steady_clock::time_point since;
  };

  void add(std::function<void()> work, std::function<void()> refuse);
  void run();
  std::string know_provider(bool anew);
  std::string discover();
  arrival exchange(const std::string& code, const std::string& verifier, const std::string& nonce);

  const company_settings settings_;
  const journey_seal seal_;
  const std::string callback_url_;
  std::optional<provider> provider_;  // of this object's thread
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<waiting> waiting_;
  bool is_ending_ = false;
  std::thread thread_;
};

}  // namespace tandem::net
