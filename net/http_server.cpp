#include "net/http_server.hpp"

#include "actors/log.hpp"
#include "net/company_sign_in.hpp"
#include "net/door.hpp"
#include "net/http_connection.hpp"
#include "net/password_pool.hpp"
#include "net/rest_api.hpp"
#include "net/sign_in_guard.hpp"
#include "net/static_files.hpp"
#include "net/tls_bridge.hpp"
#include "net/tls_files.hpp"
#include "net/target.hpp"
#include "net/ws_connection.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>

namespace boost {

// BOOST_ENABLE_ASSERT_HANDLER: Beast's assertions stay on in release builds,
// because what they guard (two writes at once) is undefined without them.
void assertion_failed(char const* expression, char const* function, char const* file,
                      long line) {
  std::fprintf(stderr, "%s:%ld: %s: assertion failed: %s\n", file, line, function, expression);
  std::abort();
}

void assertion_failed_msg(char const* expression, char const* message, char const* function,
                          char const* file, long line) {
  std::fprintf(stderr, "%s:%ld: %s: assertion failed: %s: %s\n", file, line, function,
               expression, message);
  std::abort();
}

}  // namespace boost

namespace tandem::net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr auto accept_pause = std::chrono::milliseconds{100};

}  // namespace

class http_server::implementation final : public http_host,
                                     public std::enable_shared_from_this<implementation> {
 public:
  implementation(server_options options, service& actors, account_settings accounts, ai_offer ai);
  void start();
  bool stop(std::chrono::milliseconds deadline);
  void release();
  const std::string& url() const noexcept { return url_; }

  void answer(incoming_ptr request, respond reply) override;
  void upgrade(tcp::socket socket, io_thread& thread, incoming_ptr request) override;
  bool wants_upgrade(const http_request& request) const override;
  bool is_secure() const override { return context_->cookies.is_secure; }
  std::uint64_t body_bytes_max() const override { return options_.request_body_bytes; }
  door::place place_of_body(const http_request& header, const std::string& peer,
                            std::uint64_t bytes) override {
    return door_->take_place_of_body(address_of_caller(header, peer, proxies_), bytes);
  }
  std::uint32_t header_bytes_max() const override { return options_.request_header_bytes; }
  std::chrono::milliseconds request_timeout() const override {
    return std::chrono::milliseconds{options_.request_timeout_ms};
  }

 private:
  void accept();
  void accepted(boost::system::error_code error, tcp::socket socket, io_thread& thread);
  ws_timeouts timeouts() const;
  void gone(const std::shared_ptr<ws_connection>& which, const std::string& address);
  void join_threads();

  const server_options options_;
  const address_list proxies_;
  service& actors_;
  std::vector<std::unique_ptr<io_thread>> threads_;
  std::vector<asio::executor_work_guard<asio::io_context::executor_type>> work_;
  std::vector<std::thread> running_;
  std::optional<tcp::acceptor> acceptor_;
  std::optional<asio::steady_timer> pause_;
  std::size_t next_thread_ = 0;
  std::string url_;
  std::optional<door> door_;
  std::optional<tls_files> tls_;
  std::optional<password_pool> passwords_;
  std::optional<sign_in_guard> guard_;
  std::optional<company_sign_in> company_;
  std::optional<rest_context> context_;
  std::optional<rest_api> rest_;
  static_files files_;

  std::mutex mutex_;
  std::condition_variable all_gone_;
  std::set<std::shared_ptr<ws_connection>> connections_;
  bool stopping_ = false;
};

namespace {

std::vector<std::unique_ptr<io_thread>> make_threads(std::uint32_t count, const limits& bounds) {
  std::vector<std::unique_ptr<io_thread>> threads;
  for (std::uint32_t i = 0; i < count; ++i)
    threads.push_back(std::make_unique<io_thread>(bounds));
  return threads;
}

}  // namespace

namespace {

address_list proxies_of(const server_options& options) {
  auto list = address_list::parse(options.trusted_proxies);
  if (!list)
    throw std::invalid_argument{"trusted_proxies = \"" + options.trusted_proxies
                                + "\": must be addresses like 10.0.0.0/8 or ::1, by commas"};
  return std::move(*list);
}

}  // namespace

http_server::implementation::implementation(server_options options, service& actors,
                                            account_settings accounts, ai_offer ai)
    : options_{std::move(options)},
      proxies_{proxies_of(options_)},
      actors_{actors},
      threads_{make_threads(options_.io_threads, actors.bounds())},
      acceptor_{std::in_place, threads_.front()->context},
      pause_{std::in_place, threads_.front()->context},
      files_{options_.web_root} {
  const tcp::endpoint endpoint{asio::ip::make_address(options_.address), options_.port};
  acceptor_->open(endpoint.protocol());
  acceptor_->set_option(asio::socket_base::reuse_address{true});
  acceptor_->bind(endpoint);
  acceptor_->listen(asio::socket_base::max_listen_connections);
  const bool is_v6 = endpoint.address().is_v6();
  if (!options_.tls_certificate.empty())
    tls_.emplace(options_.tls_certificate, options_.tls_key);
  url_ = (tls_ ? "https://" : "http://") + (is_v6 ? "[" + options_.address + "]" : options_.address) + ":"
         + std::to_string(acceptor_->local_endpoint().port());
  door_.emplace(options_, url_);
  actors_.on_batch_given([this] {
    for (const auto& thread : threads_)
      thread->wake();
  });
  const std::string& public_url = options_.public_url.empty() ? url_ : options_.public_url;
  context_.emplace(rest_context{actors_, public_url, cookie_names{public_url.starts_with("https:")},
                                std::move(accounts)});
  context_->ai = std::move(ai);
  if (actors_.mode() == access_mode::accounts) {
    passwords_.emplace(context_->accounts.password_threads, context_->accounts.password_queue_max,
                       context_->accounts.password_program);
    guard_.emplace(options_.sign_ins_per_address, options_.sign_ins_per_account);
    context_->passwords = &*passwords_;
    context_->guard = &*guard_;
    if (!context_->accounts.company.issuer.empty()) {
      company_.emplace(context_->accounts.company, public_url + "/auth/callback");
      context_->company = &*company_;
    }
  }
  rest_.emplace(*context_);
}

void http_server::implementation::start() {
  for (const auto& thread : threads_) {
    work_.push_back(asio::make_work_guard(thread->context));
    running_.emplace_back([context = &thread->context] {
      while (true) {
        try {
          context->run();
          return;
        } catch (const std::exception& error) {
          log(log_level::error, std::string{"in an I/O handler: "} + error.what());
        }
      }
    });
  }
  asio::post(acceptor_->get_executor(), [self = shared_from_this()] { self->accept(); });
}

// ---- the door ----

void http_server::implementation::accept() {
  io_thread& thread = *threads_[next_thread_++ % threads_.size()];
  acceptor_->async_accept(
    thread.context,
    [self = shared_from_this(), &thread](boost::system::error_code error, tcp::socket socket) {
      self->accepted(error, std::move(socket), thread);
    });
}

void http_server::implementation::accepted(boost::system::error_code error, tcp::socket socket,
                                      io_thread& thread) {
  if (error == asio::error::operation_aborted)
    return;
  if (error) {  // out of file descriptors, most likely
    log(log_level::warning, "cannot accept: " + error.message());
    pause_->expires_after(accept_pause);
    return pause_->async_wait([self = shared_from_this()](boost::system::error_code cancelled) {
      if (!cancelled)
        self->accept();
    });
  }
  boost::system::error_code ignored;
  socket.set_option(tcp::no_delay{true}, ignored);
  asio::post(thread.context, [self = shared_from_this(), &thread,
                              socket = std::move(socket)]() mutable {
    boost::system::error_code unknown;
    std::string peer = socket.remote_endpoint(unknown).address().to_string();
    const bool is_proxy = self->proxies_.contains(peer);
    door::place place = self->door_->take_place(is_proxy ? "" : limited_as(peer));
    if (!place)
      return;
    const auto begin = [self, &thread, peer = std::move(peer),
                        place = std::move(place)](tcp::socket plain) {
      std::make_shared<http_connection>(std::move(plain), peer, place, thread, *self)->read();
    };
    if (self->tls_)
      std::make_shared<tls_bridge>(std::move(socket), self->tls_->current(),
                                   self->request_timeout())
        ->start(begin);
    else
      begin(std::move(socket));
  });
  accept();
}

bool http_server::implementation::wants_upgrade(const http_request& request) const {
  return boost::beast::websocket::is_upgrade(request) && request.target().starts_with("/ws/");
}

void http_server::implementation::answer(incoming_ptr whole, respond reply) {
  const http_request& request = whole->message;
  const std::string_view target{request.target().data(), request.target().size()};
  const std::string_view path = target.substr(0, target.find('?'));
  const auto origin = request[http::field::origin];
  const bool changes = request.method() != http::verb::get;
  if (changes && !door_->allows_origin({origin.data(), origin.size()}))
    return reply(error_response(http::status::forbidden, "forbidden", "this origin may not"));
  if (rest_api::serves(path))
    return rest_->handle(whole, caller_of(*whole, context_->cookies, proxies_),
                         std::move(reply));
  if (path.starts_with("/ws/"))
    return reply(error_response(http::status::upgrade_required, "bad_message",
                                "this is a WebSocket"));
  if (changes)
    return reply(error_response(http::status::method_not_allowed, "method_not_allowed",
                                "only GET"));
  reply(files_.serve(request, path));
}

ws_timeouts http_server::implementation::timeouts() const {
  using std::chrono::milliseconds;
  return {milliseconds{options_.hello_timeout_ms}, milliseconds{options_.idle_timeout_ms},
          milliseconds{options_.write_timeout_ms}, milliseconds{options_.close_timeout_ms}};
}

void http_server::implementation::upgrade(tcp::socket socket, io_thread& thread,
                                          incoming_ptr whole) {
  const http_request& request = whole->message;
  const std::string_view target{request.target().data(), request.target().size()};
  const auto segments = path_segments(target.substr(0, target.find('?')));
  const auto origin = request[http::field::origin];
  if (!segments || segments->size() != 2 || !door_->allows_origin({origin.data(), origin.size()})) {
    // A WebSocket handshake is refused by an ordinary answer.
    http_response refusal =
      error_response(http::status::forbidden, "forbidden", "this origin may not");
    refusal.keep_alive(false);
    refusal.prepare_payload();
    boost::system::error_code ignored;
    http::write(socket, refusal, ignored);
    return;
  }
  caller from = caller_of(*whole, context_->cookies, proxies_);
  // By cookie only pages of ours: others' could make a browser show it.
  if (!from.cookie.empty() && !from.has_origin)
    from.shown.token_digest.clear();
  from.shown.agent.clear();
  const std::string address = from.shown.address;
  auto which = std::make_shared<std::weak_ptr<ws_connection>>();
  auto connection = std::make_shared<ws_connection>(
    std::move(socket), thread, actors_, segments->at(1), std::move(from.shown), timeouts(),
    [self = shared_from_this(), which, address] { self->gone(which->lock(), address); });
  *which = connection;
  std::optional<close_code> refusal;
  if (!door_->enter(address))
    refusal = close_code::too_many_connections;
  {
    const std::lock_guard lock{mutex_};
    connections_.insert(connection);
    if (stopping_)
      refusal = close_code::going_away;
  }
  connection->accept(request, refusal);
}

void http_server::implementation::gone(const std::shared_ptr<ws_connection>& which,
                                  const std::string& address) {
  door_->leave(address);
  const std::lock_guard lock{mutex_};
  connections_.erase(which);
  if (connections_.empty())
    all_gone_.notify_all();
}

// ---- the end ----

bool http_server::implementation::stop(std::chrono::milliseconds deadline) {
  asio::post(acceptor_->get_executor(), [self = shared_from_this()] {
    boost::system::error_code ignored;
    self->acceptor_->close(ignored);
    self->pause_->cancel();
  });
  std::unique_lock lock{mutex_};
  stopping_ = true;
  const std::set<std::shared_ptr<ws_connection>> leaving = connections_;
  lock.unlock();
  for (const auto& connection : leaving)
    connection->shut_down();
  lock.lock();
  const bool in_time =
    all_gone_.wait_for(lock, deadline, [this] { return connections_.empty(); });
  lock.unlock();
  join_threads();
  return in_time;
}

void http_server::implementation::join_threads() {
  work_.clear();
  for (const auto& thread : threads_)
    thread->context.stop();
  for (std::thread& thread : running_)
    thread.join();
  running_.clear();
}

// What waits in the contexts for its turn holds this object, which holds the
// contexts: they go first, and before them what belongs to them.
void http_server::implementation::release() {
  acceptor_.reset();
  pause_.reset();
  connections_.clear();
  threads_.clear();
}

http_server::http_server(server_options options, service& actors, account_settings accounts,
                         ai_offer ai)
    : implementation_{std::make_shared<implementation>(std::move(options), actors,
                                                       std::move(accounts), std::move(ai))} {
  implementation_->start();
}

http_server::~http_server() {
  implementation_->stop(std::chrono::milliseconds{0});
  implementation_->release();
}

const std::string& http_server::url() const noexcept {
  return implementation_->url();
}

bool http_server::stop(std::chrono::milliseconds deadline) {
  return implementation_->stop(deadline);
}

}  // namespace tandem::net
