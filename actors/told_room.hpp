// What one client has been told of its room: kept where a room may move to another
// node, so that what was missed in between can be told when it is found again.
// Pure; owned by session_core.
//
//   live ── the room has moved ──▶ moving ── joined anew ──▶ live
//
// Invariants
//  1. What `note` has seen is what the client knows: files, peers, chat.
//  2. After `differences` the client knows what the welcome says, and every chat
//     message or change of files that it waits for is told or answered.
#pragma once

#include "actors/room_messages.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace tandem {

class told_room {
 public:
  void welcomed(const server::welcome& welcome);
  // A note that the client was sent; `is_own`: it is of this client's doing.
  void note(const room_note& note, bool is_own);

  // ---- what the client waits for ----
  void asked(const client::chat& chat) { chats_.push_back(chat.id); }
  void asked(const client::change_file& change) { changes_.push_back(change.file); }
  void asked(const client::open& wanted) { opens_.push_back(wanted); }
  void answered(const server::error& error);
  void answered_open(const server::opened& opened);
  // Opens without an answer, to be asked again wherever the room is looked for.
  const std::vector<client::open>& opens() const noexcept { return opens_; }

  // What to tell the client, now that it is in the room again: frames in order.
  std::vector<frame> differences(const server::welcome& found, const frame_encoder& encoder);
  // Peers that were there before and have not come again: they are gone.
  std::vector<frame> missing(const frame_encoder& encoder);

 private:
  void file_differences(const server::welcome& found, const frame_encoder& encoder,
                        std::vector<frame>& frames);
  void chat_differences(const server::welcome& found, const frame_encoder& encoder,
                        std::vector<frame>& frames);
  void peer_differences(const server::welcome& found, const frame_encoder& encoder,
                        std::vector<frame>& frames);
  void refuse_unanswered(const frame_encoder& encoder, std::vector<frame>& frames);
  void changed(const std::string& name);

  std::map<storage::file_key, std::string> files_;
  std::set<ot::site_id> peers_;
  std::set<ot::site_id> awaited_;  // peers of before that have not come again
  std::uint64_t chat_n_ = 0;
  std::vector<std::uint64_t> chats_;   // own, without an answer
  std::vector<std::string> changes_;   // own, without an answer: the files' names
  std::vector<client::open> opens_;
};

}  // namespace tandem
