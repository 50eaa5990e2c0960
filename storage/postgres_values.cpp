#include "storage/postgres_values.hpp"

#include <fmt/format.h>

#include <charconv>

namespace tandem::storage {

ot::client_id client(const pqxx::field& field) {
  std::string digits = text(field);
  std::erase(digits, '-');
  ot::client_id client;
  if (digits.size() != 2 * client.bytes.size())
    throw store_error{store_error::cause::corrupt, "a client's digest has a wrong length"};
  for (std::size_t i = 0; i < client.bytes.size(); ++i)
    std::from_chars(&digits[2 * i], &digits[2 * i] + 2, client.bytes[i], 16);
  return client;
}

std::string as_uuid(const ot::client_id& client) {
  return fmt::format("{:02x}", fmt::join(client.bytes, ""));
}

std::string as_text(std::string_view value) {
  std::string text;
  for (const char c : value)
    text += c == '\0' ? no_character : std::string_view{&c, 1};
  return text;
}

}  // namespace tandem::storage
