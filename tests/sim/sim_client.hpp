// A client of a simulated world: types, loses its connection, reads slowly,
// sends twice, and comes back with what was not acknowledged. It follows
// docs/protocol.md with the state machine of tests/support/model_client.
//
// Invariants
//  1. It never types another edit into the one that is on its way.
//  2. After a reconnect it sends its pending edit again only when it has had
//     everything up to the revision that `opened` named.
//  3. acked_ holds every edit that was acknowledged, with its revision.
#pragma once

#include "tests/sim/sim_server.hpp"
#include "tests/support/model_client.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

namespace tandem::sim {

class sim_client {
 public:
  sim_client(sim_server& server, sim_clock& clock, sim_random& chance, std::uint64_t number,
             std::string file);

  // Begins to live: connects, and acts until `stop_typing`.
  void start();
  void stop_typing() { typing_ = false; }

  // Reliable from here on: it connects and stays.
  void settle();
  bool is_settled() const noexcept {
    return connection_ != 0 && is_open_ && !model_.in_flight && !model_.buffer;
  }

  const std::string& file() const noexcept { return file_; }
  const std::string& text() const noexcept { return model_.text; }
  ot::revision rev() const noexcept { return model_.rev; }
  const ot::client_id& id() const noexcept { return model_.id; }
  const std::map<std::uint64_t, ot::revision>& acked() const noexcept { return acked_; }

  std::uint64_t composed_received() const noexcept { return composed_; }
  std::uint64_t rebases() const noexcept { return rebases_; }
  // The first thing that it was told and that cannot be; empty: none.
  const std::string& fault() const noexcept { return fault_; }

 private:
  void act();
  void type();
  ot::text_op random_edit();
  void connect();
  void drop();
  void send(client::message message);
  void send_pending();
  void read_next();
  void receive(const said& message);
  void on_opened(const server::opened& opened);
  void on_op(const said_op& op);
  void on_ack(const said_ack& ack);
  void on_error(const server::error& error);
  void go_on_if_caught_up();
  void blame_if(bool wrong, const char* what);

  sim_server& server_;
  sim_clock& clock_;
  sim_random& chance_;
  std::string name_;
  std::string file_;
  test::model_client model_;
  bool has_text_ = false;
  bool typing_ = true;
  bool reliable_ = false;

  std::uint64_t connection_ = 0;
  std::uint64_t attempt_ = 0;  // frames of earlier connections are not for this one
  bool is_open_ = false;       // everything up to target_ has come
  ot::revision target_ = 0;
  bool is_sent_ = false;       // the pending edit, on this connection
  bool waits_for_op_ = false;  // a rebase came before the operation that it is about
  ot::revision sent_base_ = 0;
  std::deque<frame> unread_;
  bool is_reading_ = false;
  std::int64_t stalled_until_us_ = 0;

  std::map<std::uint64_t, ot::revision> acked_;
  std::uint64_t composed_ = 0;
  std::uint64_t rebases_ = 0;
  std::string fault_;
};

}  // namespace tandem::sim
