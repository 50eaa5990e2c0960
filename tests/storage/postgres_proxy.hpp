// Between a store and its server: passes everything on, until it is told what to
// do with the next run of a prepared statement. A Unix socket in a folder of its
// own, one thread.
//
// libpq sends such a run in one piece: a Bind message, which names the
// statement, and what belongs to it. The answer ends with ReadyForQuery, after
// the commit.
#pragma once

#include "tests/support/await.hpp"
#include "tests/support/temp_folder.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace tandem::test {

class postgres_proxy {
 public:
  enum class order {
    pass,
    lose_answer,    // it runs; before the answer gets back the connection is cut
    lose_question,  // the connection is cut, and nothing gets there
    hold,           // it gets there when `release` is called, though its client is cut off
  };

  explicit postgres_proxy(std::string server) : server_{std::move(server)} {
    listener_ = unix_socket();
    const sockaddr_un here = address_of(folder_ / ".s.PGSQL.5432");
    if (bind(listener_, reinterpret_cast<const sockaddr*>(&here), sizeof here) != 0
        || listen(listener_, 16) != 0)
      throw std::runtime_error{"the proxy cannot listen"};
    thread_ = std::thread{[this] { run(); }};
  }
  postgres_proxy(const postgres_proxy&) = delete;
  postgres_proxy& operator=(const postgres_proxy&) = delete;
  ~postgres_proxy() {
    is_ending_ = true;
    thread_.join();
    for (pair& one : pairs_)
      one.close_all();
    close(listener_);
  }

  std::string folder() const { return folder_.path(); }

  // For the next run of the statement.
  void give(order what, const char* statement) {
    state_.change([&] {
      order_ = what;
      statement_ = statement;
    });
  }

  // Whether the order was carried out in time: for `lose_answer`, after the
  // server had answered.
  bool was_carried_out() {
    return state_.await([&] { return order_ == order::pass; });
  }

  // Lets what was held go to the server, and waits for its answer.
  bool release() {
    is_released_ = true;
    return state_.await([&] { return has_held_answer_; });
  }

 private:
  struct pair {
    int client = -1;
    int server = -1;
    bool loses_answer = false;
    bool is_released_answer = false;  // the client is gone; the answer is only seen
    std::string held;

    void close_all() {
      for (int* end : {&client, &server}) {
        if (*end >= 0)
          close(*end);
        *end = -1;
      }
    }
  };

  static int unix_socket() { return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); }

  static sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    return address;
  }

  void run() {
    while (!is_ending_) {
      std::vector<pollfd> ends{{listener_, POLLIN, 0}};
      for (const pair& one : pairs_) {
        ends.push_back({one.client, POLLIN, 0});
        ends.push_back({one.server, POLLIN, 0});
      }
      poll(ends.data(), ends.size(), 5);
      for (std::size_t i = 0; i < pairs_.size(); ++i) {
        if (ends[1 + 2 * i].revents != 0)
          pass_question(pairs_[i]);
        if (ends[2 + 2 * i].revents != 0)
          pass_answer(pairs_[i]);
        if (is_released_ && !pairs_[i].held.empty())
          send_held(pairs_[i]);
      }
      if (ends[0].revents != 0)
        add_pair();
    }
  }

  void add_pair() {
    pair one;
    one.client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    one.server = unix_socket();
    const sockaddr_un there = address_of(server_);
    if (connect(one.server, reinterpret_cast<const sockaddr*>(&there), sizeof there) != 0)
      one.close_all();
    pairs_.push_back(std::move(one));
  }

  static std::string receive(int from) {
    std::array<char, 65'536> buffer{};
    const ssize_t count = recv(from, buffer.data(), buffer.size(), 0);
    return {buffer.data(), static_cast<std::size_t>(count > 0 ? count : 0)};
  }

  static void send_all(int to, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0)
        return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  // The order for this piece, if it is the statement's run.
  order order_for(const std::string& bytes) {
    return state_.look([&] {
      const bool is_run = bytes.starts_with('B') && bytes.find(statement_) != std::string::npos;
      return is_run ? order_ : order::pass;
    });
  }

  void carried_out() {
    state_.change([&] { order_ = order::pass; });
  }

  void pass_question(pair& one) {
    const std::string bytes = receive(one.client);
    if (bytes.empty())
      return one.close_all();
    switch (order_for(bytes)) {
      case order::lose_question:
        one.close_all();
        return carried_out();
      case order::hold:
        one.held = bytes;
        close(one.client);
        one.client = -1;
        return carried_out();
      case order::lose_answer: one.loses_answer = true; break;
      case order::pass: break;
    }
    send_all(one.server, bytes);
  }

  void pass_answer(pair& one) {
    const std::string bytes = receive(one.server);
    if (bytes.empty())
      return one.close_all();
    if (one.is_released_answer) {
      state_.change([&] { has_held_answer_ = true; });
    } else if (one.loses_answer) {
      one.close_all();
      carried_out();
    } else {
      send_all(one.client, bytes);
    }
  }

  void send_held(pair& one) {
    send_all(one.server, one.held);
    one.held.clear();
    one.is_released_answer = true;
  }

  std::string server_;
  temp_folder folder_;
  int listener_ = -1;
  watched state_;
  order order_ = order::pass;
  std::string statement_;
  bool has_held_answer_ = false;
  std::atomic<bool> is_released_{false};
  std::atomic<bool> is_ending_{false};
  std::vector<pair> pairs_;
  std::thread thread_;
};

}  // namespace tandem::test
