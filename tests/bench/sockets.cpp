#include "tests/bench/sockets.hpp"

#include "tests/bench/json_scan.hpp"
#include "tests/bench/websocket.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace tandem::bench {
namespace {

constexpr int listen_backlog_connections = 4096;
constexpr time_t http_timeout_seconds = 10;

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error{what + ": " + std::strerror(errno)};
}

int new_socket(int more_flags) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | more_flags, 0);
  if (fd < 0)
    fail("socket");
  return fd;
}

// Reads until the body is there whole or the stream ends.
std::string read_response(int fd) {
  std::string bytes;
  std::array<char, 65536> buffer{};
  for (;;) {
    const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (got < 0)
      fail("no answer to an HTTP request");
    bytes.append(buffer.data(), static_cast<std::size_t>(got));
    const std::size_t head_end = bytes.find("\r\n\r\n");
    if (head_end == std::string::npos && got > 0)
      continue;
    const auto length_bytes =
      json_unsigned(header_value(std::string_view{bytes}.substr(0, head_end), "content-length"));
    if (got == 0 || (length_bytes && bytes.size() >= head_end + 4 + *length_bytes))
      return bytes;
  }
}

}  // namespace

sockaddr_in parse_address(const std::string& host_and_port) {
  const std::size_t colon = host_and_port.rfind(':');
  const auto port = colon == std::string::npos
                      ? std::nullopt
                      : json_unsigned(std::string_view{host_and_port}.substr(colon + 1));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  if (!port || *port > 0xFFFF
      || ::inet_pton(AF_INET, host_and_port.substr(0, colon).c_str(), &address.sin_addr) != 1)
    throw std::runtime_error{"not an address like 127.0.0.1:8080: " + host_and_port};
  address.sin_port = htons(static_cast<std::uint16_t>(*port));
  return address;
}

int listen_on_loopback(std::uint16_t& port) {
  const int fd = new_socket(SOCK_NONBLOCK);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0
      || ::listen(fd, listen_backlog_connections) != 0
      || ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0)
    fail("listen");
  port = ntohs(address.sin_port);
  return fd;
}

int start_connection(const sockaddr_in& to) {
  const int fd = new_socket(SOCK_NONBLOCK);
  send_without_delay(fd);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS)
    fail("connect");
  return fd;
}

int connect_blocking(const sockaddr_in& to) {
  const int fd = new_socket(0);
  const timeval timeout{http_timeout_seconds, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
    fail("connect");
  return fd;
}

void send_without_delay(int socket) {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

bool would_block() noexcept {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

std::string authorization_line(const std::string& token) {
  return token.empty() ? "" : "Authorization: Bearer " + token + "\r\n";
}

http_response http_request(const sockaddr_in& to, std::string_view method, std::string_view target,
                           std::string_view headers, std::string_view body) {
  std::string request{method};
  request.append(" ").append(target).append(" HTTP/1.1\r\nHost: 127.0.0.1\r\n").append(headers);
  request += "Connection: close\r\nContent-Type: application/json\r\nContent-Length: ";
  request.append(std::to_string(body.size())).append("\r\n\r\n").append(body);
  const int fd = connect_blocking(to);
  if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL)
      != static_cast<ssize_t>(request.size()))
    fail("an HTTP request was not taken");
  const std::string response = read_response(fd);
  ::close(fd);
  const std::size_t head_end = response.find("\r\n\r\n");
  if (head_end == std::string::npos || !response.starts_with("HTTP/1.1 "))
    throw std::runtime_error{"not an HTTP answer to " + std::string{target}};
  return {std::atoi(response.c_str() + 9), response.substr(head_end + 4)};
}

}  // namespace tandem::bench
