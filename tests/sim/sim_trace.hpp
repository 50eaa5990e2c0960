// What is said in a simulated world, a line each, for a person who looks for
// the cause of a fault: `sim --trace SEED`.
#pragma once

#include "tests/sim/sim_wire.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace tandem::sim {

// Takes a line. Null: nobody looks.
using tracer = std::function<void(const std::string&)>;

std::string describe(const said& message);
std::string describe(const client::message& message);

}  // namespace tandem::sim
