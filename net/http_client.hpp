// Another server that is asked over HTTP/1.1 and answers piece by piece, with
// TLS if its address says so. (`http_fetch` is for short answers and blocks.)
//
// Owned by the one thread that runs the io_context it is given: every call and
// every hook happens there.
//
// Invariants
//  1. Of `done` and `failed` exactly one is called, once, last; none after
//     cancel() or let_go(), and none from within ask().
//  2. Every step has a deadline: connecting (name, TCP and TLS together), the
//     silence before each byte, and the whole.
//  3. It talks to its one address: a redirect is an answer like any other.
//  4. TLS is verified: the authority and the name.
//  5. Bounded: header, body, chunk headers, connections that are kept idle.
//  6. A request is sent a second time only if it went out on a kept connection
//     that ended before the first byte of an answer.
//  7. What a failure says holds nothing of the request.
#pragma once

#include "net/upstream_url.hpp"

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem::net {

// A POST of JSON.
struct http_question {
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;  // besides the usual ones
  std::string body;
  std::uint32_t connect_ms = 5'000;
  std::uint32_t silence_ms = 30'000;
  std::uint32_t whole_ms = 60'000;
  std::uint64_t answer_bytes_max = 1U << 20U;  // of the body
};

struct http_head {
  unsigned status = 0;
  std::string content_type;         // lower case, without parameters
  std::uint32_t retry_after_ms = 0; // 0: not said
};

struct http_trouble {
  enum class kind : std::uint8_t { connection, timed_out, malformed, too_large };
  kind what = kind::connection;
  std::string why;
};

struct http_hooks {
  std::function<void(const http_head&)> head;
  std::function<void(std::string_view bytes)> body;
  std::function<void()> done;
  std::function<void(http_trouble)> failed;
};

// A question under way.
class http_exchange {
 public:
  virtual ~http_exchange() = default;
  // Closes its connection at once.
  virtual void cancel() = 0;
  // The rest of the answer is not wanted; the connection is kept if that rest
  // comes soon.
  virtual void let_go() = 0;
};

class http_client {
 public:
  static constexpr std::size_t idle_connections_max = 8;
  static constexpr std::uint32_t idle_ms_max = 30'000;
  static constexpr std::uint32_t header_bytes_max = 16U << 10U;

  // `authority`: a file (PEM) whose certificates sign the server's; empty: the
  // system's. Throws std::runtime_error if it cannot be read.
  http_client(boost::asio::io_context& context, upstream_url server, const std::string& authority);
  ~http_client();
  http_client(const http_client&) = delete;
  http_client& operator=(const http_client&) = delete;

  std::shared_ptr<http_exchange> ask(http_question question, http_hooks hooks);

  const upstream_url& server() const noexcept;

 private:
  struct shared;
  std::shared_ptr<shared> shared_;
};

}  // namespace tandem::net
