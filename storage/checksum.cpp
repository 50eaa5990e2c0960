#include "storage/checksum.hpp"

#include <zlib.h>

namespace tandem::storage {

std::uint32_t crc32_of(std::string_view bytes) noexcept {
  return static_cast<std::uint32_t>(
    ::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::string crc32_bytes(std::string_view bytes) {
  const std::uint32_t crc = crc32_of(bytes);
  std::string four;
  for (unsigned shift = 0; shift < 32; shift += 8)
    four += static_cast<char>(crc >> shift & 0xFFU);
  return four;
}

}  // namespace tandem::storage
