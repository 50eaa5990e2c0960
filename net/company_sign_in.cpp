#include "net/company_sign_in.hpp"

#include "actors/log.hpp"
#include "net/http_fetch.hpp"
#include "net/json.hpp"
#include "net/random_token.hpp"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <array>
#include <chrono>
#include <utility>

namespace tandem::net {

namespace {

constexpr std::size_t waiting_max = 64;
constexpr std::chrono::seconds waits_max{10};
constexpr std::int64_t provider_lasts_s = 600;
constexpr std::int64_t provider_again_s = 10;  // at least between two readings

std::int64_t now_s() {
  using namespace std::chrono;
  return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

std::string base64url(const unsigned char* bytes, std::size_t count) {
  constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  std::uint32_t bits = 0;
  int held = 0;
  for (std::size_t i = 0; i < count; ++i) {
    bits = bits << 8 | bytes[i];
    for (held += 8; held >= 6; held -= 6)
      text += alphabet[bits >> (held - 6) & 63];
  }
  if (held > 0)
    text += alphabet[bits << (6 - held) & 63];
  return text;
}

// PKCE's S256 (RFC 7636).
std::string challenge_of(const std::string& verifier) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(verifier.data()), verifier.size(), digest.data());
  return base64url(digest.data(), digest.size());
}

}  // namespace

bool is_as_safe_as(std::string_view issuer, std::string_view url) noexcept {
  return url.starts_with("https://") || !issuer.starts_with("https://");
}

company_sign_in::company_sign_in(company_settings settings, std::string callback_url)
    : settings_{std::move(settings)},
      seal_{settings_.client_secret},
      callback_url_{std::move(callback_url)},
      thread_{[this] { run(); }} {
}

company_sign_in::~company_sign_in() {
  {
    const std::lock_guard lock{mutex_};
    is_ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void company_sign_in::add(std::function<void()> work, std::function<void()> refuse) {
  {
    const std::lock_guard lock{mutex_};
    if (waiting_.size() < waiting_max) {
      waiting_.push_back({std::move(work), std::move(refuse), std::chrono::steady_clock::now()});
      return changed_.notify_one();
    }
  }
  refuse();
}

void company_sign_in::run() {
  while (true) {
    waiting next;
    {
      std::unique_lock lock{mutex_};
      changed_.wait(lock, [this] { return is_ending_ || !waiting_.empty(); });
      if (is_ending_)
        return;
      next = std::move(waiting_.front());
      waiting_.pop_front();
    }
    const bool is_late = std::chrono::steady_clock::now() - next.since > waits_max;
    try {
      is_late ? next.refuse() : next.work();
    } catch (const std::exception& error) {
      log(log_level::error, std::string{"company sign-in: "} + error.what());
    }
  }
}

// ---- the provider ----

std::string company_sign_in::know_provider(bool anew) {
  if (provider_) {
    const std::int64_t age_s = now_s() - provider_->read_at_s;
    if (age_s < (anew ? provider_again_s : provider_lasts_s))
      return {};
  }
  return discover();
}

// OpenID Connect Discovery 1.0: the document must say the issuer that it is of.
// What was known before stays if it cannot be read.
std::string company_sign_in::discover() {
  const std::string base =
    settings_.issuer.ends_with('/') ? settings_.issuer.substr(0, settings_.issuer.size() - 1)
                                    : settings_.issuer;
  const fetch_answer said = fetch({base + "/.well-known/openid-configuration", {}, {}, {}});
  json_document document;
  if (said.status != 200 || document.parse(said.body) != json_error::none
      || !document.root().is(json_kind::object))
    return fmt::format("{} cannot be read: {} {}", settings_.issuer, said.status,
                       said.status == 0 ? said.body : "");
  const auto text = [&](const char* name) {
    const auto value = document.root().find(name);
    return std::string{value ? value->string().value_or("") : std::string_view{}};
  };
  if (text("issuer") != settings_.issuer)
    return "the provider says another issuer: " + text("issuer");
  provider found{text("authorization_endpoint"), text("token_endpoint"), text("jwks_uri"), {},
                 now_s()};
  if (found.authorization.empty() || found.token.empty() || found.keys_url.empty())
    return "the provider does not say where it is";
  for (const std::string* url : {&found.authorization, &found.token, &found.keys_url})
    if (!is_as_safe_as(settings_.issuer, *url))
      return "the provider says an address without TLS: " + *url;
  const fetch_answer keys = fetch({found.keys_url, {}, {}, {}});
  auto parsed = keys.status == 200 ? signing_keys::parse(keys.body) : std::nullopt;
  if (!parsed)
    return "the provider's keys cannot be read";
  found.keys = std::move(*parsed);
  provider_ = std::move(found);
  return {};
}

// ---- there and back ----

void company_sign_in::begin(const std::string& to, std::function<void(departure)> answer) {
  const auto leave = [this, to, answer] {
    if (const std::string why = know_provider(false); !why.empty() && !provider_) {
      log(log_level::error, "company sign-in: " + why);
      return answer({});
    }
    const sign_in_journey begun = sign_in_journey::begin(to);
    const char separator = provider_->authorization.find('?') == std::string::npos ? '?' : '&';
    answer({fmt::format("{}{}response_type=code&client_id={}&redirect_uri={}&scope={}&state={}"
                        "&nonce={}&code_challenge={}&code_challenge_method=S256",
                        provider_->authorization, separator, url_encoded(settings_.client_id),
                        url_encoded(callback_url_), url_encoded("openid email profile"),
                        begun.state, begun.nonce, challenge_of(begun.verifier)),
            seal_.cookie_of(begun, now_s())});
  };
  add(leave, [answer] { answer({}); });
}

void company_sign_in::finish(const std::string& code, const std::string& state,
                             const std::string& cookie, std::function<void(arrival)> answer) {
  const auto begun = seal_.open(cookie, now_s());
  if (!begun || state.empty() || begun->state != state || code.empty())
    return answer({{}, "this browser did not ask for it", "/"});
  const auto arrive = [this, code, begun, answer] {
    arrival arrived = exchange(code, begun->verifier, begun->nonce);
    arrived.to = begun->to;
    answer(std::move(arrived));
  };
  add(arrive, [answer] { answer({{}, "too many wait for the provider", "/"}); });
}

company_sign_in::arrival company_sign_in::exchange(const std::string& code,
                                                   const std::string& verifier,
                                                   const std::string& nonce) {
  if (const std::string why = know_provider(false); !provider_)
    return {{}, why, {}};
  fetch_request request{provider_->token,
                        {{"grant_type", "authorization_code"},
                         {"code", code},
                         {"redirect_uri", callback_url_},
                         {"code_verifier", verifier}},
                        {},
                        {}};
  if (settings_.client_secret.empty()) {
    request.form.emplace_back("client_id", settings_.client_id);
  } else {  // RFC 6749, 2.3.1: both encoded
    request.user = url_encoded(settings_.client_id);
    request.password = url_encoded(settings_.client_secret);
  }
  const fetch_answer said = fetch(request);
  json_document document;
  if (said.status != 200 || document.parse(said.body) != json_error::none
      || !document.root().is(json_kind::object))
    return {{}, fmt::format("the provider does not take the code ({})", said.status), {}};
  const auto token = document.root().find("id_token");
  const std::string text{token ? token->string().value_or("") : std::string_view{}};
  const id_token_rules rules{settings_.issuer, settings_.client_id, nonce, now_s()};
  id_verdict verdict = check_id_token(text, provider_->keys, rules);
  if (verdict.is_key_unknown && know_provider(true).empty())
    verdict = check_id_token(text, provider_->keys, rules);
  return {std::move(verdict.claims), "the ID token: " + verdict.why, {}};
}

}  // namespace tandem::net
