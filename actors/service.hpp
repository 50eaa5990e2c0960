// The running server as net/ sees it: sessions to be opened, the store to be
// asked. No CAF here, and nothing of a socket: this and `connection_sink` are
// the seam between the two worlds.
//
// Thread safety: every call of `service` and `session_inbox` may come from any
// thread; a sink is called from any thread.
#pragma once

#include "actors/admission.hpp"
#include "actors/ai/ai_offer.hpp"
#include "actors/ai/companion_limits.hpp"
#include "actors/ai/language_model.hpp"
#include "actors/ai/question.hpp"
#include "actors/cluster_settings.hpp"
#include "actors/limits.hpp"
#include "actors/protocol.hpp"
#include "actors/rate_limits.hpp"
#include "storage/cluster_registry.hpp"
#include "storage/store.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace tandem {

// The way out of a session: what a connection does for it.
class connection_sink {
 public:
  virtual ~connection_sink() = default;
  // `with_batch`: it may wait until the batch that it belongs to has been given
  // to every sink (service::on_batch_given).
  enum class pace : std::uint8_t { at_once, with_batch };
  virtual void send(const frame& bytes, pace when) = 0;
  // What was given to `send` and has not been taken by the peer's machine. When
  // it has been over limits::outbound_pause_bytes and falls under half of that,
  // the connection says `drained`.
  virtual std::uint64_t unread_bytes() const = 0;
  // Sends what is queued, then the close frame.
  virtual void close(close_code code, std::string_view why) = 0;
  // One message that was `said` has been dealt with.
  virtual void consumed() = 0;
  // Whoever said hello is let in: what else they say may be read. Until then a
  // stranger's words are best left with the kernel.
  virtual void admitted() {}
};

// The way in.
class session_inbox {
 public:
  virtual ~session_inbox() = default;
  virtual void said(client::message message) = 0;
  virtual void drained() = 0;
  virtual void hello_timed_out() = 0;
  virtual void shutting_down() = 0;
  // Said once, last: the session ends.
  virtual void disconnected() = 0;
};

// One edit by somebody who has no connection.
struct visiting_edit {
  std::string room_id;
  storage::file_key file = 0;
  std::string author;  // the display name
  ot::revision base = 0;
  ot::text_op op;
  storage::tenant_key tenant = storage::default_tenant;
};

struct visit_result {
  std::optional<ot::revision> rev;  // what it became; it is durable
  // Otherwise:
  error_code code = error_code::internal;
  std::string why;
  bool is_room_absent = false;
};

class service {
 public:
  virtual ~service() = default;

  // `shown`: with the handshake; the hello may show more.
  virtual std::unique_ptr<session_inbox> connect(std::string room_id,
                                                 std::shared_ptr<connection_sink> sink,
                                                 credentials shown = {}) = 0;

  // Who is it, and what may they in the room (empty: none is named)? Answered
  // once, on the gate's thread.
  virtual void admit(credentials shown, std::string room_id,
                     std::function<void(const admission&)> answer) = 0;

  // Said after a change of rights is durable: sessions that it concerns are told
  // within a second. `room_id` may be empty.
  virtual void rights_changed(std::string room_id, std::optional<storage::account_key> account) = 0;

  // Said after a room's new name is durable.
  virtual void room_renamed(std::string room_id, std::string name) = 0;

  // Runs a task on the reading or the writing thread of the store. The task
  // catches what the store throws, and does not block on anything else.
  virtual void read(std::function<void(storage::reader&)> task) = 0;
  virtual void write(std::function<void(storage::store&)> task) = 0;

  // As `read`, for what takes longer: rooms do not wait for it.
  virtual void study(std::function<void(storage::reader&)> task) = 0;

  // Has the edit made in its room. `answer` is called once, on any thread,
  // within some seconds.
  virtual void edit(visiting_edit wish, std::function<void(const visit_result&)> answer) = 0;

  // Asks a room's AI, or the AI about a text. `from` is told as ai::asker says.
  virtual void ask_ai(std::string room_id, storage::tenant_key tenant, ai::asker from,
                      ai::question what) = 0;
  virtual void ask_about_text(ai::text_question what, ai::asker from) = 0;
  // It does not want to know any more.
  virtual void take_back(std::string room_id, std::uint64_t asker_id) = 0;

  // Ends the room's sessions, and then runs the task as `write` does.
  virtual void close_room(const std::string& room_id,
                          std::function<void(storage::store&)> task) = 0;

  // Called, from any thread, whenever every session of a room has passed a batch
  // on to its sink: one wake-up for a whole fanout instead of one for each
  // socket. To be set before the first connection.
  virtual void on_batch_given(std::function<void()> hook) = 0;

  virtual const limits& bounds() const noexcept = 0;
  virtual access_mode mode() const noexcept = 0;
  virtual rate_limits& rates() noexcept = 0;

  struct counters {
    std::uint64_t sessions = 0;
    std::uint64_t rooms = 0;
  };
  virtual counters count() const noexcept = 0;

  // Of the cluster; all zero where there is none.
  struct cluster_counts {
    std::uint64_t nodes = 0;
    std::uint64_t links = 0;
    std::uint64_t relays = 0;
    std::uint64_t bytes_sent = 0;
    std::uint64_t bytes_received = 0;
    std::uint64_t fenced_writes = 0;  // refused: another had the room
  };
  virtual cluster_counts count_cluster() const noexcept = 0;

  // Of the AI.
  struct ai_counts {
    std::uint64_t completions = 0;
    std::uint64_t changes = 0;
    std::uint64_t mentions = 0;
    std::uint64_t texts = 0;
    std::uint64_t dropped = 0;
    std::uint64_t cache_hits = 0;
    std::uint64_t companions = 0;
    ai::model_counts model;
  };
  virtual ai_counts count_ai() const noexcept = 0;

  // In a cluster: has other nodes take this one's rooms. Whether they did in time.
  virtual bool give_rooms_away(std::chrono::milliseconds deadline) = 0;

  // Lets every room finish its write, and stops. Whether all were done in time.
  virtual bool stop(std::chrono::milliseconds deadline) = 0;
};

// Who may come in, and how fast.
struct entry_settings {
  access_mode mode = access_mode::open;
  rate_settings rates;
};

// What the AI works with.
struct ai_parts {
  ai_offer offer;
  std::shared_ptr<ai::language_model> model;  // none: only the local predictor
  const frame_decoder* decoder = nullptr;     // none: no AI; must outlive the service
  ai::companion_limits bounds{};
};

// What a node needs of the world around it.
struct cluster_doors {
  // Called once.
  std::function<std::unique_ptr<storage::cluster_registry>()> open_registry;
  // Of HOST:PORT: whether it takes connections; whether it refuses them, because no
  // process listens. Both may be false. Each blocks for 300 ms at most, and for another
  // second if a name has to be resolved.
  std::function<bool(const std::string& address)> is_somebody_at;
  std::function<bool(const std::string& address)> is_nobody_at;
};

// Starts the actors. `doors`: where a cluster is wanted. The encoder must outlive the service. Throws if the cluster
// cannot be entered.
std::unique_ptr<service> start_service(const limits& bounds, const frame_encoder& encoder,
                                       std::unique_ptr<storage::store> store,
                                       std::size_t threads, const entry_settings& entry = {},
                                       const cluster_settings& cluster = {},
                                       const cluster_doors& doors = {}, const ai_parts& ai = {});

}  // namespace tandem
