// The messages of docs/protocol.md as values. What a client may say, and what
// the server says. JSON is net/'s affair. Positions and lengths are characters.
#pragma once

#include "actors/ai/suggestion.hpp"
#include "ot/ids.hpp"
#include "ot/text_op.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tandem {

// ---- error and close codes ----

enum class error_code : std::uint8_t {
  bad_message,
  bad_op,
  unknown_file,
  file_exists,
  forbidden,
  rate_limited,
  too_large,
  rebase,
  stale,
  unavailable,
  internal,
};

std::string_view to_string(error_code code) noexcept;

// WebSocket close codes.
enum class close_code : std::uint16_t {
  going_away = 1001,
  overloaded = 1013,
  bad_message = 4400,
  not_authenticated = 4401,
  forbidden = 4403,
  no_such_room = 4404,
  no_hello = 4408,
  superseded = 4409,  // the same client has connected again
  too_large = 4413,
  too_many_connections = 4429,
};

// ---- what a client says ----

namespace client {

struct open {
  std::string file;
  std::optional<ot::revision> rev;   // the revision that the client holds
  std::optional<std::uint64_t> seq;  // its unacknowledged edit's
  std::optional<std::uint64_t> id{};  // of the file that it means, whatever that is called now
};

struct hello {
  std::string client;
  std::string name;
  std::vector<open> opens;
  // Rises from connection to connection of a client: an earlier one's hello may
  // arrive last. 0: unsaid.
  std::uint64_t attempt = 0;
  std::string token{};  // a session's, a program's or an invite's
};

// Here and below: `id` is that of the file, if the client names it; a name may
// have come to stand for another file while the message was on its way.
struct close {
  std::string file;
  std::optional<std::uint64_t> id{};
};

struct edit {
  std::string file;
  ot::revision rev = 0;
  std::uint64_t seq = 0;
  ot::text_op op;
  std::optional<std::uint64_t> id{};
  bool by_ai = false;  // taken over from a proposal
};

struct selection {
  std::uint64_t anchor = 0;
  std::uint64_t head = 0;
};

struct cursor {
  std::string file;
  ot::revision rev = 0;
  std::vector<selection> ranges;
  std::optional<std::uint64_t> id{};
};

struct chat {
  std::uint64_t id = 0;
  std::string text;
};

struct diverged {
  std::string file;
  ot::revision rev = 0;
  std::uint64_t length = 0;
  std::uint32_t crc32 = 0;
};

enum class file_action : std::uint8_t { create, rename, remove };

struct change_file {
  file_action action = file_action::create;
  std::string file;
  std::string to;  // of a rename
  std::string text;
  std::string language;
};

// Of the AI; `ask` is the client's own number.
struct complete {
  std::uint64_t ask = 0;
  std::string file;
  ot::revision rev = 0;
  std::uint64_t position = 0;
  std::optional<std::uint64_t> id{};
};

struct refactor {
  std::uint64_t ask = 0;
  std::string file;
  ot::revision rev = 0;
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::string instruction;
  std::optional<std::uint64_t> id{};
};

struct cancel {
  std::uint64_t ask = 0;
};

// A frame that is none of the above: what to answer.
struct malformed {
  error_code code = error_code::bad_message;
  std::string why;
  std::string file;  // if it could be read
  std::optional<std::uint64_t> seq;
  std::optional<std::uint64_t> ask{};
};

using message = std::variant<hello, open, close, edit, cursor, chat, diverged, change_file,
                             complete, refactor, cancel, malformed>;

}  // namespace client

// ---- what the server says ----

namespace server {

struct peer {
  ot::site_id site = 0;
  std::string name;
  std::string color;  // #rrggbb
  std::string role;
};

struct file_state {
  std::string name;
  ot::revision rev = 0;
  std::string language;
  std::uint64_t id = 0;  // outlives names: see client::open
};

struct chat {
  std::uint64_t n = 0;
  std::string name;
  std::string text;
  std::int64_t at_ms = 0;
  std::optional<ot::site_id> site;
  std::optional<std::uint64_t> id;  // only to its sender
};

struct welcome {
  ot::site_id site = 0;
  std::string role;
  std::string room_id;
  std::string room_name;
  std::vector<file_state> files;
  std::vector<peer> peers;
  std::vector<chat> messages;
  std::uint64_t frame_bytes = 0;
  std::uint64_t op_chars = 0;
  std::uint64_t ops_per_second = 0;
};

struct opened {
  std::string file;
  ot::revision rev = 0;
  std::string language;
  std::optional<std::string> text;  // or:
  ot::revision from = 0;
  std::uint64_t id = 0;
};

// Views what it names: encoded at once, never kept.
struct op {
  std::string_view file;
  ot::revision from = 0;  // the revision before it; one less than `rev`, or it is composed
  ot::revision rev = 0;
  const ot::text_op& op;
  ot::site_id by = 0;  // 0: unsaid
};

struct ack {
  std::string_view file;
  std::uint64_t seq = 0;
  ot::revision rev = 0;
};

struct cursor {
  ot::site_id site = 0;
  std::string_view file;
  ot::revision rev = 0;
  const std::vector<client::selection>& ranges;
};

// Also of a peer that is known, when its role has changed.
struct join {
  peer who;
};

// This client's own role has changed.
struct role {
  std::string role;
};

struct leave {
  ot::site_id site = 0;
};

struct file_changed {
  client::file_action action = client::file_action::create;
  std::string file;
  std::string to;
  std::string language;
  ot::site_id by = 0;  // 0: unsaid
  std::uint64_t id = 0;
};

struct check {
  std::string_view file;
  ot::revision rev = 0;
  std::uint64_t length = 0;
  std::uint32_t crc32 = 0;
};

struct error {
  error_code code = error_code::internal;
  std::string message;
  std::string file;
  std::optional<std::uint64_t> seq;
  std::optional<std::uint64_t> id;  // of a chat message
  std::optional<std::uint32_t> retry_ms;
  std::optional<std::uint64_t> ask{};  // of what the AI was asked
};

// What a room's AI may be asked.
struct ai_state {
  std::string mode;      // off, local, on
  std::string provider;  // off, local, openai
  std::string model;
  std::string host;      // where texts go to; empty: nowhere
  bool can_complete = false;
  bool can_refactor = false;
  bool can_chat = false;

  friend bool operator==(const ai_state&, const ai_state&) = default;
};

struct completion {
  std::uint64_t ask = 0;
  std::string file;
  ot::revision rev = 0;
  ai::prediction what;
  std::string provider;
  bool is_more_to_come = false;
  std::string problem;  // of the model, if its answer is missing
  std::optional<std::uint32_t> retry_ms;
};

struct thinking {
  std::uint64_t ask = 0;
  std::string piece;
};

struct proposal {
  std::optional<std::uint64_t> ask;   // either this,
  std::optional<std::uint64_t> chat;  // or this: the assistant's message
  std::string file;
  ot::revision rev = 0;
  ot::text_op op;
  std::string summary;
  std::string provider;
};

// Everything that the AI says.
using ai_event = std::variant<ai_state, completion, thinking, proposal, error>;

}  // namespace server

// A message as its bytes go over the wire, made once and shared by everyone who
// gets it.
using frame = std::shared_ptr<const std::string>;

// Makes frames. Stateless, used from every thread; net/ has the real one.
class frame_encoder {
 public:
  virtual ~frame_encoder() = default;
  virtual frame encode(const server::welcome& message) const = 0;
  virtual frame encode(const server::opened& message) const = 0;
  virtual frame encode(const server::op& message) const = 0;
  virtual frame encode(const server::ack& message) const = 0;
  virtual frame encode(const server::cursor& message) const = 0;
  virtual frame encode(const server::join& message) const = 0;
  virtual frame encode(const server::leave& message) const = 0;
  virtual frame encode(const server::role& message) const = 0;
  virtual frame encode(const server::chat& message) const = 0;
  virtual frame encode(const server::file_changed& message) const = 0;
  virtual frame encode(const server::check& message) const = 0;
  virtual frame encode(const server::error& message) const = 0;
  virtual frame encode_ai(const server::ai_event& message) const = 0;
};

// Reads frames that frame_encoder has made, for who follows a room inside the
// server. Stateless, used from every thread.
class frame_decoder {
 public:
  virtual ~frame_decoder() = default;
  // Nothing: it is no such frame.
  virtual std::optional<ot::text_op> op_in(const std::string& bytes) const = 0;
  virtual std::optional<server::chat> chat_in(const std::string& bytes) const = 0;
};

}  // namespace tandem
