// TCP on IPv4 as the benchmarks use it, and one blocking HTTP request.
// What fails is thrown as std::runtime_error: a benchmark cannot go on.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace tandem::bench {

// From "127.0.0.1:8080"; numbers only, so that nothing is looked up.
sockaddr_in parse_address(const std::string& host_and_port);

// A socket that listens at a free port of 127.0.0.1, not blocking.
int listen_on_loopback(std::uint16_t& port);

// Starts a connection that does not block, or makes one that does.
int start_connection(const sockaddr_in& to);
int connect_blocking(const sockaddr_in& to);

// Small frames must leave at once: Nagle would wait for the peer's ACK.
void send_without_delay(int socket);

// Whether the error of the last call means "later", not "broken".
bool would_block() noexcept;

struct http_response {
  int status = 0;
  std::string body;
};

// The header that shows a bearer token; nothing for an empty one.
std::string authorization_line(const std::string& token);

// Needs a Content-Length in the answer, or its end at the end of the stream.
// `headers`: lines of further ones.
http_response http_request(const sockaddr_in& to, std::string_view method, std::string_view target,
                           std::string_view headers, std::string_view body = {});

}  // namespace tandem::bench
