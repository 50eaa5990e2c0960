#include "net/sign_in_journey.hpp"

#include "net/hex.hpp"
#include "net/http_fetch.hpp"
#include "net/random_token.hpp"
#include "net/target.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

namespace tandem::net {

namespace {

// The secret is also the provider's, who must not be able to use a mark elsewhere.
constexpr std::string_view purpose = "tandem sign-in journey ";
constexpr std::size_t secret_bytes = 32;

bool is_own_path(const std::string& path) {
  return path.starts_with('/') && !path.starts_with("//")
         && path.find_first_of("\\\r\n\t;, \"") == std::string::npos && path.size() <= 200;
}

std::string own_path_or_home(std::string path) {
  return is_own_path(path) ? path : "/";
}

// The part before the next dot, which goes.
std::optional<std::string> next_part(std::string_view& text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos || dot == 0)
    return std::nullopt;
  std::string part{text.substr(0, dot)};
  text.remove_prefix(dot + 1);
  return part;
}

}  // namespace

sign_in_journey sign_in_journey::begin(const std::string& to) {
  return {random_token("", 16), random_token("", 16), random_token("", 32), own_path_or_home(to)};
}

journey_seal::journey_seal(const std::string& secret)
    : secret_{secret.empty() ? random_token("", secret_bytes) : secret} {
}

std::string journey_seal::mark_of(std::string_view text) const {
  const std::string marked = std::string{purpose} + std::string{text};
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> mark;
  unsigned int bytes = 0;
  HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()),
       reinterpret_cast<const unsigned char*>(marked.data()), marked.size(), mark.data(), &bytes);
  return to_hex({mark.data(), bytes});
}

// mark.begun.state.nonce.verifier.path: none but the last has a dot.
std::string journey_seal::cookie_of(const sign_in_journey& begun, std::int64_t now_s) const {
  const std::string text = fmt::format("{}.{}.{}.{}.{}", now_s, begun.state, begun.nonce,
                                       begun.verifier, url_encoded(begun.to));
  return mark_of(text) + "." + text;
}

std::optional<sign_in_journey> journey_seal::open(std::string_view cookie,
                                                  std::int64_t now_s) const {
  const auto mark = next_part(cookie);
  const std::string expected = mark_of(cookie);
  if (!mark || mark->size() != expected.size()
      || CRYPTO_memcmp(mark->data(), expected.data(), expected.size()) != 0)
    return std::nullopt;
  const auto begun_s = parse_number(next_part(cookie).value_or(""));
  if (!begun_s || now_s - static_cast<std::int64_t>(*begun_s) > sign_in_journey::lasts_s)
    return std::nullopt;
  sign_in_journey found;
  for (std::string* part : {&found.state, &found.nonce, &found.verifier}) {
    auto text = next_part(cookie);
    if (!text)
      return std::nullopt;
    *part = std::move(*text);
  }
  found.to = own_path_or_home(percent_decoded(cookie).value_or("/"));
  return found;
}

}  // namespace tandem::net
