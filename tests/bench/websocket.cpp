#include "tests/bench/websocket.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>

namespace tandem::bench {
namespace {

constexpr std::uint8_t final_bit = 0x80;
constexpr std::uint8_t mask_bit = 0x80;
constexpr std::size_t mask_bytes = 4;
constexpr std::size_t longest_short_payload_bytes = 125;
constexpr std::uint8_t two_byte_length = 126;
constexpr std::uint8_t eight_byte_length = 127;

void apply_mask(std::span<char> payload, const char* key) noexcept {
  for (std::size_t i = 0; i < payload.size(); ++i)
    payload[i] = static_cast<char>(payload[i] ^ key[i % mask_bytes]);
}

void append_length(std::string& out, std::size_t length_bytes, std::uint8_t mask) {
  int more_bytes = 0;
  if (length_bytes <= longest_short_payload_bytes) {
    out += static_cast<char>(mask | length_bytes);
  } else if (length_bytes <= 0xFFFF) {
    out += static_cast<char>(mask | two_byte_length);
    more_bytes = 2;
  } else {
    out += static_cast<char>(mask | eight_byte_length);
    more_bytes = 8;
  }
  while (more_bytes-- > 0)
    out += static_cast<char>(length_bytes >> (8 * more_bytes));
}

}  // namespace

std::string websocket_accept(std::string_view key) {
  const std::string salted = std::string{key} + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  SHA1(reinterpret_cast<const unsigned char*>(salted.data()), salted.size(), digest.data());
  std::array<unsigned char, 32> base64{};
  const int length = EVP_EncodeBlock(base64.data(), digest.data(), digest.size());
  return {reinterpret_cast<const char*>(base64.data()), static_cast<std::size_t>(length)};
}

std::string_view header_value(std::string_view head, std::string_view lower_case_name) {
  const auto is_named = [&](std::string_view line) {
    return line.size() > lower_case_name.size() && line[lower_case_name.size()] == ':'
           && std::equal(lower_case_name.begin(), lower_case_name.end(), line.begin(),
                         [](char want, unsigned char have) { return want == std::tolower(have); });
  };
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos;) {
    const std::size_t end = head.find("\r\n", at + 2);
    std::string_view line = head.substr(at + 2, end == std::string_view::npos ? end : end - at - 2);
    if (is_named(line)) {
      line.remove_prefix(lower_case_name.size() + 1);
      line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
      return line;
    }
    at = end;
  }
  return {};
}

void append_frame(std::string& out, opcode kind, std::string_view payload,
                  std::optional<std::uint32_t> mask) {
  out += static_cast<char>(final_bit | static_cast<std::uint8_t>(kind));
  append_length(out, payload.size(), mask ? mask_bit : 0);
  if (!mask) {
    out += payload;
    return;
  }
  std::array<char, mask_bytes> key{};
  std::memcpy(key.data(), &*mask, mask_bytes);
  out.append(key.data(), key.size());
  const std::size_t start = out.size();
  out += payload;
  apply_mask(std::span{out}.subspan(start), key.data());
}

std::optional<frame> take_frame(std::span<char>& bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  if (bytes.size() < 2)
    return std::nullopt;
  const bool is_masked = (byte(1) & mask_bit) != 0;
  std::uint64_t length_bytes = byte(1) & 0x7FU;
  std::size_t head_bytes = 2;
  if (length_bytes >= two_byte_length) {
    const std::size_t more_bytes = length_bytes == two_byte_length ? 2 : 8;
    if (bytes.size() < head_bytes + more_bytes)
      return std::nullopt;
    length_bytes = 0;
    for (; head_bytes < 2 + more_bytes; ++head_bytes)
      length_bytes = length_bytes << 8U | byte(head_bytes);
  }
  const std::size_t start = head_bytes + (is_masked ? mask_bytes : 0);
  if (bytes.size() < start || bytes.size() - start < length_bytes)
    return std::nullopt;
  const std::span<char> payload = bytes.subspan(start, length_bytes);
  if (is_masked)
    apply_mask(payload, bytes.data() + head_bytes);
  const frame taken{static_cast<opcode>(byte(0) & 0x0FU),
                    (byte(0) & final_bit) != 0,
                    {payload.data(), payload.size()}};
  bytes = bytes.subspan(start + length_bytes);
  return taken;
}

}  // namespace tandem::bench
