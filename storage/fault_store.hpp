// A store that ends the process at a chosen moment, as a power cut or `kill -9`
// would: for drills (tests/drills). Owned as the store it is put around.
//
// A fault is written POINT:COUNT, for example after_write:37: the process kills
// itself at the 37th group of writes, when it is durable and nobody has been
// told.
#pragma once

#include "storage/store.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace tandem::storage {

struct fault {
  enum class point : std::uint8_t {
    before_write,
    in_write,  // within a random moment after it began
    after_write,
    before_claim,  // a lease is a claim, too
    after_claim,
  };

  point at = point::before_write;
  std::uint64_t count = 0;  // from 1

  friend bool operator==(const fault&, const fault&) = default;
};

// Nothing if the text says no fault.
std::optional<fault> parse_fault(std::string_view text);

std::unique_ptr<store> with_fault(std::unique_ptr<store> inner, fault planned);

}  // namespace tandem::storage
