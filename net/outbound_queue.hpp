// Frames on their way to one socket, first in first out. Thread-safe: sessions
// push, the I/O thread takes.
//
// Invariants
//  1. Bytes leave in the order in which they were pushed.
//  2. unread_bytes() is what was pushed and not yet taken by the kernel.
#pragma once

#include "actors/protocol.hpp"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include <sys/uio.h>

namespace tandem::net {

class outbound_queue {
 public:
  // Whether the caller has to schedule a flush: nobody else has since the last
  // one began.
  bool push(frame bytes);

  // Begins a flush: later pushes schedule another.
  void begin_flush();

  // Fills `parts` with what is next; returns how many. The parts stay valid
  // until `consume`, which only the flushing thread calls.
  std::size_t peek(std::span<iovec> parts);

  // The kernel took so many bytes.
  void consume(std::size_t bytes);

  std::uint64_t unread_bytes() const noexcept {
    return unread_.load();
  }

  // Gives memory back when nothing is queued.
  void drop_everything();

 private:
  std::mutex mutex_;
  std::vector<frame> frames_;  // from first_ on
  std::size_t first_ = 0;
  std::size_t taken_of_first_ = 0;  // bytes
  bool flush_scheduled_ = false;
  std::atomic<std::uint64_t> unread_{0};
};

}  // namespace tandem::net
