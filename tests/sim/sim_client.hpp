// A client of a simulated world: types into several files, moves its carets,
// chats, creates, renames and removes files, loses its connection, reads
// slowly, says things twice, and comes back with what was not acknowledged.
//
// Invariants
//  1. It has at most one connection that it listens to; the server may not yet
//     know that earlier ones have ended.
//  2. A chat message that was not echoed is said again, under its number.
#pragma once

#include "tests/sim/sim_file.hpp"
#include "tests/sim/sim_clock.hpp"
#include "tests/sim/sim_host.hpp"
#include "tests/sim/sim_trace.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace tandem::sim {

class sim_client {
 public:
  sim_client(sim_host& server, const sim_encoder& wire, sim_clock& clock, sim_random& chance,
             std::uint64_t number, const std::string& first_file, const tracer& trace);

  // Begins to live: connects, and acts until `settle`.
  void start() { act(); }
  // Reliable from here on: it connects and stays, and only finishes.
  void settle();
  // Everything it has done is confirmed. It may still lack what others did.
  bool is_settled() const;
  // Puts its carets somewhere, for the last time.
  void place_carets();

  const sim_identity& identity() const noexcept { return identity_; }
  const std::map<std::string, std::unique_ptr<sim_file>>& files() const noexcept {
    return files_;
  }
  ot::site_id site() const noexcept { return site_; }
  const std::set<ot::site_id>& peers() const noexcept { return peers_; }
  // Name → id of the room's files, as far as it was told.
  const std::map<std::string, std::uint64_t>& known_files() const noexcept {
    return known_files_;
  }
  // Number of an own message → its place in the room's chat.
  const std::map<std::uint64_t, std::uint64_t>& chats_confirmed() const noexcept {
    return chats_confirmed_;
  }
  std::uint64_t chats_heard_through() const noexcept { return chat_heard_; }
  const std::map<std::string, client::cursor>& last_carets() const noexcept { return carets_; }

 private:
  void act();
  void do_something();
  void change_files();
  void say();
  void connect();
  void drop();
  void reconnect_later();
  void note(const std::string& what);
  void send(client::message message);
  void open(const std::string& name, std::uint64_t id);
  void send_unsent();
  void read_next();
  void receive(const said& message);
  template <class M>
  void hear_in_file(const M& message, void (sim_file::*call)(const M&));
  void hear(const said_op& op);
  void hear(const said_ack& ack);
  void hear(const said_check& check);
  void hear(const said_cursor& cursor);
  void hear(const server::opened& opened);
  void hear(const server::join& join);
  void hear(const server::leave& leave);
  void hear(const server::role& role);
  void hear(const server::welcome& welcome);
  void hear(const server::chat& chat);
  void hear(const server::file_changed& change);
  void hear(const server::error& error);
  void follow_renames(const std::vector<server::file_state>& present);
  sim_file* find(const std::string& name);

  sim_host& server_;
  const sim_encoder& wire_;
  sim_clock& clock_;
  sim_random& chance_;
  const tracer& trace_;
  sim_identity identity_;
  bool is_active_ = true;
  bool reliable_ = false;

  std::uint64_t connection_ = 0;
  std::uint64_t attempt_ = 0;  // frames of earlier connections are not for this one
  bool is_welcome_ = false;
  std::deque<frame> unread_;
  bool is_reading_ = false;
  std::int64_t stalled_until_us_ = 0;

  std::map<std::string, std::unique_ptr<sim_file>> files_;  // that it follows
  std::map<std::string, std::uint64_t> known_files_;
  ot::site_id site_ = 0;
  std::set<ot::site_id> peers_;
  std::map<std::string, client::cursor> carets_;  // the last that were placed
  std::uint64_t next_chat_ = 1;
  std::set<std::uint64_t> chats_unconfirmed_;
  std::map<std::uint64_t, std::uint64_t> chats_confirmed_;
  std::uint64_t chat_heard_ = 0;
};

}  // namespace tandem::sim
