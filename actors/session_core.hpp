// One connection's conversation, as a state machine: what its client may say,
// what it has been sent, and how a slow reader is caught up. Pure, like
// room_core: effects go through `session_effects`. Owned by the session actor,
// or by a simulation.
//
//   handshaking ── hello ──▶ joining ── joined ──▶ live ── close ──▶ closed
//        │                                        │  ▲               ▲
//        │                  the room has moved ───┘  │ joined anew   │
//        │                          └──▶ moving ─────┘               │
//        └──────────── any breach, or the end of the room ───────────┘
//
// In a cluster a room may move, and the client does not notice: what it follows is
// opened again where it was, what it has missed is told (told_room.hpp), and an
// edit that the room does not know is answered `unavailable`, so that the client
// sends it again.
//
// What a file's reader is sent is one stream of revisions. `sent` is how far it
// has got; while the connection takes what it is given, each fanout carries it
// on. When too much is unread (limits::outbound_pause_bytes) the file lags:
// fanouts are passed over, and once the connection has drained, slices of
// history are asked for until `sent` has reached the head again.
//
// Invariants
//  1. Each revision of a followed file is sent once, in order: `sent` only
//     rises, and a batch is sent only if it starts at `sent`.
//  2. Grouping rule: nothing is composed while an edit of this client's is
//     unanswered, nor after a `rebase` until its edit is in.
//  3. Grouping rule: an edit based before the end of a composed operation that
//     was sent, or was asked for, is answered `rebase`.
//  4. At most one edit a file is unanswered.
//  5. Nothing that the role does not allow goes to the room: every message is
//     asked about (actors/access.hpp), against the role as it is now.
//  6. What is unread is bounded: operations wait in the history, everything
//     else up to limits::outbound_bytes, then the connection ends.
#pragma once

#include "actors/ai/question.hpp"
#include "actors/limits.hpp"
#include "actors/protocol.hpp"
#include "actors/room_messages.hpp"
#include "actors/shared_limits.hpp"
#include "actors/told_room.hpp"
#include "actors/token_bucket.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tandem {

class session_effects {
 public:
  virtual ~session_effects() = default;

  // ---- to the connection ----
  virtual void send(const frame& bytes) = 0;
  virtual std::uint64_t unread_bytes() const = 0;
  // The last thing that is done to a connection.
  virtual void close(close_code code, std::string_view why) = 0;

  // ---- to the room; the site is filled in by the session's owner ----
  virtual void join(join_request request) = 0;
  // The same room again, wherever it is now.
  virtual void join_again(join_request request) = 0;
  // Calls on_settled once, when everybody has had time to come again.
  virtual void settle() = 0;
  virtual void leave() = 0;
  virtual void open(client::open wanted) = 0;
  virtual void submit(submit_edit edit) = 0;
  virtual void move_cursor(tandem::move_cursor moved) = 0;
  virtual void catch_up(tandem::catch_up wanted) = 0;
  virtual void post(client::chat chat) = 0;
  virtual void change_file(client::change_file change) = 0;
  virtual void report_divergence(client::diverged report) = 0;
  virtual void change_role(room_role role) = 0;

  // ---- to the AI; answered by on_ai ----
  virtual void ask_ai(ai::question what) = 0;
  // Nothing: all that was asked.
  virtual void take_back(std::optional<std::uint64_t> ask) = 0;
};

class session_core {
 public:
  session_core(const limits& bounds, const frame_encoder& encoder, session_effects& effects);

  // ---- from the client; `now_us` is a steady clock ----
  void on_message(client::message message, std::int64_t now_us);
  // No hello in time.
  void on_hello_timeout();
  // What was unread has been read, after unread_bytes() was over the limit.
  void on_drained();
  // The connection is gone.
  void on_disconnected();

  // ---- from the room ----
  void on_room(const room_event& event);
  // There is no such room, or it cannot be loaded.
  void on_no_room(bool absent);
  // It is not where it was. REQUIRES: follow_moves().
  void on_room_moved();
  void on_settled();

  // ---- from the gate ----
  // Let in, or since then: what this client may do. Not none.
  void on_role(room_role role);
  // Not let in, or no more.
  void on_refused(close_code code, std::string_view why);
  // Too many have come in; this one may try again.
  void on_join_limited(std::int64_t wait_us);
  // To be said first, where rooms may move.
  void follow_moves() { told_.emplace(); }
  // What this session shares with others, besides its own limits.
  void share(session_limits shared) { shared_ = std::move(shared); }

  // ---- from the AI ----
  void on_ai(const server::ai_event& event);

  // The server stops.
  void on_shutdown();

  bool is_closed() const noexcept { return phase_ == phase::closed; }

 private:
  enum class phase : std::uint8_t { handshaking, joining, live, moving, closed };

  struct followed {
    std::string name;
    ot::revision sent = 0;
    ot::revision head = 0;            // the latest that is known to be durable
    ot::revision composed_end = 0;    // of the last composed operation sent
    std::optional<std::uint64_t> unanswered_seq;
    ot::revision unanswered_base = 0;
    // The unanswered edit went to the room behind the last `open`, whose answer
    // does not know it.
    bool submitted_since_open = false;
    // The same edit on another base, sent before the first was answered: what
    // counts if the first is refused.
    std::optional<client::edit> sent_anew;
    std::uint64_t acked_seq = 0;      // the last, on this connection, and
    ot::revision acked_rev = 0;       // what it became
    bool owes_rebase = false;         // a `rebase` was answered; its edit is not in yet
    bool lags = false;
    bool slice_asked = false;
    bool slice_may_compose = false;
    bool is_moving = false;           // was opened anew, without the client's doing
    std::optional<move_cursor> pointed; // last, where a room may move
    std::optional<client::edit> held; // arrived while a composed slice was on its way
  };

  void say_hello(client::hello& hello);
  void open(client::open& wanted);
  void close_file(const client::close& message);
  void edit(client::edit& message, std::int64_t now_us);
  void submit(storage::file_key key, followed& file, client::edit& message);
  void ask_rebase(followed& file, const client::edit& message);
  void cursor(client::cursor& message);
  void chat(client::chat& message, std::int64_t now_us);
  void change_file(client::change_file& message);
  void diverged(client::diverged& message);
  void complete(client::complete& message, std::int64_t now_us);
  void refactor(client::refactor& message, std::int64_t now_us);
  // Whether the role and the limits allow it; if not it is answered.
  bool may_ask(const std::string& file, std::uint64_t ask, std::uint64_t weight,
               std::int64_t now_us);
  void refuse_unopened(const std::string& file, std::uint64_t ask);
  void mention_assistant(const room_note& own_chat);
  void malformed(const client::malformed& message);

  void on_joined(const joined& in);
  void on_joined_again(const joined& in);
  void on_room_error(const server::error& error);
  void on_opened(const file_opened& opened);
  void on_opened_again(followed& file, const file_opened& opened);
  void on_slice(const history_slice& slice);
  void on_answer(const edit_answer& answer);
  void on_fanout(const fanout& batch);
  void deliver(followed& file, const file_batch& batch);
  void deliver(const room_note& note);
  bool holds_own_edit(const followed& file, const std::vector<sent_op>& ops) const noexcept;
  void send_ops(followed& file, const std::vector<sent_op>& ops);
  void send_ack(followed& file, std::uint64_t seq, ot::revision rev);
  void ask_slice(storage::file_key key, followed& file);
  bool may_send_more() const;

  // By the id, if there is one.
  std::map<storage::file_key, followed>::iterator find(const std::string& name,
                                                       std::optional<std::uint64_t> id);
  bool waits_for_room() const noexcept;
  void note_open_answered();
  void say_early_messages();
  // Whether the role allows it; if not it is answered.
  bool may(room_action action, const std::string& file, std::optional<std::uint64_t> seq,
           std::optional<std::uint64_t> chat_id = {});
  std::int64_t edit_wait_us(const client::edit& message, std::int64_t now_us);
  std::int64_t chat_wait_us(std::int64_t now_us);
  void refuse_hurry(const client::message& message, std::int64_t wait_us);
  void end_if_unread();
  void send_error(server::error error);
  void fail(close_code code, std::string_view why);
  void end();

  const limits& limits_;
  const frame_encoder& encoder_;
  session_effects& effects_;
  phase phase_ = phase::handshaking;
  ot::client_id client_;
  ot::site_id site_ = 0;
  std::uint64_t attempt_ = 0;
  std::map<storage::file_key, followed> files_;
  std::optional<told_room> told_;           // where rooms may move
  std::optional<join_request> unanswered_join_;  // likewise
  room_role role_ = room_role::editor;
  session_limits shared_;
  token_bucket edits_;
  shared_bucket bytes_;
  shared_bucket chats_;
  shared_bucket asks_;
  token_bucket messages_;  // of all other kinds
  // What was said before the room had let this session in and answered the
  // hello's opens; dealt with then, in order.
  std::vector<client::message> early_;
  std::size_t opens_awaited_ = 0;
  std::uint32_t bad_messages_ = 0;
  std::int64_t last_heard_us_ = 0;
};

// The one-way digest that stands for a client's private name.
ot::client_id digest_of(std::string_view client_name);

}  // namespace tandem
