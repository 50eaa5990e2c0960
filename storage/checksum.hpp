// The CRC-32 (ISO-HDLC, zlib's) of values that a disk might damage. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tandem::storage {

std::uint32_t crc32_of(std::string_view bytes) noexcept;

// The same, four bytes, little-endian.
std::string crc32_bytes(std::string_view bytes);

}  // namespace tandem::storage
