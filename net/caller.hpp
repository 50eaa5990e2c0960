// Who a request or a handshake is from, as far as it can be seen without asking:
// the address, and what was shown. Pure functions and a constant list.
#pragma once

#include "actors/admission.hpp"
#include "net/address_list.hpp"
#include "net/departure.hpp"
#include "net/http_types.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace tandem::net {

// A request, and from where it came.
struct incoming {
  http_request message;
  std::string peer;  // the address of the socket's other end
  std::shared_ptr<departure> leaving{};  // none: nobody notices when it goes
  std::shared_ptr<void> place_of_body{};  // door's, of a large one
};
using incoming_ptr = std::shared_ptr<const incoming>;

struct caller {
  credentials shown;
  std::string cookie;   // the session's token, if it came by cookie
  std::string device;   // the cookie of a browser that has signed in before
  bool has_origin = false;
  std::string csrf;     // as the request says
};

// Cookies' names: `__Host-` binds them to https, this host, and every path.
struct cookie_names {
  explicit cookie_names(bool is_secure)
      : session{is_secure ? "__Host-tandem" : "tandem"},
        device{is_secure ? "__Host-tandem-device" : "tandem-device"},
        sign_in{is_secure ? "__Host-tandem-sign-in" : "tandem-sign-in"},
        is_secure{is_secure} {}

  std::string session;
  std::string device;
  std::string sign_in;  // while a sign-in is at the company's provider
  bool is_secure;
};

// The value of a cookie; empty if there is none of that name.
std::string cookie_value(const http_request& request, std::string_view name);

// `Set-Cookie`. 0 seconds: it is to be forgotten.
std::string set_cookie(const cookie_names& names, std::string_view name, std::string_view value,
                       std::int64_t seconds);

// A bearer token wins over a cookie. The address is the peer's, or, behind
// listed proxies, the last in X-Forwarded-For that is none of them; of an IPv6
// address its /64.
caller caller_of(const incoming& request, const cookie_names& names,
                 const address_list& proxies);

// The address alone. `peer`: of the socket's other end.
std::string address_of_caller(const http_request& request, const std::string& peer,
                              const address_list& proxies);

// What a page has to say along with the cookie: the digest of the session's
// token and a word.
std::string csrf_of(std::string_view session_token);

}  // namespace tandem::net
