#include "net/outbound_queue.hpp"

#include <utility>

namespace tandem::net {

namespace {

constexpr std::size_t idle_frames_max = 8;  // capacity that an idle queue may keep

}  // namespace

bool outbound_queue::push(frame bytes) {
  const std::lock_guard lock{mutex_};
  unread_.fetch_add(bytes->size());
  frames_.push_back(std::move(bytes));
  return !std::exchange(flush_scheduled_, true);
}

void outbound_queue::begin_flush() {
  const std::lock_guard lock{mutex_};
  flush_scheduled_ = false;
}

std::size_t outbound_queue::peek(std::span<iovec> parts) {
  const std::lock_guard lock{mutex_};
  std::size_t count = 0;
  std::size_t skip = taken_of_first_;
  for (std::size_t i = first_; i < frames_.size() && count < parts.size(); ++i) {
    const std::string& bytes = *frames_[i];
    parts[count++] = {const_cast<char*>(bytes.data()) + skip, bytes.size() - skip};
    skip = 0;
  }
  return count;
}

void outbound_queue::consume(std::size_t bytes) {
  const std::lock_guard lock{mutex_};
  unread_.fetch_sub(bytes);
  bytes += taken_of_first_;
  while (first_ < frames_.size() && bytes >= frames_[first_]->size()) {
    bytes -= frames_[first_]->size();
    frames_[first_++].reset();
  }
  taken_of_first_ = bytes;
  if (first_ < frames_.size())
    return;
  first_ = 0;
  frames_.clear();
  if (frames_.capacity() > idle_frames_max)
    frames_.shrink_to_fit();
}

void outbound_queue::drop_everything() {
  const std::lock_guard lock{mutex_};
  frames_ = {};
  first_ = 0;
  taken_of_first_ = 0;
  unread_ = 0;
}

}  // namespace tandem::net
