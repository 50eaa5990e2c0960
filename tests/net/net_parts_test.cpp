// The small parts of the rim: targets, the door, who goes before the answer, the
// outbound queue, the files of the web client.
#include "net/departure.hpp"
#include "net/door.hpp"
#include "net/outbound_queue.hpp"
#include "net/static_files.hpp"
#include "net/target.hpp"
#include "tests/support/random_text.hpp"
#include "tests/support/temp_folder.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <array>
#include <atomic>
#include <thread>

namespace tandem::test {
namespace {

using net::outbound_queue;
using strings = std::vector<std::string>;

// ---- targets ----

TEST(target, percent_decoding) {
  const std::pair<const char*, std::optional<std::string>> table[] = {
    {"", ""}, {"abc", "abc"}, {"%41%62", "Ab"}, {"src%2Fmain.py", "src/main.py"},
    {"%c3%A9", "é"},    {"a+b", "a+b"},           {"%", std::nullopt},   {"%4", std::nullopt},
    {"%4g", std::nullopt}, {"%%41", std::nullopt}, {"%00", std::nullopt}, {"%ff", std::nullopt},
    {"%ED%A0%80", std::nullopt}, {"100%25", "100%"}};
  for (const auto& [text, decoded] : table)
    EXPECT_EQ(net::percent_decoded(text), decoded) << text;
}

TEST(target, path_segments_are_split_before_they_are_decoded) {
  EXPECT_EQ(net::path_segments("/rooms/r/files/src%2Fmain.py"),
            (strings{"rooms", "r", "files", "src/main.py"}));
  EXPECT_EQ(net::path_segments("//rooms//r/"), (strings{"rooms", "r"}));
  EXPECT_EQ(net::path_segments("/"), strings{});
  EXPECT_EQ(net::path_segments("/a/%2e%2e/b"), (strings{"a", "..", "b"}));
  EXPECT_FALSE(net::path_segments("/a/%zz"));
}

TEST(target, query_values) {
  EXPECT_EQ(net::query_value("rev=3&to=4", "rev"), "3");
  EXPECT_EQ(net::query_value("rev=3&to=4", "to"), "4");
  EXPECT_EQ(net::query_value("a=%20b", "a"), " b");
  EXPECT_EQ(net::query_value("flag&x=1", "flag"), "");
  EXPECT_EQ(net::query_value("a=b=c", "a"), "b=c");
  EXPECT_EQ(net::query_value("rev=1&rev=2", "rev"), "1");
  EXPECT_FALSE(net::query_value("rev=3", "re"));
  EXPECT_FALSE(net::query_value("", "rev"));
}

TEST(target, numbers) {
  EXPECT_EQ(net::parse_number("0"), 0U);
  EXPECT_EQ(net::parse_number("18446744073709551615"), ~std::uint64_t{0});
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "1.0", "0x1", "18446744073709551616", "é"})
    EXPECT_FALSE(net::parse_number(text)) << text;
}

// ---- the door ----

TEST(door, allows_its_own_origins_and_the_listed_ones_exactly) {
  net::server_options options;
  options.public_url = "https://code.example.org";
  options.allowed_origins = {"https://other.example.org"};
  const net::door door{options, "http://192.0.2.1:8080"};
  for (const char* origin : {"", "http://192.0.2.1:8080", "http://127.0.0.1:8080",
                             "http://localhost:8080", "http://[::1]:8080",
                             "https://code.example.org", "https://other.example.org"})
    EXPECT_TRUE(door.allows_origin(origin)) << origin;
  for (const char* origin :
       {"null", "http://localhost", "http://localhost:8081", "https://localhost:8080",
        "http://192.0.2.1:80800", "https://code.example.org.evil.org", "https://code.example.org/",
        "HTTPS://code.example.org", "https://evil.org", "http://other.example.org",
        "http://127.0.0.1:8080 ", "http://127.0.0.2:8080"})
    EXPECT_FALSE(door.allows_origin(origin)) << origin;
}

TEST(door, counts_connections_in_all_and_by_address) {
  net::server_options options;
  options.connections_max = 3;
  options.connections_per_address_max = 2;
  net::door door{options, "http://127.0.0.1:1"};
  EXPECT_TRUE(door.enter("a"));
  EXPECT_TRUE(door.enter("a"));
  EXPECT_FALSE(door.enter("a")) << "two of one address";
  door.leave("a");
  EXPECT_TRUE(door.enter("b"));
  EXPECT_FALSE(door.enter("c")) << "three in all";
  door.leave("c");
  door.leave("a");
  EXPECT_TRUE(door.enter("c"));
  EXPECT_EQ(door.connections(), 3U);
  for (const char* address : {"a", "b", "c"})
    door.leave(address);
  EXPECT_EQ(door.connections(), 0U);
}

TEST(door, has_so_many_places_for_what_is_no_websocket) {
  net::server_options options;
  options.http_connections_max = 3;
  options.http_connections_per_address_max = 2;
  net::door door{options, "http://127.0.0.1:1"};
  net::door::place first = door.take_place("a");
  const net::door::place second = door.take_place("a");
  EXPECT_TRUE(first && second);
  EXPECT_FALSE(door.take_place("a")) << "two of one address";
  net::door::place third = door.take_place("");
  EXPECT_TRUE(third);
  EXPECT_FALSE(door.take_place("b")) << "three in all";
  third.reset();
  EXPECT_TRUE(door.take_place("b"));
  first.reset();
  for (int i = 0; i < 5; ++i)
    EXPECT_TRUE(door.take_place("a")) << "free again as soon as nobody holds it";
  EXPECT_EQ(door.connections(), 0U) << "WebSockets are counted by themselves";
  const net::door::place proxied = door.take_place("");
  EXPECT_TRUE(door.take_place("")) << "a proxy's are not counted together";
}

TEST(door, has_so_many_bytes_for_bodies) {
  net::server_options options;
  options.request_body_bytes = 60;
  options.request_bodies_bytes_max = 100;
  options.request_bodies_per_address_bytes_max = 60;
  net::door door{options, "http://127.0.0.1:1"};
  net::door::place first = door.take_place_of_body("a", 60);
  EXPECT_TRUE(first);
  EXPECT_FALSE(door.take_place_of_body("a", 1)) << "60 of one address";
  EXPECT_FALSE(door.take_place_of_body("b", 41)) << "100 in all";
  net::door::place second = door.take_place_of_body("b", 40);
  EXPECT_TRUE(second);
  first.reset();
  EXPECT_TRUE(door.take_place_of_body("", 60)) << "free again, and whom it was given";
  EXPECT_TRUE(door.take_place_of_body("a", 60));
  options.request_body_bytes = 200;
  net::door wide{options, "http://127.0.0.1:1"};
  EXPECT_TRUE(wide.take_place_of_body("a", 200)) << "one that is allowed, in any case";
}

// ---- the outbound queue ----

frame bytes_of(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

// What the kernel would take, at most `most` bytes of at most `parts_max` parts.
std::string take(outbound_queue& queue, std::size_t most, std::size_t parts_max) {
  std::array<iovec, 64> parts;
  const std::size_t count = queue.peek(std::span{parts}.first(parts_max));
  std::string taken;
  for (std::size_t i = 0; i < count && taken.size() < most; ++i)
    taken.append(static_cast<const char*>(parts[i].iov_base),
                 std::min(parts[i].iov_len, most - taken.size()));
  if (count > 0)
    queue.consume(taken.size());
  return taken;
}

TEST(outbound_queue, one_flush_is_scheduled_for_many_pushes) {
  outbound_queue queue;
  EXPECT_TRUE(queue.push(bytes_of("a")));
  EXPECT_FALSE(queue.push(bytes_of("b")));
  queue.begin_flush();
  EXPECT_TRUE(queue.push(bytes_of("c")));
  EXPECT_FALSE(queue.push(bytes_of("d")));
  EXPECT_EQ(queue.unread_bytes(), 4U);
  EXPECT_EQ(take(queue, 100, 64), "abcd");
  EXPECT_EQ(queue.unread_bytes(), 0U);
  EXPECT_EQ(take(queue, 100, 64), "");
}

TEST(outbound_queue, dropping_everything_empties_it) {
  outbound_queue queue;
  queue.push(bytes_of("abc"));
  queue.push(bytes_of("def"));
  EXPECT_EQ(take(queue, 1, 64), "a");
  queue.drop_everything();
  EXPECT_EQ(queue.unread_bytes(), 0U);
  queue.push(bytes_of("x"));
  EXPECT_EQ(take(queue, 100, 64), "x");
}

TEST(outbound_queue, whatever_the_kernel_takes_bytes_leave_in_order) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    random_source random{seed};
    outbound_queue queue;
    std::string pushed;
    std::string taken;
    for (int step = 0; step < 200; ++step) {
      if (random.one_in(2)) {
        const std::string text(random.below(20), static_cast<char>('a' + step % 26));
        pushed += text;
        queue.push(bytes_of(text));
      } else {
        taken += take(queue, random.below(60), 1 + random.below(5));
      }
      ASSERT_EQ(queue.unread_bytes(), pushed.size() - taken.size()) << "seed " << seed;
    }
    while (queue.unread_bytes() > 0)
      taken += take(queue, 7, 3);
    ASSERT_EQ(taken, pushed) << "seed " << seed;
  }
}

TEST(outbound_queue, one_thread_pushes_while_another_takes) {
  outbound_queue queue;
  constexpr int count = 20'000;
  std::atomic<bool> done{false};
  std::thread pushing{[&] {
    for (int i = 0; i < count; ++i)
      queue.push(bytes_of(std::to_string(i) + "\n"));
    done = true;
  }};
  std::string taken;
  random_source random{1};
  while (!done || queue.unread_bytes() > 0) {
    queue.begin_flush();
    taken += take(queue, 1 + random.below(500), 64);
  }
  pushing.join();
  std::string expected;
  for (int i = 0; i < count; ++i)
    expected += std::to_string(i) + "\n";
  EXPECT_TRUE(taken == expected);
}

// ---- who goes before the answer ----

TEST(departure, is_told_once_and_only_before_the_answer) {
  int watched = 0;
  int told = 0;
  const auto watch = [&] { ++watched; };
  net::departure unheard{watch};
  unheard.gone();
  EXPECT_EQ(watched, 0) << "nobody wants to hear of it";

  net::departure left{watch};
  left.when_gone([&] { ++told; });
  EXPECT_EQ(watched, 1);
  left.gone();
  left.gone();
  EXPECT_EQ(told, 1);

  net::departure answered{watch};
  answered.when_gone([&] { ++told; });
  answered.answered();
  answered.gone();
  answered.when_gone([&] { ++told; });
  EXPECT_EQ(told, 1);
  EXPECT_EQ(watched, 2) << "an answered request is watched no more";
}

// ---- static files ----

net::http_request get(const std::string& accept = "", const std::string& tag = "") {
  net::http_request request{net::http::verb::get, "/", 11};
  if (!accept.empty())
    request.set(net::http::field::accept_encoding, accept);
  if (!tag.empty())
    request.set(net::http::field::if_none_match, tag);
  return request;
}

std::string field(const net::http_response& response, net::http::field name) {
  return std::string{response[name]};
}

class static_files : public testing::Test {
 protected:
  static_files() {
    folder.write("index.html", "<p>app");
    folder.write("assets/app-1a2b.js", std::string(5'000, 'x'));
    folder.write("assets/deep/er.css", "p {}");
    folder.write("unknown.xyz", "?");
  }

  temp_folder folder;
};

TEST_F(static_files, serves_the_app_at_its_own_pages) {
  net::static_files files{folder.path()};
  for (const char* path : {"/", "/r/some-room", "/me", "/team", "/docs", "/index.html"}) {
    const auto response = files.serve(get(), path);
    EXPECT_EQ(response.result_int(), 200U) << path;
    EXPECT_EQ(response.body(), "<p>app");
    EXPECT_EQ(field(response, net::http::field::content_type), "text/html; charset=utf-8");
    EXPECT_EQ(field(response, net::http::field::cache_control), "no-cache");
    EXPECT_NE(response["Content-Security-Policy"].find("default-src 'none'"),
              boost::beast::string_view::npos);
  }
}

TEST_F(static_files, serves_files_with_their_types_and_keeps_hashed_ones) {
  net::static_files files{folder.path()};
  const auto script = files.serve(get(), "/assets/app-1a2b.js");
  EXPECT_EQ(field(script, net::http::field::content_type), "text/javascript; charset=utf-8");
  EXPECT_NE(field(script, net::http::field::cache_control).find("immutable"), std::string::npos);
  EXPECT_EQ(files.serve(get(), "/assets/deep/er.css").body(), "p {}");
  EXPECT_EQ(field(files.serve(get(), "/unknown.xyz"), net::http::field::content_type),
            "application/octet-stream");
}

TEST_F(static_files, serves_nothing_else) {
  folder.write("../tandem-test-secret", "secret");
  net::static_files files{folder.path()};
  for (const char* path : {"/nowhere", "/assets", "/assets/", "/../tandem-test-secret", "/r",
                           "//index.html", "", "index.html"})
    EXPECT_EQ(files.serve(get(), path).result_int(), 404U) << path;
  std::filesystem::remove(folder / "../tandem-test-secret");
}

TEST_F(static_files, compresses_what_is_worth_it_for_who_takes_it) {
  net::static_files files{folder.path()};
  const auto plain = files.serve(get(), "/assets/app-1a2b.js");
  EXPECT_EQ(plain.body().size(), 5'000U);
  const auto packed = files.serve(get("br, gzip"), "/assets/app-1a2b.js");
  EXPECT_EQ(field(packed, net::http::field::content_encoding), "gzip");
  std::string unpacked(6'000, '\0');
  z_stream stream{};
  inflateInit2(&stream, 15 + 16);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.body().data()));
  stream.avail_in = static_cast<uInt>(packed.body().size());
  stream.next_out = reinterpret_cast<Bytef*>(unpacked.data());
  stream.avail_out = static_cast<uInt>(unpacked.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  unpacked.resize(stream.total_out);
  inflateEnd(&stream);
  EXPECT_EQ(unpacked, plain.body());
  EXPECT_EQ(field(files.serve(get("gzip"), "/"), net::http::field::content_encoding), "");
}

TEST_F(static_files, what_the_browser_has_is_not_sent_again) {
  net::static_files files{folder.path()};
  const std::string tag = field(files.serve(get(), "/"), net::http::field::etag);
  EXPECT_NE(tag, field(files.serve(get(), "/assets/deep/er.css"), net::http::field::etag));
  const auto same = files.serve(get("", tag), "/");
  EXPECT_EQ(same.result_int(), 304U);
  EXPECT_EQ(same.body(), "");
  EXPECT_EQ(files.serve(get("", "\"1-1\""), "/").result_int(), 200U);
}

TEST_F(static_files, an_absent_folder_has_a_page_that_says_so) {
  for (const std::string& where : {folder / "absent", std::string{}}) {
    net::static_files files{where};
    EXPECT_NE(files.serve(get(), "/").body().find("not been built"), std::string::npos);
    EXPECT_EQ(files.serve(get(), "/app.js").result_int(), 404U);
  }
}

}  // namespace
}  // namespace tandem::test
