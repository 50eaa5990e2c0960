// The floor: the cheapest naive server that the load generator can drive. One
// thread, one epoll, and for each operation one send() to each socket: no
// transform, no text, no storage, no gathering. What it costs per delivery is
// what the kernel's TCP send costs here, in this run.
//
//   bench_floor [--spoil REV] [--drop REV] [--refuse EVERY]
//
// Invariants
//  1. It speaks as much of docs/protocol.md as a run needs: POST /rooms,
//     `hello` → `welcome` and `opened`, `op` → `op` to all others and `ack`.
//  2. Each client gets each revision once and in order, and nothing is lost: if
//     a socket is full the server waits for it.
//  3. `--spoil` and `--drop` break this on purpose for one follower at one
//     revision (an empty operation, none at all): a load generator that does
//     not notice is of no use. `--refuse` answers every so many edits, by turns,
//     with `rebase` or `rate_limited`: it must come again.
#include "tests/bench/json_scan.hpp"
#include "tests/bench/sockets.hpp"
#include "tests/bench/websocket.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::bench {
namespace {

constexpr int events_at_once = 256;

struct faults_on_purpose {
  std::uint64_t spoil_rev = 0;
  std::uint64_t drop_rev = 0;
  std::uint64_t refuse_every = 0;
};

struct connection {
  int fd = -1;
  std::uint64_t site = 0;  // 0: has not said hello
  bool is_websocket = false;
  bool is_closing = false;
  std::string input;
};

void send_all(connection& to, std::string_view bytes) {
  while (!bytes.empty() && !to.is_closing) {
    const ssize_t sent = ::send(to.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (would_block()) {
      pollfd writable{to.fd, POLLOUT, 0};
      ::poll(&writable, 1, -1);
    } else {
      to.is_closing = true;
    }
  }
}

void send_text(connection& to, std::string_view text) {
  std::string bytes;
  append_frame(bytes, opcode::text, text);
  send_all(to, bytes);
}

std::string op_frame(std::uint64_t rev, std::string_view op, std::uint64_t by) {
  std::string text = R"({"type":"op","file":"main.py","rev":)" + std::to_string(rev);
  text.append(R"(,"op":)").append(op).append(R"(,"by":)").append(std::to_string(by)).append("}");
  std::string bytes;
  append_frame(bytes, opcode::text, text);
  return bytes;
}

class broadcaster {
 public:
  explicit broadcaster(faults_on_purpose faults)
    : faults_{faults},
      listener_{listen_on_loopback(port_)},
      epoll_{::epoll_create1(EPOLL_CLOEXEC)} {
    watch(listener_);
  }

  [[noreturn]] void run() {
    std::printf("http://127.0.0.1:%u\n", port_);
    std::fflush(stdout);
    std::array<epoll_event, events_at_once> events{};
    for (;;) {
      const int count = ::epoll_wait(epoll_, events.data(), events_at_once, -1);
      for (int i = 0; i < count; ++i) {
        if (events[i].data.fd == listener_)
          accept_all();
        else
          serve(*connections_[events[i].data.fd]);
      }
    }
  }

 private:
  void watch(int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  void accept_all() {
    int fd = -1;
    while ((fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
      send_without_delay(fd);
      if (connections_.size() <= static_cast<std::size_t>(fd))
        connections_.resize(fd + 1);
      connections_[fd] = std::make_unique<connection>();
      connections_[fd]->fd = fd;
      watch(fd);
    }
  }

  void serve(connection& from) {
    const ssize_t got = ::recv(from.fd, scratch_.data(), scratch_.size(), 0);
    if (got == 0 || (got < 0 && !would_block())) {
      close(from);
      return;
    }
    from.input.append(scratch_.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (!from.is_websocket)
      on_http(from);
    if (from.is_websocket)
      on_frames(from);
    if (from.is_closing)
      close(from);
  }

  void close(connection& ended) {
    std::erase(members_, &ended);
    ::close(ended.fd);
    connections_[ended.fd].reset();
  }

  void on_http(connection& from) {
    const std::size_t head_end = from.input.find("\r\n\r\n");
    if (head_end == std::string::npos)
      return;
    const std::string_view head = std::string_view{from.input}.substr(0, head_end);
    const std::string_view key = header_value(head, "sec-websocket-key");
    if (!key.empty()) {
      send_all(from,
               "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
               "Connection: Upgrade\r\nSec-WebSocket-Protocol: tandem.v1\r\n"
               "Sec-WebSocket-Accept: "
                 + websocket_accept(key) + "\r\n\r\n");
      from.is_websocket = true;
      from.input.erase(0, head_end + 4);
      return;
    }
    send_all(from, head.starts_with("POST /rooms ")
                     ? "HTTP/1.1 201 Created\r\nContent-Length: 19\r\n\r\n{\"room_id\":\"floor\"}"
                     : "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    from.is_closing = true;
  }

  void on_frames(connection& from) {
    std::span<char> bytes{from.input};
    while (const auto taken = take_frame(bytes)) {
      if (taken->kind == opcode::text)
        on_text(from, taken->payload);
      else if (taken->kind == opcode::close)
        from.is_closing = true;
    }
    from.input.erase(0, from.input.size() - bytes.size());
  }

  void on_text(connection& from, std::string_view text) {
    std::string_view type, op, seq;
    for_each_json_field(text, [&](std::string_view key, std::string_view value) {
      if (key == "type")
        type = value;
      else if (key == "op")
        op = value;
      else if (key == "seq")
        seq = value;
    });
    if (type == "\"hello\"")
      on_hello(from);
    else if (type == "\"op\"" && !is_refused(from, seq))
      on_op(from, seq, op);
  }

  bool is_refused(connection& from, std::string_view seq) {
    if (faults_.refuse_every == 0 || ++edits_ % faults_.refuse_every != 0)
      return false;
    const bool is_limit = edits_ / faults_.refuse_every % 2 == 0;
    send_text(from, std::string{R"({"type":"error","code":")"}
                      + (is_limit ? R"(rate_limited","retry_ms":2)" : R"(rebase")")
                      + R"(,"message":"on purpose","file":"main.py","seq":)" + std::string{seq}
                      + "}");
    return true;
  }

  void on_hello(connection& from) {
    from.site = ++last_site_;
    members_.push_back(&from);
    send_text(from, R"({"type":"welcome","protocol":1,"site":)" + std::to_string(from.site)
                      + R"(,"role":"editor","files":[],"peers":[],"chat":[]})");
    send_text(from, R"({"type":"opened","file":"main.py","rev":)" + std::to_string(rev_)
                      + R"(,"language":"python","text":""})");
  }

  void on_op(connection& from, std::string_view seq, std::string_view op) {
    ++rev_;
    const std::string bytes = op_frame(rev_, op, from.site);
    const connection* const victim = victim_at(rev_, from);
    for (connection* to : members_) {
      if (to == victim)
        send_fault(*to, from.site);
      else if (to != &from)
        send_all(*to, bytes);
    }
    send_text(from, R"({"type":"ack","file":"main.py","seq":)" + std::string{seq} + R"(,"rev":)"
                      + std::to_string(rev_) + "}");
  }

  // The follower that a fault on purpose meets at this revision, if any.
  const connection* victim_at(std::uint64_t rev, const connection& author) const {
    if (rev != faults_.spoil_rev && rev != faults_.drop_rev)
      return nullptr;
    return members_.front() != &author ? members_.front() : members_.back();
  }

  void send_fault(connection& to, std::uint64_t author) {
    if (rev_ == faults_.spoil_rev)
      send_all(to, op_frame(rev_, "[]", author));
  }

  faults_on_purpose faults_;
  std::uint16_t port_ = 0;
  int listener_;
  int epoll_;
  std::uint64_t rev_ = 0;
  std::uint64_t edits_ = 0;
  std::uint64_t last_site_ = 0;
  std::vector<std::unique_ptr<connection>> connections_;  // by file descriptor
  std::vector<connection*> members_;                      // those that said hello
  std::array<char, 65536> scratch_{};
};

}  // namespace
}  // namespace tandem::bench

int main(int argc, char** argv) {
  tandem::bench::faults_on_purpose faults;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view option = argv[i];
    std::uint64_t* const number = option == "--spoil"    ? &faults.spoil_rev
                                  : option == "--drop"   ? &faults.drop_rev
                                  : option == "--refuse" ? &faults.refuse_every
                                                         : nullptr;
    if (number == nullptr || i + 1 == argc) {
      std::fputs("bench_floor [--spoil REV] [--drop REV] [--refuse EVERY]\n", stderr);
      return 2;
    }
    *number = std::strtoull(argv[i + 1], nullptr, 10);
  }
  try {
    tandem::bench::broadcaster{faults}.run();
  } catch (const std::exception& fault) {
    std::fprintf(stderr, "bench_floor: %s\n", fault.what());
    return 1;
  }
}
