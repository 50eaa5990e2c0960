// What of a server's AI holds in a room: every provider with every word.
#include "actors/ai/ai_offer.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tandem::test {
namespace {

ai_offer offer(const std::string& provider, const std::string& room_default) {
  return {provider, "a-model", "models.example.org", room_default};
}

TEST(ai_offer, what_holds_in_a_room) {
  const struct {
    const char* provider;
    const char* room_default;
    const char* stored;
    ai_mode holds;
  } table[] = {
    {"openai", "local", "", ai_mode::local},
    {"openai", "on", "", ai_mode::on},
    {"openai", "off", "", ai_mode::off},
    {"openai", "off", "on", ai_mode::on},
    {"openai", "on", "local", ai_mode::local},
    {"openai", "on", "off", ai_mode::off},
    {"openai", "on", "ON", ai_mode::off},
    {"openai", "yes", "", ai_mode::off},
    {"local", "local", "", ai_mode::local},
    {"local", "on", "", ai_mode::local},
    {"local", "local", "on", ai_mode::local},
    {"local", "local", "off", ai_mode::off},
    {"off", "on", "", ai_mode::off},
    {"off", "local", "on", ai_mode::off},
    {"off", "local", "local", ai_mode::off},
  };
  for (const auto& row : table)
    EXPECT_EQ(effective_mode(offer(row.provider, row.room_default), row.stored), row.holds)
      << row.provider << ", default " << row.room_default << ", room says '" << row.stored << "'";
}

TEST(ai_offer, what_a_room_can_be_set_to) {
  using modes = std::vector<ai_mode>;
  EXPECT_EQ(choices_of(offer("openai", "on")), (modes{ai_mode::off, ai_mode::local, ai_mode::on}));
  EXPECT_EQ(choices_of(offer("local", "on")), (modes{ai_mode::off, ai_mode::local}));
  EXPECT_EQ(choices_of(offer("off", "on")), modes{ai_mode::off});
}

TEST(ai_offer, a_server_that_was_told_nothing_has_none) {
  EXPECT_EQ(effective_mode({}, "on"), ai_mode::off);
  EXPECT_FALSE(ai_offer{}.has_model());
}

TEST(ai_offer, modes_are_read_and_written) {
  for (const ai_mode mode : {ai_mode::off, ai_mode::local, ai_mode::on})
    EXPECT_EQ(parse_ai_mode(to_string(mode)), mode);
  for (const char* wrong : {"", "On", "on ", "model"})
    EXPECT_FALSE(parse_ai_mode(wrong)) << wrong;
}

}  // namespace
}  // namespace tandem::test
