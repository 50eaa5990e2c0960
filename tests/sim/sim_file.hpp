// A file as a simulated client follows it: the client's state machine of
// tests/support/model_client, and where its pending edit is on its way. It
// follows docs/protocol.md.
//
// Invariants
//  1. It never types another edit into the one that is on its way.
//  2. After a reconnect it sends its pending edit again only when it has had
//     everything up to the revision that `opened` named.
//  3. What it is told that cannot be is the `fault` of the client: a revision
//     twice or out of order, an ack out of its place, a wrong check.
#pragma once

#include "tests/sim/sim_random.hpp"
#include "tests/sim/sim_wire.hpp"
#include "tests/support/model_client.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tandem::sim {

// What all files of a client have in common.
struct sim_identity {
  std::string name;
  ot::client_id id;
  std::uint64_t last_seq = 0;
  std::map<std::uint64_t, ot::revision> acked;  // seq → revision
  // How often each edit was sent or asked after on this connection, less the acks.
  std::map<std::uint64_t, int> acks_due;
  std::string fault;                            // the first
  std::uint64_t composed = 0;
  std::uint64_t rebases = 0;

  void blame_if(bool wrong, const char* what) {
    if (wrong && fault.empty())
      fault = what;
  }
};

class sim_file {
 public:
  // What is to be done about an error.
  enum class reaction : std::uint8_t { none, retry_later, file_is_gone };

  // `id`: the room's name for it, if it is known.
  sim_file(std::string name, std::uint64_t id, sim_identity& owner);

  const std::string& name() const noexcept { return name_; }
  void rename(std::string name) { name_ = std::move(name); }
  const std::string& text() const noexcept { return model_.text; }
  ot::revision rev() const noexcept { return model_.rev; }
  bool has_text() const noexcept { return has_text_; }
  std::uint64_t file_id() const noexcept { return id_; }
  bool is_opened() const noexcept { return is_opened_; }
  bool has_pending() const noexcept { return model_.in_flight || model_.buffer; }
  bool is_settled() const noexcept { return is_live_ && !has_pending(); }

  // ---- from its user ----
  void type(sim_random& chance);
  // Its carets, where the server's text is its own.
  std::optional<client::cursor> place_caret(sim_random& chance);

  // ---- the connection ----
  void disconnect();
  // What `hello` or `open` must say of it.
  client::open ask();
  // The pending edit, if it is to be sent now.
  std::optional<client::edit> unsent();
  // The edit that is on its way, to be sent twice.
  std::optional<client::edit> sent_again();
  // After `retry_later`, unless something else has happened since.
  void retry(std::uint64_t seq);
  std::uint64_t pending_seq() const noexcept { return model_.seq; }

  // ---- from the server ----
  void on_opened(const server::opened& opened);
  void on_op(const said_op& op);
  void on_ack(const said_ack& ack);
  void on_check(const said_check& check);
  void on_cursor(const said_cursor& cursor);
  void on_leave(ot::site_id site) { carets_.erase(site); }
  reaction on_error(const server::error& error);

  const std::map<ot::site_id, std::vector<client::selection>>& carets() const noexcept {
    return carets_;
  }

 private:
  void go_on_if_caught_up();
  template <class F>
  void with_seq(F change);

  std::string name_;
  sim_identity& owner_;
  test::model_client model_;
  std::uint64_t id_;  // 0: not known yet
  bool has_text_ = false;
  std::uint64_t server_chars_ = 0;  // of the server's text at rev()
  bool is_opened_ = false;  // `opened` has come on this connection
  bool is_live_ = false;    // and everything up to target_
  ot::revision target_ = 0;
  bool is_sent_ = false;       // the pending edit, on this connection
  bool waits_for_op_ = false;  // a rebase came before the operation that it is about
  std::string sent_name_;      // what the file was called then
  ot::revision sent_base_ = 0;
  // Where the others' carets are in the server's text at rev().
  std::map<ot::site_id, std::vector<client::selection>> carets_;
};

}  // namespace tandem::sim
