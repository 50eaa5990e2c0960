// The REST routes over a socket, and what is refused at the door.
#include "tests/support/loopback.hpp"
#include "tests/support/temp_folder.hpp"

#include <algorithm>
#include <set>

namespace tandem::test {
namespace {

using http::verb;

class http_routes : public server_test {
 protected:
  // Types "x" at the front of a file so many times.
  void type(const std::string& room, const std::string& file, int times) {
    ws_client ada{url(), room};
    ada.hello("ada", R"([{"file":")" + file + R"("}])");
    ada.read_type("opened");
    for (int i = 0; i < times; ++i) {
      ada.say(R"({"type":"op","file":")" + file + R"(","rev":)" + std::to_string(first_rev + i)
              + R"(,"seq":)" + std::to_string(i + 1) + R"(,"op":["x"]})");
      EXPECT_NE(ada.read_type("ack").find("\"seq\":" + std::to_string(i + 1)), std::string::npos);
    }
  }

  int first_rev = 0;
};

TEST_F(http_routes, a_room_is_made_described_and_removed) {
  start();
  const answer made = request(verb::post, "/rooms", R"({"name":"Söme room"})");
  EXPECT_EQ(made.status, 201U);
  EXPECT_NE(made.body.find(R"("name":"Söme room")"), std::string::npos) << made.body;
  EXPECT_NE(made.body.find("\"url\":\"" + url() + "/r/"), std::string::npos);
  const std::string place = made.header("Location");
  EXPECT_EQ(place.size(), std::string{"/rooms/"}.size() + 22);
  const answer described = get(place);
  EXPECT_EQ(described.status, 200U);
  EXPECT_EQ(described.body, made.body);
  EXPECT_EQ(request(verb::delete_, place).status, 204U);
  EXPECT_EQ(get(place).status, 404U);
  EXPECT_EQ(request(verb::delete_, place).status, 404U);
}

TEST_F(http_routes, a_room_starts_with_an_empty_main_py_or_with_its_files) {
  start();
  EXPECT_EQ(get("/rooms/" + make_room() + "/files").body,
            R"([{"file":"main.py","rev":0,"language":"python","length":0}])");
  EXPECT_EQ(get("/rooms/" + make_room(R"({"files":[]})") + "/files").body, "[]");
  const std::string room = make_room(
    R"({"files":[{"file":"src/b.rs","text":"é😀"},{"file":"a","language":"go"}]})");
  EXPECT_EQ(get("/rooms/" + room + "/files").body,
            R"([{"file":"a","rev":0,"language":"go","length":0},)"
            R"({"file":"src/b.rs","rev":1,"language":"rust","length":2}])");
}

TEST_F(http_routes, room_ids_do_not_repeat) {
  start();
  std::set<std::string> ids;
  for (int i = 0; i < 20; ++i)
    ids.insert(make_room());
  EXPECT_EQ(ids.size(), 20U);
}

TEST_F(http_routes, a_wrong_wish_for_a_room_is_refused) {
  bounds.name_chars = 3;
  bounds.text_chars = 5;
  bounds.files_per_room = 2;
  start();
  for (const char* wish :
       {"[]", "3", "nonsense", "{\"name\":", R"({"name":1})", R"({"name":"éééé"})",
        R"({"files":{}})", R"({"files":[1]})", R"({"files":[{}]})", R"({"files":[{"file":""}]})",
        R"({"files":[{"file":"../a"}]})", R"({"files":[{"file":1}]})",
        R"({"files":[{"file":"a","text":1}]})", R"({"files":[{"file":"a","text":"123456"}]})",
        R"({"files":[{"file":"a","language":[]}]})", R"({"files":[{"file":"a"},{"file":"a"}]})",
        R"({"files":[{"file":"a"},{"file":"b"},{"file":"c"}]})", R"({"name":"\ud800"})",
        R"({"files":[{"file":"a","text":"\u0000"}]})"}) {
    const answer got = request(verb::post, "/rooms", wish);
    EXPECT_EQ(got.status, 400U) << wish;
    EXPECT_TRUE(got.body.starts_with(R"({"error":{"code":"bad_message","message":")")) << wish;
  }
  make_room(R"({"name":"ééé","files":[{"file":"a","text":"12345"},{"file":"b"}]})");
}

TEST_F(http_routes, tells_what_a_rooms_ai_is_and_can_be) {
  const struct {
    ai_offer offer;
    const char* shown;
  } table[] = {
    {{}, R"("ai":{"mode":"off","provider":"off","choices":["off"]})"},
    {{"local", "", "", "on"}, R"("ai":{"mode":"local","provider":"local","choices":["off","local"]})"},
    {{"openai", "m", "h:1", "on"},
     R"("ai":{"mode":"on","provider":"openai","model":"m","host":"h:1","choices":["off","local","on"]})"},
  };
  for (const auto& row : table) {
    offer = row.offer;
    start();
    const answer described = get("/rooms/" + make_room());
    EXPECT_NE(described.body.find(row.shown), std::string::npos) << described.body;
    stop();
  }
}

TEST_F(http_routes, a_rooms_ai_is_set_to_nothing_that_the_server_has_not) {
  offer = {"local", "", "", "local"};
  start();
  const std::string room = "/rooms/" + make_room();
  for (const char* wrong : {R"({"ai":"yes"})", R"({"ai":""})", R"({"ai":true})", R"({"ai":null})"})
    EXPECT_EQ(request(verb::patch, room, wrong).status, 400U) << wrong;
  const answer refused = request(verb::patch, room, R"({"ai":"on"})");
  EXPECT_EQ(refused.status, 409U);
  EXPECT_NE(refused.body.find(R"("no_model")"), std::string::npos) << refused.body;
  stop();
  offer = {};
  start();
  const answer off = request(verb::patch, "/rooms/" + make_room(), R"({"ai":"local"})");
  EXPECT_EQ(off.status, 409U);
  EXPECT_NE(off.body.find(R"("ai_off")"), std::string::npos) << off.body;
}

TEST_F(http_routes, gives_a_files_text_at_any_revision) {
  start();
  const std::string room = make_room(R"({"files":[{"file":"src/ä.txt","text":"hé\n"}]})");
  const std::string file = "/rooms/" + room + "/files/src%2F%C3%A4.txt";
  first_rev = 1;
  type(room, "src/ä.txt", 2);
  const answer head = get(file);
  EXPECT_EQ(head.status, 200U);
  EXPECT_EQ(head.body, "xxhé\n");
  EXPECT_EQ(head.header("Tandem-Revision"), "3");
  EXPECT_EQ(head.header("Content-Type"), "text/plain; charset=utf-8");
  const char* texts[] = {"", "hé\n", "xhé\n", "xxhé\n"};
  for (int rev = 0; rev < 4; ++rev) {
    const answer at = get(file + "?rev=" + std::to_string(rev));
    EXPECT_EQ(at.body, texts[rev]);
    EXPECT_EQ(at.header("Tandem-Revision"), std::to_string(rev));
  }
  for (const char* rev : {"4", "18446744073709551615"})
    EXPECT_EQ(get(file + "?rev=" + rev).status, 404U) << rev;
  for (const char* rev : {"", "-1", "x", "18446744073709551616"})
    EXPECT_EQ(get(file + "?rev=" + rev).status, 400U) << rev;
}

TEST_F(http_routes, gives_a_files_history) {
  start();
  const std::string room = make_room(R"({"files":[{"file":"a","text":"t"}]})");
  first_rev = 1;
  type(room, "a", 3);
  const std::string history = "/rooms/" + room + "/files/a/history";
  const auto revs = [&](const std::string& query) {
    const answer got = get(history + query);
    EXPECT_EQ(got.status, 200U) << query;
    net::json_document document;
    EXPECT_EQ(document.parse(got.body), net::json_error::none) << got.body;
    std::string seen;
    document.root().for_each([&](net::json_view entry) {
      seen += std::to_string(*entry.find("rev")->integer()) + " ";
      return true;
    });
    return seen;
  };
  EXPECT_EQ(revs(""), "1 2 3 4 ");
  EXPECT_EQ(revs("?from=2"), "3 4 ");
  EXPECT_EQ(revs("?to=2"), "1 2 ");
  EXPECT_EQ(revs("?from=1&to=3"), "2 3 ");
  EXPECT_EQ(revs("?from=3&to=1"), "");
  EXPECT_EQ(revs("?from=18446744073709551615"), "");
  EXPECT_EQ(revs("?to=18446744073709551615"), "1 2 3 4 ");
  EXPECT_EQ(get(history + "?from=x").status, 400U);
  const std::string body = get(history + "?from=1&to=2").body;
  EXPECT_NE(body.find(R"("name":"ada")"), std::string::npos) << body;
  EXPECT_NE(body.find(R"("op":["x"])"), std::string::npos) << body;
  EXPECT_EQ(body.find("\"by\":\"ada\""), std::string::npos) << "the private name is not shown";
}

TEST_F(http_routes, names_what_the_files_are_now) {
  start();
  const std::string room =
    make_room(R"({"files":[{"file":"a","text":"abc"},{"file":"b"}]})");
  const std::string versions = "/rooms/" + room + "/versions";
  EXPECT_EQ(get(versions).body, "[]");
  const answer made = request(verb::post, versions, R"({"name":"first","by":"Ada"})");
  EXPECT_EQ(made.status, 201U);
  EXPECT_NE(made.body.find(R"("name":"first","by":"Ada")"), std::string::npos) << made.body;
  EXPECT_NE(made.body.find(R"("file":"a","id":)"), std::string::npos) << made.body;
  EXPECT_EQ(get(versions).body, "[" + made.body + "]");
  EXPECT_EQ(request(verb::post, versions, R"({"name":"first"})").status, 409U);
  for (const char* wrong : {"", "[]", "{}", R"({"name":""})", R"({"name":7})",
                            R"({"name":"x","by":7})"})
    EXPECT_EQ(request(verb::post, versions, wrong).status, 400U) << wrong;
  EXPECT_EQ(request(verb::post, versions, "{\"name\":\"" + std::string(61, 'x') + "\"}").status,
            400U);
  EXPECT_EQ(request(verb::delete_, versions).status, 405U);
  EXPECT_EQ(get("/rooms/nowhere/versions").status, 404U);
  EXPECT_EQ(request(verb::post, "/rooms/nowhere/versions", R"({"name":"x"})").status, 404U);
}

TEST_F(http_routes, tells_who_wrote_what) {
  start();
  const std::string room = make_room(R"({"files":[{"file":"a","text":"tt"}]})");
  first_rev = 1;
  type(room, "a", 3);
  const std::string blame = "/rooms/" + room + "/files/a/blame";
  const answer now = get(blame);
  EXPECT_EQ(now.status, 200U);
  EXPECT_TRUE(now.body.starts_with(R"({"rev":4,"authors":[{"by":")")) << now.body;
  EXPECT_NE(now.body.find(R"("name":"ada"}],"runs":[[3,1],[2,0]]})"), std::string::npos)
    << now.body;
  EXPECT_NE(get(blame + "?rev=1").body.find(R"("runs":[[2,0]]})"), std::string::npos);
  EXPECT_EQ(get(blame + "?rev=0").body, R"({"rev":0,"authors":[],"runs":[]})");
  EXPECT_EQ(get(blame + "?rev=5").status, 404U);
  EXPECT_EQ(get(blame + "?rev=x").status, 400U);
}

TEST_F(http_routes, brings_an_earlier_text_back_as_a_new_revision) {
  start();
  const std::string room = make_room(R"({"files":[{"file":"a","text":"first\n"}]})");
  const std::string file = "/rooms/" + room + "/files/a";
  first_rev = 1;
  type(room, "a", 3);
  ws_client bob{url(), room};
  bob.hello("bob", R"([{"file":"a"}])");
  bob.read_type("opened");
  const answer back = request(verb::post, file + "/restore", R"({"rev":1,"by":"Eve"})");
  EXPECT_EQ(back.status, 200U);
  EXPECT_EQ(back.body, R"({"file":"a","rev":5,"restored":1})");
  const std::string told = bob.read_type("op");
  EXPECT_NE(told.find(R"("op":[{"d":3}])"), std::string::npos) << told;
  EXPECT_EQ(get(file).body, "first\n");
  EXPECT_EQ(get(file + "?rev=4").body, "xxxfirst\n") << "history is kept";
  EXPECT_NE(get(file + "/history?from=4").body.find(R"("name":"Eve")"), std::string::npos);
  EXPECT_EQ(request(verb::post, file + "/restore", R"({"rev":1})").body,
            R"({"file":"a","rev":5,"restored":1})")
    << "it is that text already";
}

TEST_F(http_routes, refuses_to_bring_back_what_never_was) {
  start();
  const std::string room = make_room();
  const std::string file = "/rooms/" + room + "/files/main.py/restore";
  for (const char* wrong :
       {"", "[]", "{}", R"({"rev":"1"})", R"({"rev":-1})", R"({"rev":0,"by":1})"})
    EXPECT_EQ(request(verb::post, file, wrong).status, 400U) << wrong;
  EXPECT_EQ(request(verb::post, file, R"({"rev":1})").status, 404U);
  EXPECT_EQ(request(verb::post, "/rooms/" + room + "/files/no/restore", R"({"rev":0})").status,
            404U);
  EXPECT_EQ(request(verb::post, "/rooms/nowhere/files/a/restore", R"({"rev":0})").status, 404U);
  EXPECT_EQ(get(file).status, 405U);
}

TEST_F(http_routes, streams_a_rooms_log) {
  start();
  std::string text(400'000, 'x');  // several pieces
  const std::string room = make_room(R"({"name":"R","files":[{"file":"a","text":")" + text
                                     + R"("},{"file":"b","text":"tt"}]})");
  http_client one{url()};
  for (int times = 0; times < 2; ++times) {  // the connection goes on
    const answer log = one.request(verb::get, "/rooms/" + room + "/log");
    EXPECT_EQ(log.status, 200U);
    EXPECT_EQ(log.header("Content-Type"), "application/x-ndjson");
    EXPECT_TRUE(log.body.starts_with(R"({"tandem":"oplog","version":1)")) << log.body.substr(0, 90);
    EXPECT_EQ(std::ranges::count(log.body, '\n'), 6);
    EXPECT_NE(log.body.find("\n{\"end\":true"), std::string::npos);
    EXPECT_TRUE(log.body.ends_with("}\n"));
  }
  EXPECT_EQ(one.request(verb::head, "/rooms/" + room + "/log").body, "");
  EXPECT_EQ(get("/rooms/nowhere/log").status, 404U);
  EXPECT_EQ(request(verb::post, "/rooms/" + room + "/log").status, 405U);
}

TEST_F(http_routes, what_is_not_there_is_404_and_a_wrong_method_405) {
  start();
  const std::string room = "/rooms/" + make_room();
  for (const std::string& target :
       {std::string{"/rooms/nowhere"}, std::string{"/rooms/nowhere/files"},
        std::string{"/rooms/nowhere/files/main.py"}, room + "/files/nowhere",
        room + "/files/nowhere/history", room + "/files/main.py/other", room + "/other",
        std::string{"/nowhere"}, std::string{"/rooms2"}}) {
    const answer got = get(target);
    EXPECT_EQ(got.status, 404U) << target;
    EXPECT_TRUE(got.body.starts_with("{\"error\":{\"code\":\"")) << target;
  }
  EXPECT_EQ(get("/rooms").status, 405U);
  EXPECT_EQ(request(verb::post, room).status, 405U);
  EXPECT_EQ(request(verb::delete_, room + "/files/main.py").status, 405U);
  EXPECT_EQ(request(verb::post, "/healthz").status, 405U);
  EXPECT_EQ(request(verb::post, "/").status, 405U);
  EXPECT_EQ(get("/rooms/%zz").status, 400U);
  EXPECT_EQ(get("/ws/room").status, 426U);
}

TEST_F(http_routes, tells_how_it_is) {
  start();
  EXPECT_EQ(get("/healthz").body, R"({"status":"ok"})");
  EXPECT_EQ(get("/readyz").body, R"({"status":"ready"})");
  const std::string room = make_room();
  ws_client ada{url(), room};
  ada.hello("ada");
  ada.read_type("welcome");
  const answer metrics = get("/metrics");
  EXPECT_NE(metrics.body.find("tandem_sessions 1\n"), std::string::npos) << metrics.body;
  EXPECT_NE(metrics.body.find("tandem_rooms_loaded 1\n"), std::string::npos);
}

TEST_F(http_routes, serves_the_web_client) {
  const temp_folder web;
  web.write("index.html", "<p>app");
  options.web_root = web.path();
  start();
  EXPECT_EQ(get("/").body, "<p>app");
  EXPECT_EQ(get("/r/some-room?x=1").body, "<p>app");
  EXPECT_EQ(get("/").header("X-Content-Type-Options"), "nosniff");
  const answer head = request(verb::head, "/");
  EXPECT_EQ(head.status, 200U);
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(head.header("Content-Length"), "6");
}

// ---- the connection ----

TEST_F(http_routes, a_connection_serves_one_request_after_another) {
  start();
  http_client client{url()};
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(client.request(verb::get, "/healthz").status, 200U);
  const answer last = client.raw("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(last.status, 200U);
  EXPECT_TRUE(client.is_ended());
}

TEST_F(http_routes, no_more_connections_of_an_address_than_there_are_places) {
  options.http_connections_per_address_max = 2;
  start();
  const std::string room = make_room();
  ws_client ada{url(), room};
  ada.hello("ada");
  ada.read_type("welcome");
  std::optional<http_client> held[2];  // a WebSocket takes no place, nor who has gone
  for (auto& one : held)
    EXPECT_TRUE(await_polling([&] {
      one.emplace(url());
      return one->is_answered("/healthz");
    }));
  EXPECT_TRUE(http_client{url()}.is_closed());
  EXPECT_TRUE(held[0]->is_answered("/healthz")) << "the others stay";
  held[1].reset();
  EXPECT_TRUE(await_polling([&] { return http_client{url()}.is_answered("/healthz"); }));
}

// Of what has only been announced, too; and a small one always comes in.
TEST_F(http_routes, holds_no_more_of_large_bodies_than_there_is_place_for) {
  options.request_body_bytes = 150'000;
  options.request_bodies_per_address_bytes_max = 150'000;
  start();
  const std::string large = R"({"name":"x"})" + std::string(100'000, ' ');
  EXPECT_EQ(request(verb::post, "/rooms", large).status, 201U);
  std::optional<http_client> holder;
  EXPECT_TRUE(await_polling([&] {
    holder.emplace(url());  // it comes to nothing while the one before is not quite over
    holder->send("POST /rooms HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n");
    return request(verb::post, "/rooms", large).status == 503U;
  }));
  make_room(R"({"name":"small"})");
  holder.reset();
  EXPECT_TRUE(await_polling([&] { return request(verb::post, "/rooms", large).status == 201U; }));
}

// More than the sockets between them hold: closing at once would break the sending.
TEST_F(http_routes, who_still_sends_gets_to_read_that_it_is_too_much) {
  start();
  const std::string too_much(12U << 20U, ' ');
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(request(verb::post, "/rooms", too_much).status, 413U);
}

TEST_F(http_routes, refuses_requests_that_are_too_large_or_malformed) {
  options.request_body_bytes = 2'000;
  options.request_header_bytes = 1'000;
  start();
  const std::pair<std::string, unsigned> table[] = {
    {"POST /rooms HTTP/1.1\r\nHost: x\r\nContent-Length: 2001\r\n\r\n", 413},
    {"GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(2'000, 'x') + "\r\n\r\n", 431},
    {"POST /rooms HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
     411},
    {"nonsense\r\n\r\n", 400},
    {"GET / HTTP/9.9\r\n\r\n", 400},
  };
  for (const auto& [bytes, status] : table) {
    http_client client{url()};
    EXPECT_EQ(client.raw(bytes).status, status) << bytes.substr(0, 60);
    EXPECT_TRUE(client.is_ended());
  }
}

TEST_F(http_routes, a_request_that_does_not_arrive_is_dropped) {
  options.request_timeout_ms = 100;
  start();
  http_client client{url()};
  EXPECT_TRUE(client.is_ended());
}

TEST_F(http_routes, a_foreign_page_can_change_nothing) {
  options.allowed_origins = {"https://friend.example.org"};
  start();
  const std::string room = "/rooms/" + make_room();
  for (const char* origin : {"https://evil.example.org", "null", "http://localhost:1"}) {
    EXPECT_EQ(request(verb::post, "/rooms", "", origin).status, 403U) << origin;
    EXPECT_EQ(request(verb::delete_, room, "", origin).status, 403U) << origin;
  }
  EXPECT_EQ(get(room).status, 200U);
  EXPECT_EQ(request(verb::post, "/rooms", "", "https://friend.example.org").status, 201U);
  EXPECT_EQ(request(verb::post, "/rooms", "", url()).status, 201U);
}

}  // namespace
}  // namespace tandem::test
