// Whether somebody listens: a listener, none, and one that answers nobody.
#include "net/address_probe.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <list>
#include <string>

namespace tandem::test {
namespace {

using boost::asio::ip::tcp;
using net::probe_address;
using net::probed;

class address_probe : public testing::Test {
 protected:
  std::string at(const std::string& host) const { return host + ":" + std::to_string(port); }

  boost::asio::io_context context;
  tcp::acceptor listener{context, tcp::endpoint{boost::asio::ip::address_v4::loopback(), 0}};
  const std::uint16_t port = listener.local_endpoint().port();
};

TEST_F(address_probe, tells_who_listens_from_who_does_not) {
  EXPECT_EQ(probe_address(at("127.0.0.1")), probed::answers);
  EXPECT_EQ(probe_address(at("localhost")), probed::answers) << "by a name";
  listener.close();
  EXPECT_EQ(probe_address(at("127.0.0.1")), probed::refused);
}

TEST_F(address_probe, does_not_take_silence_for_a_refusal) {
  listener.listen(0);  // and nobody takes what comes
  std::list<tcp::socket> waiting;
  for (int i = 0; i < 8; ++i) {
    tcp::socket& one = waiting.emplace_back(context, tcp::v4());
    one.native_non_blocking(true);
    const tcp::endpoint there = listener.local_endpoint();
    ::connect(one.native_handle(), there.data(), there.size());  // goes on by itself, or waits
  }
  EXPECT_EQ(probe_address(at("127.0.0.1")), probed::unknown);
}

TEST_F(address_probe, knows_nothing_of_what_is_no_address) {
  for (const char* text : {"", ":", "127.0.0.1", "127.0.0.1:x", "no.such.name.invalid:1"})
    EXPECT_EQ(probe_address(text), probed::unknown) << text;
}

}  // namespace
}  // namespace tandem::test
