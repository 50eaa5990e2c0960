#include "storage/deflate.hpp"

#include <zlib.h>

namespace tandem::storage {

namespace {

constexpr std::uint64_t size_max = 256U << 20U;
// Deflate never does better than about 1032 to one: a larger claim costs no memory.
constexpr std::uint64_t best_ratio = 1'100;

}  // namespace

std::string deflated(std::string_view bytes) {
  uLongf size = compressBound(static_cast<uLong>(bytes.size()));
  std::string out(size, '\0');
  compress2(reinterpret_cast<Bytef*>(out.data()), &size,
            reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uLong>(bytes.size()),
            Z_BEST_COMPRESSION);
  out.resize(size);
  return out;
}

std::optional<std::string> inflated(std::string_view bytes, std::uint64_t size) {
  if (size > size_max || size / best_ratio > bytes.size())
    return std::nullopt;
  std::string out(static_cast<std::size_t>(size), '\0');
  auto taken = static_cast<uLongf>(size);
  const int result =
    uncompress(reinterpret_cast<Bytef*>(out.data()), &taken,
               reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uLong>(bytes.size()));
  if (result != Z_OK || taken != size)
    return std::nullopt;
  return out;
}

}  // namespace tandem::storage
