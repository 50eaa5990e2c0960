// The public name of a room, as it stands in links.
#pragma once

#include <string>

namespace tandem::net {

// Unguessable: 22 characters of A-Z a-z 0-9 - _.
std::string random_room_id();

}  // namespace tandem::net
