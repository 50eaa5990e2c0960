// The running service with a store in memory, and clients without a socket:
// each is a sink that keeps what it is sent.
#pragma once

#include "actors/service.hpp"
#include "storage/memory_store.hpp"
#include "tests/support/await.hpp"
#include "tests/support/plain_encoder.hpp"
#include "tests/support/records.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem::test {

class recording_sink final : public connection_sink {
 public:
  void send(const frame& bytes, pace) override {
    state_.change([&] { text_ += *bytes; });
  }
  std::uint64_t unread_bytes() const override { return 0; }
  void close(close_code code, std::string_view) override {
    state_.change([&] { closed_ = static_cast<int>(code); });
  }
  void consumed() override {
    state_.change([&] { ++consumed_; });
  }

  std::optional<int> await_close() const {
    state_.await([&] { return closed_.has_value(); });
    return state_.look([&] { return closed_; });
  }

  // Whether the text came; all up to and with it is taken.
  bool await_text(std::string_view wanted) {
    const auto has = [&] { return text_.find(wanted) != std::string::npos; };
    const bool came = state_.await(has);
    state_.change([&] {
      if (has())
        text_.erase(0, text_.find(wanted) + wanted.size());
    });
    return came;
  }

  // The next line. Nothing if none comes in time.
  std::optional<std::string> await_line() {
    if (!state_.await([&] { return text_.find('\n') != std::string::npos; }))
      return std::nullopt;
    std::string line;
    state_.change([&] {
      line = text_.substr(0, text_.find('\n'));
      text_.erase(0, line.size() + 1);
    });
    return line;
  }

  bool has_line() const {
    return state_.look([&] { return text_.find('\n') != std::string::npos; });
  }

  std::uint64_t consumed_count() const {
    return state_.look([&] { return consumed_; });
  }

 private:
  watched state_;
  std::string text_;
  std::optional<int> closed_;
  std::uint64_t consumed_ = 0;
};

// One connection. It ends with this object, as a connection of net/ would.
class sinking_client {
 public:
  sinking_client(service& actors, const std::string& room, std::string name)
      : sink{std::make_shared<recording_sink>()},
        inbox_{actors.connect(room, sink)},
        name_{std::move(name)} {}
  ~sinking_client() { inbox_->disconnected(); }

  void hello(std::vector<client::open> opens = {}) {
    inbox_->said(client::hello{name_, name_, std::move(opens)});
  }
  void say(client::message message) { inbox_->said(std::move(message)); }
  session_inbox& inbox() { return *inbox_; }

  std::shared_ptr<recording_sink> sink;

 private:
  std::unique_ptr<session_inbox> inbox_;
  std::string name_;
};

// A service whose store has a room "room" with the file "a" of "abc".
class service_test : public testing::Test {
 protected:
  service_test() { bounds.fanout_us_per_member = 0; }
  ~service_test() override {
    if (actors && !stopped)
      actors->stop(patience);
  }

  void start(std::unique_ptr<storage::store> store = storage::make_memory_store()) {
    store->create_room({storage::default_tenant, "room", "Room", 1, {file_with("a", 3)}});
    kept = store->open_reader();
    actors = start_service(bounds, encoder, std::move(store), 2, {}, {}, {}, ai);
  }

  bool stop() {
    stopped = true;
    return actors->stop(patience);
  }

  // The text that the store has.
  std::string stored_text() {
    const auto room = kept->find_room(storage::default_tenant, "room").value();
    return text_at(*kept, room.files[0].key, room.files[0].rev).value();
  }

  limits bounds;
  ai_parts ai;  // to be set before the start
  plain_encoder encoder;
  std::unique_ptr<storage::reader> kept;
  std::unique_ptr<service> actors;
  bool stopped = false;
};

}  // namespace tandem::test
