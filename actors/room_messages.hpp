// What sessions and rooms say to each other. Values; files go by their key,
// members by their site.
#pragma once

#include "actors/access.hpp"
#include "actors/protocol.hpp"
#include "ot/document.hpp"
#include "storage/records.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tandem {

// ---- session → room ----

struct join_request {
  ot::client_id client;
  std::string name;
  std::vector<client::open> opens;
  std::uint64_t attempt = 0;
  bool is_unseen = false;  // the others are not told of this member
  room_role role = room_role::editor;
  std::string token{};  // shown in the hello: the GATE's affair
  // Of a session that was in the room while it lived elsewhere: the site that the
  // others know it by, and keep. 0: of a newcomer.
  ot::site_id site_before = 0;
};

struct open_request {
  ot::site_id site = 0;
  client::open open;
};

struct submit_edit {
  storage::file_key file = 0;
  ot::edit edit;
  bool by_ai = false;  // a person has taken a proposal over
};

struct move_cursor {
  ot::site_id site = 0;
  storage::file_key file = 0;
  ot::revision rev = 0;
  std::vector<client::selection> ranges;
};

// The operations from one durable revision on, up to another.
struct catch_up {
  ot::site_id site = 0;
  storage::file_key file = 0;
  ot::revision from = 0;
  ot::revision to = 0;
  bool may_compose = false;
};

struct post_chat {
  ot::site_id site = 0;
  client::chat chat;
};

struct file_request {
  ot::site_id site = 0;
  client::change_file change;
};

struct change_role {
  ot::site_id site = 0;
  room_role role = room_role::none;
};

struct divergence_report {
  ot::site_id site = 0;
  client::diverged report;
};

// ---- room → session ----

struct joined {
  server::welcome welcome;  // without the limits
};

struct file_opened {
  storage::file_key file = 0;
  server::opened opened;
  // Of the client's unacknowledged edit, if it was committed (perhaps not
  // durably yet).
  std::optional<std::uint64_t> committed_seq;
  ot::revision committed_rev = 0;
};

struct sent_op {
  ot::revision rev = 0;
  ot::client_id client;
  std::uint64_t seq = 0;
  frame bytes;
};

// Part of a file's history: single operations, or one that composes them all.
struct history_slice {
  storage::file_key file = 0;
  ot::revision from = 0;
  ot::revision to = 0;
  bool composed = false;
  std::vector<sent_op> ops;
  std::vector<std::pair<ot::site_id, frame>> cursors;  // valid at `to`, if that is the head
};

// An edit that will not be in the stream, or is there already.
struct edit_answer {
  enum class verdict : std::uint8_t { duplicate, refused };
  storage::file_key file = 0;
  std::uint64_t seq = 0;
  verdict result = verdict::refused;
  ot::revision rev = 0;  // of a duplicate
  error_code code = error_code::internal;
  std::string why;
  std::optional<std::uint32_t> retry_ms;
};

// An answer that concerns no edit.
struct room_error {
  server::error error;
};

// What one commit group brought a file.
struct file_batch {
  storage::file_key file = 0;
  ot::revision from = 0;
  ot::revision to = 0;
  std::vector<sent_op> ops;
  frame all;  // the bytes of all the operations together
  std::vector<std::pair<ot::site_id, frame>> cursors;  // valid at `to`
  frame check;                                         // may be null
};

// A message to everybody; its sender may get another form of it.
struct room_note {
  frame bytes;
  ot::site_id own_site = 0;
  frame own_bytes;  // null: the same

  // What it means for a session's files.
  enum class effect : std::uint8_t { none, renamed, removed, created };
  effect on_file = effect::none;
  storage::file_key file = 0;
  std::string new_name;  // of a created one, its name

  // What it means for who must know what has been told (session_core).
  ot::site_id came = 0;       // somebody, or somebody in another role
  ot::site_id went = 0;
  std::uint64_t chat_n = 0;   // this is that chat message
  std::uint64_t chat_id = 0;  // what its sender calls it; 0: not known
};

// One message to every session for each commit group, dealt with in this order:
// whoever has come is known before their carets are shown.
struct fanout {
  std::vector<room_note> people;
  std::vector<file_batch> files;
  std::vector<room_note> notes;
};
using fanout_ptr = std::shared_ptr<const fanout>;

// The session's membership has ended.
struct expelled {
  close_code code = close_code::going_away;
  std::string why;
};

using room_event = std::variant<joined, file_opened, history_slice, edit_answer, room_error,
                                fanout_ptr, expelled>;

}  // namespace tandem
