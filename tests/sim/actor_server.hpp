// The server of a simulated world with the real actors: registry, room,
// sessions, writer and reader on CAF's test coordinator, whose time is the
// world's. One job after the other, in an order that the seed chooses.
#pragma once

#include "actors/limits.hpp"
#include "storage/store.hpp"
#include "tests/sim/sim_clock.hpp"
#include "tests/sim/sim_host.hpp"
#include "tests/sim/sim_random.hpp"

#include <memory>
#include <string>

namespace tandem::sim {

std::unique_ptr<sim_host> make_actor_server(const limits& bounds, const frame_encoder& encoder,
                                            sim_clock& clock, sim_random& chance,
                                            storage::store& kept, std::string room_id);

}  // namespace tandem::sim
