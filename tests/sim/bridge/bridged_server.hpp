// A simulated server that is spoken to in real frames: what comes is decoded
// and what leaves is encoded as on a socket. Its time stands still but in `run`.
//
// Invariants
//  1. What it does depends on its seed and on the calls alone.
//  2. `run` returns soon enough for an answer: a caller that keeps what leaves
//     back for `lookahead_us` at least never hears of it too late.
#pragma once

#include "net/wire_codec.hpp"
#include "storage/store.hpp"
#include "tests/sim/sim_clock.hpp"
#include "tests/sim/sim_random.hpp"
#include "tests/sim/sim_server.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace tandem::sim {

class bridged_server {
 public:
  // What happens is appended to `out`, a line each (sim_bridge.cpp).
  bridged_server(std::uint64_t seed, std::string& out);

  // `name` is the caller's: new for each connection.
  void connect(std::uint64_t name);
  // The text of one frame.
  void hear(std::uint64_t name, std::string_view text);
  void read(std::uint64_t name, std::uint64_t bytes);
  void drop(std::uint64_t name);
  void heal() { server_.heal(); }

  // Until that time, or until `lookahead_us` behind the first that is said.
  void run(std::int64_t until_us, std::int64_t lookahead_us);
  std::int64_t now_us() const noexcept { return clock_.now_us(); }

  // What the store has, as one line of JSON.
  void judge();

 private:
  void note_files();
  void say(std::string_view what, std::uint64_t name);
  void say_frames(std::uint64_t name, std::string_view bytes);
  void stop_at(std::int64_t time_us);
  void judge_file(storage::file_key key, const std::string& name);
  void judge_chat(const storage::loaded_room& room);

  std::string& out_;
  sim_random chance_;
  const limits limits_;
  net::wire_encoder encoder_;
  net::message_decoder decoder_;
  sim_clock clock_;
  std::unique_ptr<storage::store> store_;
  std::map<storage::file_key, std::string> names_;  // of every file there was, the last
  sim_server server_;
  std::map<std::uint64_t, std::uint64_t> connections_;  // by the caller's name
  std::uint64_t runs_ = 0;
  bool is_running_ = false;
  bool is_stopping_ = false;
  std::int64_t lookahead_us_ = 0;
};

}  // namespace tandem::sim
