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

  // Flushes it soon, on this thread. From any thread. A burst of calls wakes
  // the thread once: a fanout reaches all its sockets by one event.
  void schedule_flush(std::shared_ptr<flushable> who) {
    {
      const std::lock_guard lock{mutex_};
      waiting_.push_back(std::move(who));
      if (waiting_.size() > 1)
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
    }
    for (const auto& who : flushing_)
      who->flush();
    flushing_.clear();
  }

  std::mutex mutex_;
  std::vector<std::shared_ptr<flushable>> waiting_;
  std::vector<std::shared_ptr<flushable>> flushing_;
};

}  // namespace tandem::net
