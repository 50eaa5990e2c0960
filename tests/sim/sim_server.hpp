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
#include "tests/sim/sim_host.hpp"
#include "tests/sim/sim_random.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tandem::sim {

class sim_server final : public sim_host {
 public:
  sim_server(const limits& bounds, const frame_encoder& encoder, sim_clock& clock,
             sim_random& chance, storage::store& kept, std::string room_id,
             bool is_cluster = false);
  ~sim_server() override;

  std::uint64_t connect(receiver to_client, end_listener on_end) override;
  void disconnect(std::uint64_t connection) override;
  void from_client(std::uint64_t connection, client::message message) override;
  void client_read(std::uint64_t connection, std::uint64_t bytes) override;
  std::uint64_t unread_bytes(std::uint64_t connection) const;

  void heal() override;

  std::uint64_t crashes() const noexcept override { return crashes_; }
  std::uint64_t reloads() const noexcept override { return reloads_; }
  std::uint64_t moves() const noexcept override { return moves_; }

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
  void move_room();

  const limits& limits_;
  const frame_encoder& encoder_;
  sim_clock& clock_;
  sim_random& chance_;
  storage::store& kept_;
  std::string room_id_;
  troubles trouble_;
  std::uint64_t incarnation_ = 1;
  std::uint64_t next_connection_ = 1;
  std::map<std::uint64_t, std::unique_ptr<session>> sessions_;
  std::unique_ptr<room> room_;
  std::uint64_t room_number_ = 1;                 // of the node that has it
  std::vector<std::unique_ptr<room>> gone_rooms_;  // what they began may still happen
  const bool is_cluster_;
  std::uint64_t moves_ = 0;
  bool down_ = false;
  std::uint64_t crashes_ = 0;
  std::uint64_t reloads_ = 0;
};

}  // namespace tandem::sim
