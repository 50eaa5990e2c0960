// What a simulated client connects to. There are two: sim_server has the cores
// alone, actor_server the real actors around them.
#pragma once

#include "actors/protocol.hpp"
#include "storage/records.hpp"

#include <cstdint>
#include <functional>

namespace tandem::sim {

// How bad things may get; all chances are of a thousand.
struct troubles {
  std::uint64_t write_fails = 30;
  std::uint64_t outcome_unknown = 30;
  std::uint64_t read_fails = 30;
  std::uint64_t crash = 4;           // at every write: before, within or after it
  std::uint64_t room_moves = 0;      // at every write: another node has the room from then on
  std::uint64_t long_line = 200;     // of a connection
  std::int64_t store_us = 3'000;     // the longest that a write takes
  std::int64_t hop_us = 300;         // the longest between two parties

  static troubles none() { return {0, 0, 0, 0, 0, 0, 1'000, 100}; }
};

class sim_host {
 public:
  // Takes a frame from a session; the client's side of a connection.
  using receiver = std::function<void(const frame&)>;
  using end_listener = std::function<void(close_code)>;
  using write_listener = std::function<void(const storage::room_write&)>;

  virtual ~sim_host() = default;

  // Sees every frame before its client does.
  void on_frame(receiver look) { look_ = std::move(look); }
  // Called behind every write, in the moment it is durable.
  void on_durable(write_listener look) { durable_ = std::move(look); }

  // A connection: its number, or 0 while the server is down.
  virtual std::uint64_t connect(receiver to_client, end_listener on_end) = 0;
  virtual void disconnect(std::uint64_t connection) = 0;
  virtual void from_client(std::uint64_t connection, client::message message) = 0;
  // The client has read so much of what waited for it.
  virtual void client_read(std::uint64_t connection, std::uint64_t bytes) = 0;

  // Nothing goes wrong from here on.
  // How often another node took the room.
  virtual std::uint64_t moves() const noexcept { return 0; }
  virtual void heal() = 0;

  virtual std::uint64_t crashes() const noexcept { return 0; }
  virtual std::uint64_t reloads() const noexcept { return 0; }
  std::uint64_t most_unread_bytes() const noexcept { return most_unread_bytes_; }

 protected:
  receiver look_;
  write_listener durable_;
  std::uint64_t most_unread_bytes_ = 0;
};

}  // namespace tandem::sim
