// A room as a state machine: who is in it, the order of their edits, and when
// they are written and told. Pure: no actor, no clock, no I/O; what it wants
// done goes through `room_effects`, and the outcomes come back as calls. One
// owner at a time: the room actor, or a simulation.
//
//            submit, chat, file              persisted: written
//   live ───────────────────────▶ committing ──────────────────▶ live
//    ▲  ▲                             │   │
//    │  │ next edit, after a pause    │   └─ failed ─▶ read_only ─┐
//    │  └─────────────────────────────┼───────────────────────────┘
//    │                                └─ unknown ─▶ reloading ─┐
//    └──────────────── reloaded ────────────────────────────────┘
//
// Invariants
//  1. At most one write is under way. What comes meanwhile is gathered for the
//     next.
//  2. Nothing is told to anybody, not even its author, before it is durable.
//  3. Every edit that was submitted is answered: by a place in a fanout, as a
//     duplicate, or as refused; a refused edit is in no log.
//  4. When it is not known whether a write took place, the room reads the store
//     before it goes on.
//  5. A client is a member at most once; what an ended membership sends is
//     dropped.
#pragma once

#include "actors/limits.hpp"
#include "actors/room_file.hpp"
#include "actors/room_messages.hpp"
#include "storage/records.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tandem {

// The time of a call: for measuring, and for people.
struct moment {
  std::int64_t steady_us = 0;
  std::int64_t epoch_ms = 0;
};

enum class write_outcome : std::uint8_t {
  written,
  failed,    // nothing was written
  unknown,   // perhaps it was
  conflict,  // the room is gone, or somebody else has written
};

class room_effects {
 public:
  virtual ~room_effects() = default;
  virtual void tell(ot::site_id site, room_event event) = 0;
  virtual void tell_everyone(fanout_ptr batch) = 0;
  // Answered by on_written.
  virtual void persist(storage::room_write write) = 0;
  // Answered by on_reloaded.
  virtual void reload() = 0;
  // Reads operations that are not in memory; answered by on_history.
  virtual void read_history(const catch_up& wanted, std::uint64_t ops_max) = 0;
  // Calls on_timer once.
  virtual void wake_in(std::int64_t us) = 0;
};

class room_core {
 public:
  // Throws storage::store_error{corrupt}.
  // `first_site`: sites count from there. In a cluster another range for each
  // epoch, so that who comes from another node keeps its own.
  room_core(const limits& bounds, const frame_encoder& encoder, room_effects& effects,
            storage::loaded_room loaded, ot::site_id first_site = 1);

  // ---- members ----

  // The site that the next newcomer gets, and that this one will get.
  ot::site_id next_site() const noexcept { return next_site_; }
  ot::site_id site_for(const join_request& request) const;
  // Tells site_for(request) everything from here on. Whether there was room for it.
  bool join(const join_request& request, moment now);
  void leave(ot::site_id site, moment now);
  void open(const open_request& request);
  // The others are told by another `join`.
  void change_role(const tandem::change_role& change, moment now);
  void rename(std::string name) { record_.name = std::move(name); }
  std::size_t member_count() const noexcept { return members_.size(); }
  // Whether something would be lost if the room ended now.
  bool has_unwritten() const noexcept;

  // ---- what members do ----

  void submit(submit_edit request, moment now);
  void move(const move_cursor& request, moment now);
  void catch_up_reader(const catch_up& request);
  void post(const post_chat& request, moment now);
  void change_file(const file_request& request, moment now);
  void note_divergence(const divergence_report& report);

  // ---- outcomes ----

  void on_written(write_outcome outcome, const std::vector<storage::file_key>& created,
                  moment now);
  // Nothing: the store could not be read.
  void on_reloaded(std::optional<storage::loaded_room> loaded, moment now);
  // No operations: they could not be read.
  void on_history(const catch_up& wanted, std::vector<storage::stored_op> ops);
  void on_composed_history(const catch_up& wanted, const ot::text_op& composed);
  void on_timer(moment now);
  // The room was removed.
  void close();

  std::uint64_t divergences() const noexcept { return divergences_; }
  const room_file* file(storage::file_key key) const;

 private:
  enum class phase : std::uint8_t { live, read_only, reloading };

  struct member {
    ot::client_id client;
    server::peer shown;
    std::uint64_t attempt = 0;
    bool is_unseen = false;
  };

  // An edit whose author waits for an answer.
  struct unanswered_edit {
    ot::site_id site = 0;
    storage::file_key file = 0;
    ot::client_id client;
    std::uint64_t seq = 0;
  };

  struct queued_chat {
    ot::site_id site = 0;
    storage::chat_message message;
  };

  struct queued_change {
    ot::site_id site = 0;
    client::change_file request;
    storage::file_change change;
  };

  // What the write under way contains.
  struct write_under_way {
    std::map<storage::file_key, ot::revision> through;
    std::vector<queued_chat> chats;
    std::vector<queued_change> changes;
    std::vector<storage::snapshot> snapshots;  // to be tried again if it fails
    std::size_t answered_edits = 0;
  };

  bool has_members_work() const noexcept;
  bool has_durable_work() const noexcept;
  bool has_notes() const noexcept;
  bool can_write(moment now) const noexcept;
  using member_map = std::map<ot::site_id, member>;

  member_map::iterator find_member(const ot::client_id& client);
  void remove_member(member_map::iterator found);
  server::welcome welcome_for(ot::site_id site, const join_request& request) const;
  // `only_operations`: never by text, however far behind.
  void open_for(ot::site_id site, const client::open& wanted, bool only_operations = false);
  bool by_operations(const room_file& file, const client::open& wanted) const;
  void answer(const unanswered_edit& edit, edit_answer answer);
  void refuse(const submit_edit& request, error_code code, std::string why);
  void report(ot::site_id site, server::error error);

  std::int64_t interval_us() const noexcept;
  void run(moment now);
  void begin_write(moment now);
  room_note chat_note(const queued_chat& said) const;
  void finish_write(const std::vector<storage::file_key>& created, moment now);
  void fail_write(moment now);
  void abandon_queue(const char* why);
  void gather_cursors(fanout& batch);
  void emit(fanout batch, moment now);
  void announce_unavailable();
  std::map<storage::file_key, std::string> file_names() const;
  std::vector<room_note> chats_since(std::uint64_t told);
  void note_file_changes_since(const std::map<storage::file_key, std::string>& old_names,
                               std::vector<room_note>& notes);
  void answer_after_reload(fanout heads);

  bool is_name_taken(const std::string& name) const;
  std::optional<server::error> change_problem(const client::change_file& request) const;
  storage::file_change resolve(const file_request& request, moment now) const;
  room_note change_note(client::file_action action, storage::file_key key, std::string name,
                        std::string to, ot::site_id by) const;
  void apply_change(const queued_change& done, const std::vector<storage::file_key>& created,
                    std::size_t& next_created, fanout& batch);
  void forget_file(storage::file_key key);

  room_file* find(storage::file_key key);
  room_file* find(std::string_view name);
  void load_files(storage::loaded_room& loaded);
  void count_text_bytes();

  const limits& limits_;
  const frame_encoder& encoder_;
  room_effects& effects_;
  storage::room_record record_;
  std::map<storage::file_key, std::unique_ptr<room_file>> files_;
  member_map members_;
  std::vector<storage::chat_message> chat_;  // the latest, durable
  std::uint64_t chat_count_ = 0;
  std::uint64_t text_bytes_ = 0;  // of all files, as they are durable
  ot::site_id next_site_ = 1;

  phase phase_ = phase::live;
  std::int64_t retry_at_us_ = 0;
  std::optional<write_under_way> in_flight_;
  std::vector<unanswered_edit> unanswered_;
  std::vector<queued_chat> chats_;
  std::vector<queued_change> changes_;
  std::vector<storage::snapshot> snapshots_;
  std::vector<room_note> notes_;
  std::int64_t last_run_us_ = 0;
  bool timer_armed_ = false;
  std::uint64_t divergences_ = 0;
};

}  // namespace tandem
