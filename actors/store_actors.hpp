// The WRITER and the READER actor: the store's two threads. Both are spawned
// detached, because the store blocks; both are handed an interface.
//
// The writer commits in groups: whatever has arrived while one group was being
// committed is the next. So the price of a disk sync is shared by all rooms
// that have something to write, and grows with nothing.
#pragma once

#include "actors/interfaces.hpp"

#include <atomic>
#include <memory>
#include <vector>

namespace tandem {

class writer_state {
 public:
  static inline const char* name = "writer";
  explicit writer_state(writer_actor::pointer self) : self_{self} {}

  void start(std::shared_ptr<storage::store> store,
             std::shared_ptr<std::atomic<std::uint64_t>> refused) {
    store_ = std::move(store);
    refused_ = std::move(refused);
  }
  void on_claim(const claim_room& wish);
  void on_release(const release_room& wish);
  void on_persist(persist& wish);
  void on_commit();
  void on_task(const write_task& wish);

 private:
  void commit_one_by_one(std::vector<persist>& group);
  write_outcome outcome_of(const storage::write_result& result);

  writer_actor::pointer self_;
  std::shared_ptr<storage::store> store_;
  std::shared_ptr<std::atomic<std::uint64_t>> refused_;  // writes under an old epoch
  std::vector<persist> gathered_;
};

writer_actor::behavior_type writer(writer_actor::stateful_pointer<writer_state> self,
                                   std::shared_ptr<storage::store> store,
                                   std::shared_ptr<std::atomic<std::uint64_t>> refused);

class reader_state {
 public:
  static inline const char* name = "reader";
  explicit reader_state(reader_actor::pointer self) : self_{self} {}

  void start(std::shared_ptr<storage::reader> reader, std::size_t chat_kept) {
    reader_ = std::move(reader);
    chat_kept_ = chat_kept;
  }
  void on_load(const load_room& wish);
  void on_history(const read_history& wish);
  void on_task(const read_task& wish);

 private:
  reader_actor::pointer self_;
  std::shared_ptr<storage::reader> reader_;
  std::size_t chat_kept_ = 0;
};

reader_actor::behavior_type reader(reader_actor::stateful_pointer<reader_state> self,
                                   std::shared_ptr<storage::reader> reader,
                                   std::size_t chat_kept);

}  // namespace tandem
