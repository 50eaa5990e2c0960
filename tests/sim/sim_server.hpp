// The server of a simulated world: the real room_core and session_cores around
// a store that keeps what was written and fails on purpose. A crash forgets
// everything but the store.
//
// Invariants
//  1. Between any two of its parties messages arrive in order, later.
//  2. What was planned before a crash does not happen after it.
//  3. Every frame that leaves is shown to `on_frame` first, and what waits for a
//     client is counted.
#pragma once

#include "actors/room_core.hpp"
#include "actors/session_core.hpp"
#include "storage/store.hpp"
#include "tests/sim/sim_clock.hpp"
#include "tests/sim/sim_random.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tandem::sim {

// How bad things may get; all chances are of a thousand.
struct troubles {
  std::uint64_t write_fails = 30;
  std::uint64_t outcome_unknown = 30;
  std::uint64_t read_fails = 30;
  std::uint64_t crash = 4;           // at every write: before, within or after it
  std::uint64_t long_line = 200;     // of a connection
  std::int64_t store_us = 3'000;     // the longest that a write takes
  std::int64_t hop_us = 300;         // the longest between two actors
};

class sim_server {
 public:
  // Takes a frame from a session; the client's side of a connection.
  using receiver = std::function<void(const frame&)>;

  sim_server(const limits& bounds, const frame_encoder& encoder, sim_clock& clock,
             sim_random& chance, storage::store& kept, std::string room_id);
  ~sim_server();

  // Sees every frame before its client does.
  void on_frame(receiver look) { look_ = std::move(look); }
  // Called behind every write, in the moment it is durable.
  void on_durable(std::function<void(const storage::room_write&)> look) {
    durable_ = std::move(look);
  }

  // A connection: its number, or 0 while the server is down.
  std::uint64_t connect(receiver to_client, std::function<void(close_code)> on_end);
  void disconnect(std::uint64_t connection);
  void from_client(std::uint64_t connection, client::message message);
  // The client has read so much of what waited for it.
  void client_read(std::uint64_t connection, std::uint64_t bytes);
  std::uint64_t unread_bytes(std::uint64_t connection) const;

  // Nothing goes wrong from here on.
  void heal();

  std::uint64_t crashes() const noexcept { return crashes_; }
  std::uint64_t most_unread_bytes() const noexcept { return most_unread_bytes_; }
  std::uint64_t reloads() const noexcept { return reloads_; }

 private:
  class session;
  class room;

  // An event that a crash takes away.
  std::function<void()> surviving(std::function<void()> event);
  std::int64_t hop();
  std::int64_t way_in(const session& one);
  void start();
  void load();
  storage::loaded_room claim_and_load();
  storage::write_result write(const storage::room_write& write);
  void crash();

  const limits& limits_;
  const frame_encoder& encoder_;
  sim_clock& clock_;
  sim_random& chance_;
  storage::store& kept_;
  std::string room_id_;
  troubles trouble_;
  receiver look_;
  std::function<void(const storage::room_write&)> durable_;
  std::uint64_t incarnation_ = 1;
  std::uint64_t next_connection_ = 1;
  std::map<std::uint64_t, std::unique_ptr<session>> sessions_;
  std::unique_ptr<room> room_;
  bool down_ = false;
  std::uint64_t crashes_ = 0;
  std::uint64_t most_unread_bytes_ = 0;
  std::uint64_t reloads_ = 0;
};

}  // namespace tandem::sim
