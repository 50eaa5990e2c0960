#include "net/http_client.hpp"

#include "net/target.hpp"
#include "net/text.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <list>
#include <optional>
#include <stdexcept>

namespace tandem::net {

namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using clock = std::chrono::steady_clock;
using tcp = asio::ip::tcp;

// Also bounds a chunk's header, which Beast 1.81 does not.
constexpr std::size_t read_buffer_bytes = std::size_t{32} << 10U;
constexpr std::chrono::milliseconds let_go_patience{1'000};
constexpr std::uint64_t retry_after_seconds_max = 86'400;

struct connection {
  connection(asio::io_context& context, ssl::context& tls)
      : stream{context, tls}, idle_timer{context} {}

  tcp::socket& socket() { return stream.next_layer(); }

  void close() {
    error_code ignored;
    idle_timer.cancel();
    socket().close(ignored);
  }

  ssl::stream<tcp::socket> stream;
  asio::steady_timer idle_timer;
  beast::flat_buffer buffer{read_buffer_bytes};
  bool was_used = false;
};

using connection_ptr = std::shared_ptr<connection>;

// Of what both say, the finer: OpenAI and Azure send milliseconds as well.
std::uint32_t retry_after_ms(const http::fields& fields) {
  if (const auto ms = parse_number(trimmed(fields["retry-after-ms"])))
    return static_cast<std::uint32_t>(std::min(*ms, retry_after_seconds_max * 1'000));
  const auto seconds = parse_number(trimmed(fields[http::field::retry_after]));
  return seconds ? static_cast<std::uint32_t>(std::min(*seconds, retry_after_seconds_max) * 1'000)
                 : 0;
}

std::string media_type(std::string_view field) {
  std::string type{trimmed(field.substr(0, field.find(';')))};
  std::ranges::transform(type, type.begin(), [](unsigned char c) { return std::tolower(c); });
  return type;
}

bool is_encoded(const http::fields& fields) {
  const auto field = fields.find(http::field::content_encoding);
  return field != fields.end() && media_type(field->value()) != "identity";
}

}  // namespace

// What the exchanges share with their client, and may outlive it in.
struct http_client::shared : std::enable_shared_from_this<http_client::shared> {
  shared(asio::io_context& io, upstream_url url) : context{io}, server{std::move(url)} {}

  connection_ptr take_idle() {
    if (idle.empty())
      return nullptr;
    connection_ptr taken = std::move(idle.back());  // the youngest
    idle.pop_back();
    error_code ignored;
    taken->idle_timer.cancel();
    taken->socket().cancel(ignored);
    return taken;
  }

  void keep(connection_ptr kept) {
    if (is_closed)
      return kept->close();
    kept->was_used = true;
    const auto ended = [self = weak_from_this(), which = std::weak_ptr{kept}](error_code) {
      if (const auto all = self.lock())
        all->drop(which.lock());
    };
    kept->idle_timer.expires_after(std::chrono::milliseconds{idle_ms_max});
    kept->idle_timer.async_wait(ended);
    // Whatever a server says on an idle connection, it is over.
    kept->socket().async_wait(tcp::socket::wait_read, ended);
    idle.push_back(std::move(kept));
    if (idle.size() > idle_connections_max)
      drop(idle.front());
  }

  // If it is idle still.
  void drop(const connection_ptr& which) {
    const auto found = std::ranges::find(idle, which);
    if (!which || found == idle.end())
      return;
    const connection_ptr dropped = *found;
    idle.erase(found);
    dropped->close();
  }

  asio::io_context& context;
  const upstream_url server;
  ssl::context tls{ssl::context::tls_client};
  std::list<connection_ptr> idle;  // the oldest first
  bool is_closed = false;
};

namespace {

// One question and its answer. Kept alive by the operation under way.
template <class Shared>
class exchange final : public http_exchange, public std::enable_shared_from_this<exchange<Shared>> {
 public:
  exchange(std::shared_ptr<Shared> shared, http_question question, http_hooks hooks)
      : shared_{std::move(shared)},
        question_{std::move(question)},
        hooks_{std::move(hooks)},
        resolver_{shared_->context},
        timer_{shared_->context},
        end_{clock::now() + std::chrono::milliseconds{question_.whole_ms}} {}

  void start() {
    if (is_over_)
      return;  // cancelled before it began
    make_request();
    connection_ = shared_->take_idle();
    if (connection_)
      send();
    else
      connect();
  }

  void cancel() override {
    hooks_ = {};
    finish(false);
  }

  void let_go() override {
    hooks_ = {};
    end_ = std::min(end_, clock::now() + let_go_patience);
    if (!is_over_)
      patience(let_go_patience, "");
  }

 private:
  auto self() { return this->shared_from_this(); }
  std::string host() const { return shared_->server.authority(); }

  void make_request() {
    request_.method(http::verb::post);
    request_.version(11);
    request_.target(question_.target);
    request_.set(http::field::host, host());
    request_.set(http::field::user_agent, "tandem");
    request_.set(http::field::content_type, "application/json");
    request_.set(http::field::accept, "text/event-stream, application/json");
    for (const auto& [name, value] : question_.headers)
      request_.set(name, value);
    request_.body() = std::move(question_.body);
    request_.prepare_payload();
  }

  // ---- deadlines ----

  void patience(std::chrono::milliseconds step, const char* what) {
    timer_.expires_at(std::min(clock::now() + step, end_));
    timer_.async_wait([this, self = self(), what](error_code cancelled) {
      if (cancelled || is_over_ || timer_.expiry() > clock::now())
        return;
      const bool was_whole = timer_.expiry() >= end_;
      fail(http_trouble::kind::timed_out, was_whole ? host() + " has not answered in time"
                                                    : host() + " " + what);
    });
  }

  void silence(const char* what) {
    patience(std::chrono::milliseconds{question_.silence_ms}, what);
  }

  // ---- connecting ----

  void connect() {
    connection_ = std::make_shared<connection>(shared_->context, shared_->tls);
    patience(std::chrono::milliseconds{question_.connect_ms}, "could not be connected to in time");
    resolver_.async_resolve(
      shared_->server.host, shared_->server.port,
      [this, self = self()](error_code error, const tcp::resolver::results_type& places) {
        if (is_over_)
          return;
        if (error)
          return fail_connecting(error);
        asio::async_connect(connection_->socket(), places,
                            [this, self](error_code failed, const tcp::endpoint&) {
                              connected(failed);
                            });
      });
  }

  void connected(error_code error) {
    if (is_over_)
      return;
    if (error)
      return fail_connecting(error);
    connection_->socket().set_option(tcp::no_delay{true}, error);
    if (!shared_->server.is_tls)
      return send();
    const std::string& name = shared_->server.host;
    error_code is_name;
    asio::ip::make_address(name, is_name);
    if (is_name && SSL_set_tlsext_host_name(connection_->stream.native_handle(), name.c_str()) != 1)
      return fail(http_trouble::kind::connection, host() + ": its name does not fit into TLS");
    connection_->stream.set_verify_callback(ssl::host_name_verification{name});
    connection_->stream.async_handshake(ssl::stream_base::client,
                                        [this, self = self()](error_code failed) {
                                          if (is_over_)
                                            return;
                                          if (failed)
                                            return fail_connecting(failed);
                                          send();
                                        });
  }

  void fail_connecting(error_code error) {
    fail(http_trouble::kind::connection, "cannot connect to " + host() + ": " + error.message());
  }

  // ---- asking ----

  template <class F>
  void with_stream(F operate) {
    if (shared_->server.is_tls)
      operate(connection_->stream);
    else
      operate(connection_->socket());
  }

  void send() {
    silence("takes no request");
    with_stream([&](auto& stream) {
      http::async_write(stream, request_, [this, self = self()](error_code error, std::size_t) {
        if (is_over_)
          return;
        // A server may answer, and close, before it has read everything: what it
        // says is in the answer, if there is one.
        write_error_ = error;
        read_head();
      });
    });
  }

  void read_head() {
    parser_.emplace();
    parser_->header_limit(header_bytes_max);
    parser_->body_limit(question_.answer_bytes_max);
    silence("says nothing");
    with_stream([&](auto& stream) {
      http::async_read_header(stream, connection_->buffer, *parser_,
                              [this, self = self()](error_code error, std::size_t) {
                                if (!is_over_)
                                  on_head(error);
                              });
    });
  }

  void on_head(error_code error) {
    if (error && connection_->was_used && !parser_->got_some() && connection_->buffer.size() == 0) {
      connection_->close();
      return connect();
    }
    if (error)
      return fail_reading(error);
    const auto& message = parser_->get();
    if (is_encoded(message))
      return fail(http_trouble::kind::malformed, host() + " answers in an encoding not asked for");
    const http_head head{message.result_int(), media_type(message[http::field::content_type]),
                         retry_after_ms(message)};
    if (const auto hook = hooks_.head)
      hook(head);
    if (!is_over_)
      read_body();
  }

  void read_body() {
    if (parser_->is_done())
      return complete();
    if (hooks_.done)
      silence("has stopped in the middle of its answer");
    auto& body = parser_->get().body();
    body.data = piece_.data();
    body.size = piece_.size();
    body.more = true;
    with_stream([&](auto& stream) {
      http::async_read_some(stream, connection_->buffer, *parser_,
                            [this, self = self()](error_code error, std::size_t) {
                              if (!is_over_)
                                on_body(error);
                            });
    });
  }

  void on_body(error_code error) {
    const std::size_t bytes = piece_.size() - parser_->get().body().size;
    if (const auto hook = hooks_.body; hook && bytes > 0)
      hook({piece_.data(), bytes});
    if (is_over_)
      return;
    if (error && error != http::error::need_buffer)
      return fail_reading(error);
    read_body();
  }

  // ---- ends ----

  void complete() {
    const bool is_kept = parser_->get().keep_alive() && !write_error_ && !parser_->need_eof()
                         && connection_->buffer.size() == 0;
    const http_hooks hooks = std::move(hooks_);
    finish(is_kept);
    if (hooks.done)
      hooks.done();
  }

  void fail_reading(error_code error) {
    using kind = http_trouble::kind;
    if (error == http::error::body_limit)
      return fail(kind::too_large, host() + " answers with too much");
    if (error == http::error::header_limit || error == http::error::buffer_overflow)
      return fail(kind::too_large, host() + " answers with too long a header");
    const bool is_end = error == http::error::end_of_stream || error == asio::error::eof
                        || error == http::error::partial_message
                        || error == ssl::error::stream_truncated
                        || error == asio::error::connection_reset;
    if (is_end)
      return fail(kind::connection, host() + (parser_->is_header_done()
                                                ? " broke off in the middle of its answer"
                                                : " closed the connection without an answer"));
    const bool is_grammar =
      error.category() == http::make_error_code(http::error::bad_method).category();
    fail(is_grammar ? kind::malformed : kind::connection,
         host() + (is_grammar ? " does not answer in HTTP: " : ": ") + error.message());
  }

  void fail(http_trouble::kind what, std::string why) {
    const http_hooks hooks = std::move(hooks_);
    finish(false);
    if (hooks.failed)
      hooks.failed({what, std::move(why)});
  }

  void finish(bool is_kept) {
    if (std::exchange(is_over_, true))
      return;
    hooks_ = {};
    timer_.cancel();
    resolver_.cancel();
    if (!connection_)
      return;
    if (is_kept)
      shared_->keep(connection_);
    else
      connection_->close();
  }

  static constexpr std::uint32_t header_bytes_max = http_client::header_bytes_max;

  const std::shared_ptr<Shared> shared_;
  http_question question_;
  http_hooks hooks_;
  http::request<http::string_body> request_;
  tcp::resolver resolver_;
  asio::steady_timer timer_;
  clock::time_point end_;
  connection_ptr connection_;
  std::optional<http::response_parser<http::buffer_body>> parser_;
  std::array<char, 8U << 10U> piece_;
  error_code write_error_;
  bool is_over_ = false;
};

}  // namespace

http_client::http_client(asio::io_context& context, upstream_url server,
                         const std::string& authority)
    : shared_{std::make_shared<shared>(context, std::move(server))} {
  if (!shared_->server.is_tls)
    return;
  ssl::context& tls = shared_->tls;
  tls.set_options(ssl::context::default_workarounds | ssl::context::no_sslv2
                  | ssl::context::no_sslv3 | ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1);
  tls.set_verify_mode(ssl::verify_peer);
  error_code problem;
  if (authority.empty())
    tls.set_default_verify_paths(problem);
  else
    tls.load_verify_file(authority, problem);
  if (problem)
    throw std::runtime_error{"cannot read certificates from "
                             + (authority.empty() ? "the system" : authority) + ": "
                             + problem.message()};
}

http_client::~http_client() {
  shared_->is_closed = true;
  while (!shared_->idle.empty())
    shared_->drop(shared_->idle.front());
}

std::shared_ptr<http_exchange> http_client::ask(http_question question, http_hooks hooks) {
  const auto made =
    std::make_shared<exchange<shared>>(shared_, std::move(question), std::move(hooks));
  asio::post(shared_->context, [made] { made->start(); });
  return made;
}

const upstream_url& http_client::server() const noexcept {
  return shared_->server;
}

}  // namespace tandem::net
