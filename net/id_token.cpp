#include "net/id_token.hpp"

#include "net/json.hpp"

#include <cjose/cjose.h>
#include <jansson.h>

#include <algorithm>
#include <array>
#include <utility>

namespace tandem::net {

namespace {

constexpr std::int64_t clock_skew_s = 60;
constexpr std::size_t token_bytes_max = 16'384;

struct jws_releaser {
  void operator()(cjose_jws_t* jws) const noexcept { cjose_jws_release(jws); }
};
using jws_ptr = std::unique_ptr<cjose_jws_t, jws_releaser>;

struct json_releaser {
  void operator()(json_t* json) const noexcept { json_decref(json); }
};
using json_ptr = std::unique_ptr<json_t, json_releaser>;

struct jwk_releaser {
  void operator()(cjose_jwk_t* jwk) const noexcept { cjose_jwk_release(jwk); }
};

std::string header_text(cjose_jws_t* jws, const char* name) {
  cjose_err error{};
  const char* text = cjose_header_get(cjose_jws_get_protected(jws), name, &error);
  return text == nullptr ? "" : text;
}

// The kind of key that an algorithm takes; nothing for those that are not taken.
std::optional<cjose_jwk_kty_t> key_kind_of(std::string_view algorithm) {
  constexpr std::array<std::pair<std::string_view, cjose_jwk_kty_t>, 3> known{
    {{"RS256", CJOSE_JWK_KTY_RSA}, {"PS256", CJOSE_JWK_KTY_RSA}, {"ES256", CJOSE_JWK_KTY_EC}}};
  for (const auto& [name, kind] : known)
    if (name == algorithm)
      return kind;
  return std::nullopt;
}

id_verdict refused(std::string why) {
  return {std::nullopt, std::move(why), false};
}

std::string text_of(json_view claims, const char* name) {
  const auto value = claims.find(name);
  return std::string{value ? value->string().value_or("") : std::string_view{}};
}

// One audience, or a list of them; of several the authorized party must be us.
bool is_for(json_view claims, const std::string& audience) {
  const auto value = claims.find("aud");
  if (!value)
    return false;
  if (value->string())
    return *value->string() == audience;
  bool is_named = false;
  std::size_t count = 0;
  value->for_each([&](json_view one) {
    ++count;
    is_named = is_named || one.string() == audience;
    return true;
  });
  return is_named && (count == 1 || text_of(claims, "azp") == audience);
}

std::string fault_in(json_view claims, const id_token_rules& rules) {
  if (text_of(claims, "iss") != rules.issuer)
    return "it is another issuer's";
  if (!is_for(claims, rules.audience))
    return "it is for another audience";
  const auto ends = claims.find("exp");
  if (!ends || !ends->integer() || *ends->integer() <= rules.now_s - clock_skew_s)
    return "it has ended";
  const auto issued = claims.find("iat");
  if (!issued || !issued->integer() || *issued->integer() > rules.now_s + clock_skew_s)
    return "it is from the future";
  if (rules.nonce.empty() || text_of(claims, "nonce") != rules.nonce)
    return "it answers another request";
  if (text_of(claims, "sub").empty())
    return "it says nobody";
  return {};
}

}  // namespace

struct signing_keys::key {
  std::unique_ptr<cjose_jwk_t, jwk_releaser> jwk;
  cjose_jwk_kty_t kind = CJOSE_JWK_KTY_RSA;
  std::string id;
};

std::optional<signing_keys> signing_keys::parse(const std::string& json) {
  const json_ptr whole{json_loadb(json.data(), json.size(), 0, nullptr)};
  json_t* list = json_object_get(whole.get(), "keys");
  if (!json_is_array(list))
    return std::nullopt;
  signing_keys keys;
  for (std::size_t i = 0; i < json_array_size(list); ++i) {
    const std::unique_ptr<char, decltype(&std::free)> text{
      json_dumps(json_array_get(list, i), JSON_COMPACT), &std::free};
    cjose_err error{};
    auto added = std::make_shared<key>();
    if (text)
      added->jwk.reset(cjose_jwk_import(text.get(), std::string_view{text.get()}.size(), &error));
    if (!added->jwk)
      continue;
    added->kind = cjose_jwk_get_kty(added->jwk.get(), &error);
    const char* id = cjose_jwk_get_kid(added->jwk.get(), &error);
    added->id = id == nullptr ? "" : id;
    keys.keys_.push_back(std::move(added));
  }
  return keys;
}

id_verdict check_id_token(const std::string& token, const signing_keys& keys,
                          const id_token_rules& rules) {
  if (token.size() > token_bytes_max)
    return refused("it is too long");
  cjose_err error{};
  const jws_ptr jws{cjose_jws_import(token.data(), token.size(), &error)};
  if (!jws)
    return refused("it is no signed token");
  const auto kind = key_kind_of(header_text(jws.get(), CJOSE_HDR_ALG));
  if (!kind)
    return refused("its algorithm is not taken");
  const std::string id = header_text(jws.get(), CJOSE_HDR_KID);
  const auto fits = [&](const auto& key) {
    return key->kind == *kind && (id.empty() || key->id == id);
  };
  if (std::ranges::none_of(keys.all(), fits))
    return {std::nullopt, "its key is not known", true};
  const bool is_signed = std::ranges::any_of(keys.all(), [&](const auto& key) {
    return fits(key) && cjose_jws_verify(jws.get(), key->jwk.get(), &error);
  });
  if (!is_signed)
    return refused("its signature is wrong");
  std::uint8_t* bytes = nullptr;
  std::size_t length = 0;
  if (!cjose_jws_get_plaintext(jws.get(), &bytes, &length, &error))
    return refused("it is empty");
  json_document claims;
  if (claims.parse({reinterpret_cast<const char*>(bytes), length}) != json_error::none
      || !claims.root().is(json_kind::object))
    return refused("it is no JSON");
  if (std::string fault = fault_in(claims.root(), rules); !fault.empty())
    return refused(std::move(fault));
  const auto is_verified = claims.root().find("email_verified");
  return {id_claims{text_of(claims.root(), "sub"),
                    is_verified && is_verified->boolean().value_or(false)
                      ? text_of(claims.root(), "email")
                      : "",
                    text_of(claims.root(), "name")},
          {},
          false};
}

}  // namespace tandem::net
