// One WebSocket of the load generator, never blocking, watched by an epoll.
//
// Invariants
//  1. What was handed to `send_text` leaves in order, at once if the kernel
//     takes it, otherwise when the socket is writable again.
//  2. Pings are answered here; a text that came in several frames is handed
//     on whole.
//  3. A socket that broke or was closed by the server stays `is_lost`.
#pragma once

#include "tests/bench/websocket.hpp"
#include "tests/support/random_text.hpp"

#include <netinet/in.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tandem::bench {

class client_socket {
 public:
  // Begins to connect and asks for the upgrade at `path`; `headers` are lines of
  // further ones. The epoll reports this socket with `tag`.
  client_socket(int epoll, std::uint64_t tag, const sockaddr_in& server, std::string_view path,
                std::string_view headers, std::uint64_t seed);
  ~client_socket();
  client_socket(const client_socket&) = delete;
  client_socket& operator=(const client_socket&) = delete;

  void send_text(std::string_view payload);
  void on_writable();

  // Reads once into `scratch`; `handle(text)` gets each message that is whole.
  // Returns the bytes that were read.
  template <class Handle>
  std::size_t on_readable(std::span<char> scratch, Handle&& handle);

  bool is_upgraded() const noexcept { return is_upgraded_; }
  bool is_lost() const noexcept { return is_lost_; }

 private:
  std::span<char> read(std::span<char> scratch, std::size_t& read_bytes);
  void take_upgrade(std::span<char>& bytes);
  void take_control(const frame& control);
  void send_frame(opcode kind, std::string_view payload);
  void flush();
  void watch(bool for_writing);

  int epoll_;
  std::uint64_t tag_;
  int fd_;
  bool is_connected_ = false;
  bool is_upgraded_ = false;
  bool is_lost_ = false;
  bool is_watched_for_writing_ = true;
  test::random_source masks_;
  std::string key_;
  std::string input_;  // what was read of a frame that is not whole yet
  std::string fragments_;
  std::string output_;
};

template <class Handle>
std::size_t client_socket::on_readable(std::span<char> scratch, Handle&& handle) {
  std::size_t read_bytes = 0;
  std::span<char> bytes = read(scratch, read_bytes);
  if (!is_upgraded_)
    take_upgrade(bytes);
  while (is_upgraded_ && !is_lost_) {
    const auto taken = take_frame(bytes);
    if (!taken)
      break;
    if (taken->kind != opcode::text && taken->kind != opcode::continuation) {
      take_control(*taken);
    } else if (taken->is_final && fragments_.empty()) {
      handle(taken->payload);
    } else {
      fragments_ += taken->payload;
      if (taken->is_final) {
        handle(std::string_view{fragments_});
        fragments_.clear();
      }
    }
  }
  input_ = std::string{bytes.begin(), bytes.end()};
  return read_bytes;
}

}  // namespace tandem::bench
