// WebSockets over a real socket: who gets in, how they talk, how it ends.
#include "tests/support/loopback.hpp"

#include <future>

namespace tandem::test {
namespace {

using http::verb;

class websocket : public server_test {};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(websocket, two_clients_edit_one_file) {
  start();
  const std::string room = make_room(R"({"files":[{"file":"a","text":"abc"}]})");
  ws_client ada{url(), room, url(), "tandem.v1"};
  EXPECT_EQ(ada.response()[http::field::sec_websocket_protocol], "tandem.v1");
  ada.hello("ada", R"([{"file":"a"}])");
  const std::string welcome = ada.read_type("welcome");
  EXPECT_TRUE(contains(welcome, R"("protocol":1,"site":1)")) << welcome;
  EXPECT_TRUE(contains(welcome, R"("limits":{"frame_bytes":524288)")) << welcome;
  EXPECT_TRUE(contains(ada.read_type("opened"), R"("rev":1,"language":"plaintext","text":"abc")"));
  ws_client bob{url(), room};
  bob.hello("bob", R"([{"file":"a","rev":0}])");
  EXPECT_TRUE(contains(bob.read_type("opened"), R"("from":0)"));
  EXPECT_TRUE(contains(bob.read_type("op"), R"("rev":1,"op":["abc"])"));
  EXPECT_TRUE(contains(ada.read_type("join"), R"("name":"bob")"));
  ada.say(R"({"type":"op","file":"a","rev":1,"seq":1,"op":[3,"d"]})");
  EXPECT_EQ(ada.read_type("ack"), R"({"type":"ack","file":"a","seq":1,"rev":2})");
  EXPECT_EQ(bob.read_type("op"), R"({"type":"op","file":"a","rev":2,"op":[3,"d"],"by":1})");
  bob.say(R"({"type":"cursor","file":"a","rev":2,"ranges":[[1,4]]})");
  EXPECT_EQ(ada.read_type("cursor"),
            R"({"type":"cursor","site":2,"file":"a","rev":2,"ranges":[[1,4]]})");
  bob.say(R"({"type":"chat","id":5,"text":"hi"})");
  EXPECT_TRUE(contains(bob.read_type("chat"), R"("id":5)"));
  EXPECT_FALSE(contains(ada.read_type("chat"), R"("id")"));
  bob.say(R"({"type":"file","do":"create","file":"b"})");
  EXPECT_TRUE(contains(ada.read_type("file"), R"("do":"create","file":"b")"));
  bob.vanish();
  EXPECT_EQ(ada.read_type("leave"), R"({"type":"leave","site":2})");
}

TEST_F(websocket, an_edit_survives_a_reconnect) {
  start();
  const std::string room = make_room(R"({"files":[{"file":"a"}]})");
  {
    ws_client ada{url(), room};
    ada.hello("ada", R"([{"file":"a"}])");
    ada.read_type("opened");
    ada.say(R"({"type":"op","file":"a","rev":0,"seq":1,"op":["x"]})");
    ada.vanish();
  }
  ws_client ada{url(), room};
  ada.hello("ada", R"([{"file":"a","rev":0,"seq":1}])");
  ada.read_type("opened");
  ada.say(R"({"type":"op","file":"a","rev":0,"seq":1,"op":["x"]})");
  EXPECT_EQ(ada.read_type("ack"), R"({"type":"ack","file":"a","seq":1,"rev":1})");
  EXPECT_EQ(get("/rooms/" + room + "/files/a").body, "x") << "once";
}

TEST_F(websocket, a_foreign_page_is_refused_before_it_is_upgraded) {
  start();
  const std::string room = make_room();
  for (const char* origin : {"https://evil.example.org", "null"}) {
    ws_client client{url(), room, origin};
    EXPECT_FALSE(client.opened());
    EXPECT_EQ(client.response().result_int(), 403U);
  }
  EXPECT_TRUE((ws_client{url(), room, url()}.opened()));
}

TEST_F(websocket, an_absent_room_is_4404) {
  start();
  ws_client client{url(), "nowhere"};
  client.hello("ada");
  EXPECT_EQ(client.close_code(), 4404);
}

TEST_F(websocket, a_removed_room_is_4404) {
  start();
  const std::string room = make_room();
  ws_client client{url(), room};
  client.hello("ada");
  client.read_type("welcome");
  EXPECT_EQ(request(verb::delete_, "/rooms/" + room).status, 204U);
  EXPECT_EQ(client.close_code(), 4404);
}

TEST_F(websocket, no_hello_in_time_is_4408) {
  options.hello_timeout_ms = 1'500;
  start();
  const std::string room = make_room();
  ws_client silent{url(), room};
  ws_client talking{url(), room};
  talking.hello("ada");
  EXPECT_EQ(silent.close_code(), 4408);
  talking.read_type("welcome");
  talking.say(R"({"type":"nonsense"})");
  EXPECT_TRUE(contains(talking.read_type("error"), "bad_message")) << "it is still there";
}

TEST_F(websocket, a_first_message_that_is_no_hello_is_4400) {
  start();
  ws_client client{url(), make_room()};
  client.say(R"({"type":"open","file":"a"})");
  EXPECT_EQ(client.close_code(), 4400);
}

TEST_F(websocket, a_frame_that_is_too_large_is_4413) {
  bounds.frame_bytes = 2'000;
  start();
  const std::string room = make_room();
  for (const std::size_t bytes : {2'001U, 20'000U}) {
    ws_client client{url(), room};
    client.hello("ada");
    client.read_type("welcome");
    client.say(R"({"type":"chat","id":1,"text":")" + std::string(bytes, 'x') + "\"}");
    EXPECT_EQ(client.close_code(), 4413) << bytes;
  }
  ws_client client{url(), room};
  client.hello("ada");
  client.say(R"({"type":"chat","id":1,"text":")" + std::string(1'900, 'x') + "\"}");
  EXPECT_TRUE(contains(client.read_type("chat"), "xxx"));
}

TEST_F(websocket, a_hello_that_is_too_large_is_4413) {
  start();
  const std::string room = make_room();
  const auto close_code_of = [&](std::size_t bytes) {
    ws_client client{url(), room};
    client.hello("ada" + std::string(bytes, 'x'));
    return client.close_code();
  };
  EXPECT_EQ(close_code_of(70'000), 4413);
  EXPECT_EQ(close_code_of(1'000), 4400) << "is read, and its client's name refused";
}

// An invite waits for the WRITER, who is kept busy here.
TEST_F(websocket, of_who_is_not_let_in_yet_nothing_is_read_but_the_hello) {
  start();
  const std::string room = make_room();
  std::promise<void> done;
  actors->write([wait = done.get_future().share()](storage::store&) { wait.wait(); });
  ws_client stranger{url(), room};
  stranger.say(R"({"type":"hello","client":"ada","token":"tdi_none"})");
  const std::string chat =
    R"({"type":"chat","id":1,"text":")" + std::string(500'000, 'x') + "\"}";
  int taken = 0;  // 30 MB are more than the kernel keeps
  while (taken < 60 && stranger.say_within(std::chrono::seconds{2}, chat))
    ++taken;
  EXPECT_LT(taken, 60);
  done.set_value();
}

TEST_F(websocket, binary_and_malformed_frames_are_answered) {
  start();
  ws_client client{url(), make_room()};
  client.hello("ada");
  client.read_type("welcome");
  client.say_binary("{}");
  EXPECT_TRUE(contains(client.read_type("error"), "text frames only"));
  client.say("{\"type\":");
  EXPECT_TRUE(contains(client.read_type("error"), "bad_message"));
}

TEST_F(websocket, too_many_connections_are_4429) {
  options.connections_per_address_max = 1;
  start();
  const std::string room = make_room();
  ws_client first{url(), room};
  first.hello("ada");
  first.read_type("welcome");
  EXPECT_EQ((ws_client{url(), room}.close_code()), 4429);
  first.vanish();
  EXPECT_TRUE(await_polling([&] {
    ws_client again{url(), room};
    again.hello("ada");
    return again.read_type("welcome").starts_with("{");
  }));
}

TEST_F(websocket, the_same_client_again_ends_the_first_connection) {
  start();
  const std::string room = make_room();
  ws_client first{url(), room};
  first.hello("ada");
  first.read_type("welcome");
  ws_client second{url(), room};
  second.hello("ada");
  second.read_type("welcome");
  EXPECT_EQ(first.close_code(), 4409);
}

TEST_F(websocket, a_reader_that_reads_late_gets_everything) {
  bounds.outbound_pause_bytes = 16U << 10U;
  bounds.frame_bytes = 1U << 20U;
  start();
  const std::string room = make_room(R"({"files":[{"file":"a"}]})");
  ws_client slow{url(), room};
  slow.hello("slow", R"([{"file":"a"}])");
  slow.read_type("opened");
  ws_client ada{url(), room};
  ada.hello("ada", R"([{"file":"a"}])");
  ada.read_type("opened");
  // More than the sockets between them hold, replaced again and again.
  const std::string large(100'000, 'x');
  const int rounds = 150;
  for (int i = 0; i < rounds; ++i) {
    const std::string remove = i == 0 ? "" : ",{\"d\":100000}";
    ada.say(R"({"type":"op","file":"a","rev":)" + std::to_string(i) + R"(,"seq":)"
            + std::to_string(i + 1) + R"(,"op":[")" + large + "\"" + remove + "]}");
    ASSERT_TRUE(contains(ada.read_type("ack"), "\"rev\":" + std::to_string(i + 1)));
  }
  int composed = 0;
  std::string last;
  while (!contains(last, "\"rev\":" + std::to_string(rounds) + ",")) {
    last = slow.read_type("op");
    ASSERT_TRUE(last.starts_with("{")) << last;
    composed += contains(last.substr(0, 80), "\"from\":") ? 1 : 0;
  }
  EXPECT_GT(composed, 0) << "it was never passed over";
}

TEST_F(websocket, a_stop_says_1001_to_everybody) {
  start();
  const std::string room = make_room();
  ws_client ada{url(), room};
  ada.hello("ada");
  ada.read_type("welcome");
  ws_client silent{url(), room};
  std::thread reading{[&] { EXPECT_EQ(silent.close_code(), 1001); }};
  std::thread stopping{[&] { EXPECT_TRUE(server->stop(patience)); }};
  EXPECT_EQ(ada.close_code(), 1001);
  reading.join();
  stopping.join();
  boost::asio::io_context context;
  EXPECT_THROW(connect_to(context, url()), boost::system::system_error);
}

}  // namespace
}  // namespace tandem::test
