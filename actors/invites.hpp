// An invite is shown: whoever is signed in becomes a member, a guest's use is
// counted. Runs on the WRITER's thread.
//
// Invariants
//  1. An invite makes a member of an account, or raises its role, once. Shown
//     again it changes nothing: who has lost a role does not get it back by it.
//  2. Where there are accounts, what it gives is in the audit log, in the
//     transaction that gives it. Whoever redeems it tells the GATE of `changed`.
#pragma once

#include "actors/admission.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace tandem {

struct redeemed_invite {
  std::string room_id;
  std::string role;  // that whoever showed it now has
  std::optional<storage::account_key> changed;  // whose role in the room is another now
};

// Nothing if there is no such invite, it has ended, it is used up, or the role
// that it gave was taken back. Shown again by the same member or guest it is not
// counted again. Throws storage::store_error.
std::optional<redeemed_invite> redeem_invite(storage::store& store, access_mode mode,
                                             const credentials& shown, std::int64_t now_ms);

}  // namespace tandem
