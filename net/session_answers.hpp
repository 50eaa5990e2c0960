// Beginning a browser's or a program's session, and who one is. Used by every
// way to sign in. Stateless.
#pragma once

#include "net/rest_routes.hpp"

#include <string>

namespace tandem::net {

struct session_wish {
  bool as_token = false;  // for a program, in the answer; else by cookie
  std::string action;     // for the audit log; empty: it is there already
};

// Makes a session, on the WRITER's thread. Answers as `GET /account` does, with
// the cookies or the token. Throws storage::store_error.
http_response begin_session(rest_context& rest, storage::store& store, const caller& from,
                            storage::tenant_key tenant, storage::account_key account,
                            const session_wish& wish);

// `GET /account`. `cookie`: the session's token, if that is how one is signed in.
http_response account_answer(storage::reader& from, const known_account& who,
                             const std::string& cookie);

}  // namespace tandem::net
