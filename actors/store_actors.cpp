#include "actors/store_actors.hpp"

#include "actors/hardening.hpp"
#include "actors/log.hpp"
#include "ot/composer.hpp"

#include <span>
#include <utility>

namespace tandem {

namespace {

write_outcome outcome_after(const storage::store_error& error) noexcept {
  return error.why() == storage::store_error::cause::unknown ? write_outcome::unknown
                                                             : write_outcome::failed;
}

}  // namespace

// ---- WRITER ----

void writer_state::on_claim(const claim_room& wish) {
  store_claimed answer;
  try {
    // Not assigned from the call: GCC 12 then takes the member's initialisation for
    // dead, and what is there when the call throws is whatever the stack held.
    if (wish.node.empty()) {
      const auto epoch = store_->claim_room(wish.tenant, wish.room_id);
      answer.epoch = epoch;
    } else {
      const auto lease = store_->lease_room(wish.tenant, wish.room_id, wish.node);
      answer.is_buried = lease.is_buried;
      answer.epoch = lease.epoch;
      answer.holder = lease.holder;
    }
  } catch (const storage::store_error& error) {
    log(log_level::error, "cannot claim room " + wish.room_id + ": " + error.what());
    answer.failed = true;
  }
  self_->send(wish.room, store_says{answer});
}

// If it fails the next one waits for the end of this node's lease, or is told to
// look here.
void writer_state::on_release(const release_room& wish) {
  try {
    if (wish.to.empty())
      store_->release_room(wish.tenant, wish.room_id, wish.node, wish.epoch);
    else
      store_->pass_room(wish.tenant, wish.room_id, wish.node, wish.to, wish.epoch);
  } catch (const storage::store_error& error) {
    log(log_level::error, "cannot release room " + wish.room_id + ": " + error.what());
  }
  if (wish.room)
    self_->send(wish.room, store_says{store_released{}});
}

void writer_state::on_persist(persist& wish) {
  if (gathered_.empty())
    self_->send(self_, commit_gathered{});
  gathered_.push_back(std::move(wish));
}

void writer_state::on_commit() {
  std::vector<persist> group = std::exchange(gathered_, {});
  std::vector<storage::room_write> writes;
  writes.reserve(group.size());
  for (const persist& wish : group)
    writes.push_back(std::move(*wish.write));
  try {
    const auto results = store_->write(writes);
    for (std::size_t i = 0; i < group.size(); ++i)
      self_->send(group[i].room,
                  store_says{store_written{outcome_of(results[i]), results[i].created}});
    store_->maintain(!self_->mailbox().empty());
  } catch (const storage::store_error& error) {
    log(log_level::error, error.what());
    const write_outcome outcome = outcome_after(error);
    if (outcome == write_outcome::failed && group.size() > 1) {
      for (std::size_t i = 0; i < group.size(); ++i)
        *group[i].write = std::move(writes[i]);
      return commit_one_by_one(group);
    }
    for (const persist& wish : group)
      self_->send(wish.room, store_says{store_written{outcome, {}}});
  }
}

write_outcome writer_state::outcome_of(const storage::write_result& result) {
  if (result.result == storage::write_result::verdict::written)
    return write_outcome::written;
  if (refused_)
    ++*refused_;
  return write_outcome::conflict;
}

// A group failed: one room's data may be the cause, and must not stop others.
void writer_state::commit_one_by_one(std::vector<persist>& group) {
  for (const persist& wish : group) {
    store_written answer;
    try {
      const auto results = store_->write(std::span{wish.write.get(), 1});
      answer.outcome = outcome_of(results.front());
      answer.created = results.front().created;
    } catch (const storage::store_error& error) {
      answer.outcome = outcome_after(error);
    }
    self_->send(wish.room, store_says{std::move(answer)});
  }
}

void writer_state::on_task(const write_task& wish) {
  wish.task(*store_);
}

writer_actor::behavior_type writer(writer_actor::stateful_pointer<writer_state> self,
                                   std::shared_ptr<storage::store> store,
                                   std::shared_ptr<std::atomic<std::uint64_t>> refused) {
  writer_state& state = self->state;
  harden(self);
  state.start(std::move(store), std::move(refused));
  return {
    [&state](const claim_room& wish) { state.on_claim(wish); },
    [&state](const release_room& wish) { state.on_release(wish); },
    [&state](persist& wish) { state.on_persist(wish); },
    [&state](commit_gathered) { state.on_commit(); },
    [&state](const write_task& wish) { state.on_task(wish); },
  };
}

// ---- READER ----

void reader_state::on_load(const load_room& wish) {
  store_loaded answer;
  try {
    answer.room = reader_->load_room(wish.tenant, wish.room_id, chat_kept_);
  } catch (const storage::store_error& error) {
    log(log_level::error, "cannot load room " + wish.room_id + ": " + error.what());
    answer.failed = true;
  }
  self_->send(wish.room, store_says{std::move(answer)});
}

// Composed on the way, if it may be: memory does not grow with the stretch.
void reader_state::on_history(const read_history& wish) {
  const catch_up& wanted = wish.wanted;
  store_history single{wanted, {}};
  ot::composer together;
  try {
    reader_->read_ops(wanted.file, wanted.from, wanted.to,
                      [&](ot::revision, storage::stored_op&& entry) {
                        if (wanted.may_compose) {
                          together.add(std::move(entry.op));
                          return true;
                        }
                        single.ops.push_back(std::move(entry));
                        return single.ops.size() < wish.ops_max;
                      });
  } catch (const storage::store_error& error) {
    log(log_level::error, std::string{"cannot read history: "} + error.what());
    self_->send(wish.room, store_says{store_history{wanted, {}}});
    return;
  }
  if (wanted.may_compose)
    self_->send(wish.room, store_says{store_composed_history{wanted, together.composed()}});
  else
    self_->send(wish.room, store_says{std::move(single)});
}

void reader_state::on_task(const read_task& wish) {
  wish.task(*reader_);
}

reader_actor::behavior_type reader(reader_actor::stateful_pointer<reader_state> self,
                                   std::shared_ptr<storage::reader> reader,
                                   std::size_t chat_kept) {
  reader_state& state = self->state;
  harden(self);
  state.start(std::move(reader), chat_kept);
  return {
    [&state](const load_room& wish) { state.on_load(wish); },
    [&state](const read_history& wish) { state.on_history(wish); },
    [&state](const read_task& wish) { state.on_task(wish); },
  };
}

}  // namespace tandem
