// One thread that does I/O, with its own io_context: whatever belongs to it
// needs no strand. Connections are dealt out over the I/O threads.
#pragma once

#include "actors/limits.hpp"
#include "net/wire_codec.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace tandem::net {

// Something that has output to flush.
class flushable {
 public:
  virtual ~flushable() = default;
  virtual void flush() = 0;
};

class io_thread {
 public:
  explicit io_thread(const limits& bounds) : decoder{bounds} {}

  // Flushes it on this thread: soon, or when `wake` is called. From any thread.
  void schedule_flush(std::shared_ptr<flushable> who, bool at_once) {
    {
      const std::lock_guard lock{mutex_};
      waiting_.push_back(std::move(who));
    }
    if (at_once)
      wake();
  }

  // Flushes what waits. However many calls come before it does, they are one
  // event: a fanout reaches all its sockets by one wake-up.
  void wake() {
    {
      const std::lock_guard lock{mutex_};
      if (waiting_.empty() || std::exchange(awake_, true))
        return;
    }
    boost::asio::post(context, [this] { flush_waiting(); });
  }

  boost::asio::io_context context{1};
  message_decoder decoder;

 private:
  void flush_waiting() {
    {
      const std::lock_guard lock{mutex_};
      flushing_.swap(waiting_);
      awake_ = false;
    }
    for (const auto& who : flushing_)
      who->flush();
    flushing_.clear();
  }

  std::mutex mutex_;
  std::vector<std::shared_ptr<flushable>> waiting_;
  std::vector<std::shared_ptr<flushable>> flushing_;
  bool awake_ = false;  // a flush has been posted
};

}  // namespace tandem::net
