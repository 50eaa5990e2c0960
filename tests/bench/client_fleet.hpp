// All clients of a run, in one thread: they join rooms, keep a replica of
// `main.py` each, send edits when they are told to, and answer what the server
// says as docs/protocol.md wants it.
//
// Invariants
//  1. A client has at most one edit that is not acknowledged.
//  2. `rebase`, `rate_limited` and `unavailable` never lose an edit: it is sent
//     again, with its seq, until it is acknowledged.
//  3. Whatever the protocol does not allow is counted as a fault, never passed
//     over: a run with faults has not converged.
#pragma once

#include "tests/bench/client_socket.hpp"
#include "tests/bench/latency_book.hpp"
#include "tests/bench/load_options.hpp"
#include "tests/bench/replica.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::bench {

struct traffic {
  std::uint64_t ops = 0;         // edits that were acknowledged
  std::uint64_t deliveries = 0;  // revisions that reached a client: by `op` or by `ack`
  std::uint64_t messages = 0;    // of any kind; pings are none
  std::uint64_t frames = 0;      // the `op` and `ack` frames that brought them
  std::uint64_t bytes = 0;       // all that was read from the sockets
  std::uint64_t reads = 0;       // calls of recv that brought them
  std::uint64_t checks = 0;      // `check` messages that were held against a text
  std::uint64_t rebases = 0;
  std::uint64_t rate_limited = 0;
  std::uint64_t errors = 0;  // `error` messages of any other code
  std::uint64_t faults = 0;  // messages that must not be, and `check`s that failed
};

class client_fleet {
 public:
  explicit client_fleet(const load_options& options);
  ~client_fleet();
  client_fleet(const client_fleet&) = delete;
  client_fleet& operator=(const client_fleet&) = delete;

  void create_rooms();

  // Joins until `count` clients are in. Throws when that does not succeed.
  void join(std::size_t count);

  // Serves sockets and timers until `done()` or the deadline. Whether it is done.
  bool pump_until(std::int64_t deadline_ns, const std::function<bool()>& done);
  void pump_until(std::int64_t deadline_ns);

  // Until no message came for a while; bounded.
  void pump_until_quiet();

  void call_at(std::int64_t at_ns, std::function<void()> what);

  // Sends an edit. REQUIRES: none of this client's is pending.
  void write(std::size_t client, text_edit edit, const edit_times& times);

  // Called with the client's number whenever an edit of it was acknowledged.
  std::function<void(std::size_t)> on_acknowledged;

  const replica& file_of(std::size_t client) const { return clients_[client]->file; }
  std::size_t room_of(std::size_t client) const noexcept { return client % options_.rooms; }
  const std::string& room_id(std::size_t room) const { return room_ids_[room]; }
  std::size_t lost() const;

  // Whether no edit is pending and the clients of each room are at one revision.
  bool is_settled() const;

  const traffic& counts() const noexcept { return counts_; }
  latency_book& latencies() noexcept { return latencies_; }

 private:
  struct client {
    std::unique_ptr<client_socket> socket;
    replica file;
    edit_times times;  // of the pending edit
    bool has_greeted = false;
    bool is_joined = false;
  };
  struct server_message;
  struct timer {
    std::int64_t at_ns;
    std::uint64_t number;  // of two at one time the older one comes first
    std::function<void()> what;
    bool operator>(const timer& other) const noexcept;
  };

  void start_client();
  void greet(std::size_t index);
  std::int64_t run_timers(std::int64_t deadline_ns);
  void wait_and_serve(std::int64_t until_ns);
  void serve(std::size_t index, std::uint32_t events);
  void send_pending(std::size_t index);
  void resend_later(std::size_t index, std::int64_t delay_ms);

  void handle(std::size_t index, std::string_view text, std::int64_t at_ns);
  void on_opened(client& from, const server_message& message);
  void on_op(std::size_t index, const server_message& message, std::int64_t at_ns);
  void on_ack(std::size_t index, const server_message& message, std::int64_t at_ns);
  void on_error(std::size_t index, const server_message& message);

  load_options options_;
  int epoll_;
  std::string run_name_;  // makes the client ids of this run its own
  std::vector<std::string> room_ids_;
  std::vector<std::unique_ptr<client>> clients_;
  std::size_t joined_ = 0;
  std::priority_queue<timer, std::vector<timer>, std::greater<>> timers_;
  std::uint64_t timer_count_ = 0;
  std::array<char, 262144> scratch_{};
  traffic counts_;
  latency_book latencies_;
};

}  // namespace tandem::bench
