// HTTP requests, from the bytes on the socket to the answer.
//
// Input: either the bytes that a client sends on one connection, or (if the
// first byte is no ASCII) choices from which well-formed requests are built.
// Both go through the parser as net/http_connection sets it up, the way of
// net/http_server's `answer`, and the routes, over a store in memory whose tasks
// run at once.
// Must hold
//  1. Every request has exactly one answer, and none is 5xx.
//  2. An answer is one HTTP message, read back whole by a client's parser.
//  3. JSON is valid, and an error says its code and a message.
//  4. No path leads out of the web client's folder, and no foreign origin
//     changes anything.
//  5. A room that was created, and all its files, can be read.
#include "net/door.hpp"
#include "net/json.hpp"
#include "net/json_text.hpp"
#include "net/rest_api.hpp"
#include "net/static_files.hpp"
#include "net/target.hpp"
#include "storage/memory_store.hpp"
#include "tests/fuzz/support/fuzz.hpp"
#include "tests/fuzz/support/percent.hpp"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <fuzzer/FuzzedDataProvider.h>

#include <array>
#include <optional>
#include <set>
#include <sstream>

namespace tandem::fuzz {
namespace {

namespace http = net::http;

constexpr const char* server_url = "http://127.0.0.1:8080";

// ---- a server without threads ----

class store_service final : public service {
 public:
  store_service() {
    storage::new_room room;
    room.id = "room";
    room.name = "A room";
    storage::stored_op first;
    first.op.insert("h\u00e9llo\n");
    storage::stored_op second;
    second.op.keep(2).remove(3).insert("\U0001F600");
    second.author = "Ada \"\n";
    room.files.push_back({"main.py", "python", {first, second}, 1});
    room.files.push_back({"src/\u00e4 b.txt", "plaintext", {}, 1});
    store_->create_room(room);
  }

  std::unique_ptr<session_inbox> connect(std::string,
                                         std::shared_ptr<connection_sink>,
                                         credentials) override {
    return nullptr;
  }
  void admit(credentials, std::string, std::function<void(const admission&)>) override {
    must(false, "without accounts nobody is asked about");
  }
  void rights_changed(std::string, std::optional<storage::account_key>) override {}
  void room_renamed(std::string, std::string) override {}
  access_mode mode() const noexcept override { return access_mode::open; }
  rate_limits& rates() noexcept override { return rates_; }
  void read(std::function<void(storage::reader&)> task) override { task(*store_); }
  void write(std::function<void(storage::store&)> task) override { task(*store_); }
  void study(std::function<void(storage::reader&)> task) override { task(*store_); }
  void edit(visiting_edit wish, std::function<void(const visit_result&)> answer) override {
    answer({wish.base + 1, error_code::internal, {}, false});
  }
  void close_room(const std::string&, std::function<void(storage::store&)> task) override {
    task(*store_);
  }
  void on_batch_given(std::function<void()>) override {}
  const limits& bounds() const noexcept override { return bounds_; }
  counters count() const noexcept override { return {3, 1}; }
  cluster_counts count_cluster() const noexcept override { return {}; }
  void ask_ai(std::string, storage::tenant_key, ai::asker from, ai::question) override {
    from.tell(server::error{error_code::forbidden, "AI is off here", {}, {}, {}, {}});
  }
  void ask_about_text(ai::text_question, ai::asker from) override {
    from.tell(server::completion{});
  }
  void take_back(std::string, std::uint64_t) override {}
  ai_counts count_ai() const noexcept override { return {}; }
  bool give_rooms_away(std::chrono::milliseconds) override { return true; }
  bool stop(std::chrono::milliseconds) override { return true; }

 private:
  const limits bounds_{};
  rate_limits rates_{{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}}};
  std::unique_ptr<storage::store> store_ = storage::make_memory_store();
};

net::static_files& web_client() {
  static net::static_files files{TANDEM_FUZZ_FOLDER "/web_root"};
  return files;
}

// ---- what every answer must be ----

void must_be_one_message(net::http_response answer, bool is_head) {
  answer.prepare_payload();
  if (is_head)
    answer.body().clear();
  std::ostringstream out;
  out << answer;
  const std::string bytes = std::move(out).str();
  http::response_parser<http::string_body> client;
  client.body_limit(boost::none);
  client.skip(is_head);
  client.eager(true);
  boost::system::error_code error;
  const std::size_t used = client.put(boost::asio::buffer(bytes), error);
  must(!error && client.is_done(), "an answer is a whole HTTP message");
  must(used == bytes.size(), "an answer is one HTTP message");
}

void must_be_json(const net::http_response& answer) {
  net::json_document document;
  must(document.parse(answer.body(), 10'000'000) == net::json_error::none, "JSON is valid");
  if (answer.result_int() < 400)
    return;
  const auto error = document.root().find("error");
  must(error && error->find("code") && error->find("message"), "an error says what it is");
}

void must_be_sound(const net::http_response& answer) {
  // 503: invites, which this store does not keep.
  static const std::set<unsigned> expected{200, 201, 204, 304, 400, 403, 404,
                                           405, 411, 413, 426, 431, 503};
  must(expected.contains(answer.result_int()), "a status is one of those documented");
  const auto type = answer[http::field::content_type];
  if (type == "application/json")
    must_be_json(answer);
  else
    must(answer.result_int() < 400, "an error is JSON");
  if (type.starts_with("text/plain"))
    must_be_text(answer.body());
}

// A page is one of the folder's files, or its compressed form.
void must_be_of_the_folder(const net::http_response& answer) {
  if (answer.result() != http::status::ok)
    return;
  const std::string& body = answer.body();
  const bool is_packed = answer[http::field::content_encoding] == "gzip";
  must(is_packed ? body.starts_with("\x1f\x8b")
                 : body.starts_with("<!doctype html><title>app</title>\n")
                     || body.starts_with("// Long enough"),
       "no path leads out of the web client's folder");
}

// ---- one connection ----

class connection {
 public:
  // Answers what it can of the bytes; as http_connection does, it stops behind
  // the first request that cannot be read.
  void take(std::string_view bytes) {
    while (!bytes.empty() && is_open_ && ++requests_ <= 20) {
      http::request_parser<http::string_body> parser;
      parser.header_limit(options_.request_header_bytes);
      parser.body_limit(options_.request_body_bytes);
      parser.eager(true);
      boost::system::error_code error;
      while (!error && !parser.is_done() && !bytes.empty()) {
        const std::size_t used = parser.put(boost::asio::buffer(bytes), error);
        bytes.remove_prefix(used);
        if (error == http::error::need_more)
          return;  // the rest never comes
      }
      if (error)
        return refuse(error);
      if (parser.is_done())
        take_request(parser.release());
    }
  }

  net::http_response request(http::verb method, const std::string& target) {
    http::request<http::string_body> request{method, target, 11};
    return answer_to(request);
  }

 private:
  void refuse(const boost::system::error_code& error) {
    using http::status;
    const status what = error == http::error::body_limit ? status::payload_too_large
                        : error == http::error::header_limit
                          ? status::request_header_fields_too_large
                          : status::bad_request;
    must_be_sound(net::error_response(what, "bad_message", error.message()));
  }

  // http_connection::on_request, from where the request is there.
  void take_request(net::http_request request) {
    if (request.count(http::field::transfer_encoding) > 0 || is_upgrade(request)) {
      is_open_ = false;
      return;
    }
    is_open_ = request.keep_alive();
    const bool is_head = request.method() == http::verb::head;
    if (is_head)
      request.method(http::verb::get);
    const net::http_response answer = answer_to(request);
    must_be_one_message(answer, is_head);
    if (answer.result() == http::status::created)
      must_be_readable(std::string{answer[http::field::location]});
  }

  // http_server's wants_upgrade and upgrade, up to the handshake.
  bool is_upgrade(const net::http_request& request) const {
    if (!boost::beast::websocket::is_upgrade(request) || !request.target().starts_with("/ws/"))
      return false;
    net::path_segments(path_of(request));
    return true;
  }

  static std::string_view path_of(const net::http_request& request) {
    const std::string_view target{request.target().data(), request.target().size()};
    return target.substr(0, target.find('?'));
  }

  net::http_response answer_to(net::http_request message) {
    const auto whole =
      std::make_shared<const net::incoming>(net::incoming{std::move(message), "192.0.2.1"});
    std::optional<net::http_response> answer;
    route(whole, [&](net::http_answer given) {
      must(!answer, "a request has one answer");
      answer = std::move(given.head);
      if (given.body)
        answer->body() = all_of(*given.body);
    });
    must(answer.has_value(), "a request has an answer");
    must_be_sound(*answer);
    return *answer;
  }

  static std::string all_of(net::body_source& body) {
    std::string all;
    bool goes_on = true;
    while (goes_on)
      body.next([&](std::optional<std::string> piece) {
        must(piece.has_value(), "a body has an end");
        goes_on = !piece->empty();
        all += *piece;
      });
    return all;
  }

  // http_server's answer.
  void route(net::incoming_ptr whole, net::respond reply) {
    const net::http_request& request = whole->message;
    const std::string_view path = path_of(request);
    const auto origin = request[http::field::origin];
    const bool changes = request.method() != http::verb::get;
    if (changes && !door_.allows_origin({origin.data(), origin.size()})) {
      must(origin != server_url, "the server's own pages may change things");
      return reply(net::error_response(http::status::forbidden, "forbidden", "not this origin"));
    }
    must(!changes || origin.empty() || origin.find("evil") == origin.npos,
         "a foreign origin changes nothing");
    if (net::rest_api::serves(path))
      return rest_.handle(whole, net::caller_of(*whole, context_.cookies, proxies_),
                          std::move(reply));
    if (path.starts_with("/ws/") || changes)
      return reply(net::error_response(http::status::method_not_allowed, "x", "only GET"));
    const net::http_response page = web_client().serve(request, path);
    must_be_of_the_folder(page);
    reply(page);
  }

  void must_be_readable(const std::string& place) {
    must(request(http::verb::get, place).result() == http::status::ok, "a new room is there");
    const net::http_response list = request(http::verb::get, place + "/files");
    net::json_document document;
    must(document.parse(list.body()) == net::json_error::none, "a list of files is JSON");
    std::set<std::string> names;
    document.root().for_each([&](net::json_view file) {
      const std::string name = percent_encoded(*file.find("file")->string());
      must(names.insert(name).second, "no two files of a room have one name");
      const net::http_response text = request(http::verb::get, place + "/files/" + name);
      must(text.result() == http::status::ok, "a new file can be read");
      must(file.find("length")->integer() == ot::count_chars(text.body()),
           "a file is as long as its list says");
      must(request(http::verb::get, place + "/files/" + name + "/history").result()
             == http::status::ok,
           "a new file has a history");
      return true;
    });
  }

  const net::server_options options_{};
  store_service service_;
  net::rest_context context_{service_, server_url, net::cookie_names{false}, {}};
  net::rest_api rest_{context_};
  const net::address_list proxies_ = *net::address_list::parse("192.0.2.0/24, ::1");
  net::door door_{options_, server_url};
  int requests_ = 0;
  bool is_open_ = true;
};

// ---- built requests ----

constexpr std::array target_parts{
  "/rooms", "/room", "/files", "/main.py", "/src%2F%C3%A4%20b.txt", "/history", "?rev=",
  "?from=", "&to=", "1", "2", "0", "18446744073709551616", "/", "..", "%2e%2e", "%00", "%",
  "/invites", "/members", "/account", "/server", "/openapi.json", "/index.html", "/assets/app.js", "/r/", "/healthz", "/readyz", "/metrics", "/ws/", "//", "%2F"};
constexpr std::array methods{"GET", "POST", "DELETE", "HEAD", "PUT", "OPTIONS", "PATCH"};
constexpr std::array headers{
  "Origin: http://127.0.0.1:8080", "Origin: http://evil.example.org", "Accept-Encoding: gzip",
  "If-None-Match: \"0\"", "Connection: close", "Expect: 100-continue", "Range: bytes=0-1",
  "Connection: Upgrade\r\nUpgrade: websocket", "Cookie: tandem=x; y", "Authorization: Bearer x",
  "X-Forwarded-For: 203.0.113.9, ::2, 192.0.2.7", "X-Forwarded-For: ,,",
  "Transfer-Encoding: chunked"};

std::string built_target(FuzzedDataProvider& choices) {
  std::string target;
  for (int left = choices.ConsumeIntegralInRange(1, 8); left > 0; --left)
    target += choices.PickValueInArray(target_parts);
  if (choices.ConsumeBool())
    target += percent_encoded(choices.ConsumeRandomLengthString(20));
  return target;
}

// The wish for a room with a few files, whose names are often one.
std::string built_room(FuzzedDataProvider& choices) {
  std::string wish = "{";
  net::append_field(wish, "name", text_from(choices.ConsumeRandomLengthString(70)));
  net::append_key(wish, "files");
  wish += '[';
  for (int left = choices.ConsumeIntegralInRange(0, 4); left > 0; --left) {
    wish += wish.back() == '[' ? "{" : ",{";
    net::append_field(wish, "file", text_from(choices.ConsumeRandomLengthString(3)));
    net::append_field(wish, "text", text_from(choices.ConsumeRandomLengthString(20)));
    wish += '}';
  }
  return wish + "]}";
}

std::string built_request(FuzzedDataProvider& choices) {
  const bool creates = choices.ConsumeBool();
  std::string request = creates ? "POST" : choices.PickValueInArray(methods);
  request += " " + (creates ? "/rooms" : built_target(choices)) + " HTTP/1.1\r\nHost: x\r\n";
  for (int left = choices.ConsumeIntegralInRange(0, 3); left > 0; --left)
    request += std::string{choices.PickValueInArray(headers)} + "\r\n";
  const std::string body =
    choices.ConsumeBool() ? built_room(choices) : choices.ConsumeRandomLengthString();
  return request + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace
}  // namespace tandem::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem::fuzz;
  connection one;
  if (size == 0 || data[0] < 0x80) {
    one.take(as_text(data, size));
    return 0;
  }
  FuzzedDataProvider choices{data + 1, size - 1};
  for (int left = 8; left > 0 && choices.remaining_bytes() > 0; --left)
    one.take(built_request(choices));
  return 0;
}
