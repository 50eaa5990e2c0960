#include "tests/sim/sim_witness.hpp"

#include <algorithm>
#include <utility>

namespace tandem::sim {

sim_witness::sim_witness(storage::store& kept, std::string room_id)
    : kept_{kept}, room_id_{std::move(room_id)} {
  look();
}

// A file may get operations and another name, or none, by one write.
void sim_witness::on_durable(const storage::room_write& write) {
  for (const storage::op_run& run : write.runs)
    note_head(run.file, names_[run.file], run.last());
  look();
}

void sim_witness::look() {
  const auto room = kept_.load_room(storage::default_tenant, room_id_, 1);
  for (const storage::file_record& file : room->room.files) {
    names_[file.key] = file.name;
    note_head(file.key, file.name, file.rev);
  }
  if (!room->chat.empty())
    chats_ = room->chat.back().n;
}

void sim_witness::note_head(storage::file_key key, const std::string& name, ot::revision rev) {
  heads_[key] = rev;
  ot::revision& furthest = heads_by_name_[name];
  furthest = std::max(furthest, rev);
}

void sim_witness::on_told(const said& message) {
  const auto is_ahead = [&](const std::string& file, ot::revision rev) {
    const auto head = heads_by_name_.find(file);
    return head == heads_by_name_.end() || rev > head->second;
  };
  bool too_early = false;
  if (const auto* op = std::get_if<said_op>(&message))
    too_early = is_ahead(op->file, op->rev);
  else if (const auto* ack = std::get_if<said_ack>(&message))
    too_early = is_ahead(ack->file, ack->rev);
  else if (const auto* opened = std::get_if<server::opened>(&message))
    too_early = is_ahead(opened->file, opened->rev);
  else if (const auto* chat = std::get_if<server::chat>(&message))
    too_early = chat->n > chats_;
  else if (const auto* change = std::get_if<server::file_changed>(&message))
    too_early = is_ahead(change->to.empty() ? change->file : change->to, 0);
  if (too_early) fprintf(stderr, "EARLY variant %zu\n", message.index());
  told_too_early_ += too_early ? 1 : 0;
}

}  // namespace tandem::sim
