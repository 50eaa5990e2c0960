#include "tests/bench/client_socket.hpp"

#include "tests/bench/sockets.hpp"

#include <openssl/evp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>

namespace tandem::bench {
namespace {

std::string new_websocket_key(test::random_source& random) {
  std::array<std::uint64_t, 2> nonce{random.next(), random.next()};
  std::array<unsigned char, 16> bytes{};
  std::memcpy(bytes.data(), nonce.data(), bytes.size());
  std::array<unsigned char, 32> base64{};
  const int length = EVP_EncodeBlock(base64.data(), bytes.data(), bytes.size());
  return {reinterpret_cast<const char*>(base64.data()), static_cast<std::size_t>(length)};
}

}  // namespace

client_socket::client_socket(int epoll, std::uint64_t tag, const sockaddr_in& server,
                             std::string_view path, std::string_view headers,
                             std::uint64_t seed)
  : epoll_{epoll},
    tag_{tag},
    fd_{start_connection(server)},
    masks_{seed},
    key_{new_websocket_key(masks_)} {
  output_.append("GET ").append(path).append(" HTTP/1.1\r\nHost: 127.0.0.1\r\n").append(headers);
  output_ += "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n";
  output_ += "Sec-WebSocket-Protocol: tandem.v1\r\nSec-WebSocket-Key: ";
  output_.append(key_).append("\r\n\r\n");
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT;
  event.data.u64 = tag_;
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd_, &event);
}

client_socket::~client_socket() {
  ::close(fd_);
}

void client_socket::watch(bool for_writing) {
  if (for_writing == is_watched_for_writing_)
    return;
  is_watched_for_writing_ = for_writing;
  epoll_event event{};
  event.events = EPOLLIN | (for_writing ? EPOLLOUT : 0U);
  event.data.u64 = tag_;
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, fd_, &event);
}

void client_socket::flush() {
  if (!is_connected_ || is_lost_)
    return;
  if (!output_.empty()) {
    const ssize_t sent = ::send(fd_, output_.data(), output_.size(), MSG_NOSIGNAL);
    if (sent < 0 && !would_block())
      is_lost_ = true;
    else if (sent > 0)
      output_.erase(0, static_cast<std::size_t>(sent));
  }
  watch(!output_.empty() && !is_lost_);
}

void client_socket::on_writable() {
  is_connected_ = true;
  flush();
}

void client_socket::send_frame(opcode kind, std::string_view payload) {
  append_frame(output_, kind, payload, static_cast<std::uint32_t>(masks_.next()));
  flush();
}

void client_socket::send_text(std::string_view payload) {
  send_frame(opcode::text, payload);
}

// The bytes to take frames from: those left over before, then the new ones.
std::span<char> client_socket::read(std::span<char> scratch, std::size_t& read_bytes) {
  const ssize_t got = ::recv(fd_, scratch.data(), scratch.size(), 0);
  if (got == 0 || (got < 0 && !would_block())) {
    is_lost_ = true;
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd_, nullptr);
  }
  read_bytes = got > 0 ? static_cast<std::size_t>(got) : 0;
  if (input_.empty())
    return scratch.first(read_bytes);
  input_.append(scratch.data(), read_bytes);
  return input_;
}

void client_socket::take_upgrade(std::span<char>& bytes) {
  const std::string_view text{bytes.data(), bytes.size()};
  const std::size_t head_end = text.find("\r\n\r\n");
  if (head_end == std::string_view::npos)
    return;
  const std::string_view head = text.substr(0, head_end);
  is_upgraded_ = head.starts_with("HTTP/1.1 101")
                 && header_value(head, "sec-websocket-accept") == websocket_accept(key_);
  is_lost_ = is_lost_ || !is_upgraded_;
  bytes = bytes.subspan(head_end + 4);
}

void client_socket::take_control(const frame& control) {
  if (control.kind == opcode::ping)
    send_frame(opcode::pong, control.payload);
  else if (control.kind == opcode::close)
    is_lost_ = true;
}

}  // namespace tandem::bench
