// sim_bridge: the simulated server at the end of a pipe, in lock-step with
// clients of any language. They hold the time: it goes on by `run` alone.
//
//   new SEED             a new world at time 0; the one before is gone
//   connect CONN         CONN is a new number of the caller's
//   frame CONN TEXT      a frame of that connection's client
//   read CONN BYTES      the client has taken so much of what was sent to it
//   drop CONN            the server notices that the connection is gone
//   heal                 nothing goes wrong from here on
//   run TIME LOOKAHEAD   until TIME, or LOOKAHEAD behind the first line that
//                        this brings about; times are microseconds
//   judge                what the store has
//
// `run` is answered by what has happened since the one before, then by `done`:
//
//   open|refuse CONN TIME          to `connect`
//   frame CONN TIME BYTES TEXT     BYTES with its header
//   close CONN TIME CODE           the server has ended the connection
//   done TIME
//
// `judge` is answered by one line of JSON. Nothing else is answered.
#include "tests/sim/bridge/bridged_server.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

using tandem::sim::bridged_server;

std::string_view next_word(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

std::uint64_t next_number(std::string_view& line) {
  const std::string_view word = next_word(line);
  std::uint64_t number = 0;
  const auto result = std::from_chars(word.data(), word.data() + word.size(), number);
  if (result.ec != std::errc{})
    throw std::invalid_argument{"a number is expected"};
  return number;
}

class bridge {
 public:
  void obey(std::string_view line) {
    const std::string_view what = next_word(line);
    if (what == "new") {
      world_.reset();
      world_ = std::make_unique<bridged_server>(next_number(line), out_);
    } else if (!world_) {
      throw std::invalid_argument{"`new` comes first"};
    } else if (what == "run") {
      const auto until_us = static_cast<std::int64_t>(next_number(line));
      world_->run(until_us, static_cast<std::int64_t>(next_number(line)));
      out_ += "done " + std::to_string(world_->now_us()) + '\n';
      flush();
    } else if (what == "judge") {
      world_->judge();
      flush();
    } else if (what == "heal") {
      world_->heal();
    } else {
      obey_about_connection(what, line);
    }
  }

 private:
  void obey_about_connection(std::string_view what, std::string_view line) {
    const std::uint64_t name = next_number(line);
    if (what == "connect")
      world_->connect(name);
    else if (what == "frame")
      world_->hear(name, line);
    else if (what == "read")
      world_->read(name, next_number(line));
    else if (what == "drop")
      world_->drop(name);
    else
      throw std::invalid_argument{"unknown command"};
  }

  // One write for an answer: a round trip is what a run costs.
  void flush() {
    std::fwrite(out_.data(), 1, out_.size(), stdout);
    std::fflush(stdout);
    out_.clear();
  }

  std::string out_;
  std::unique_ptr<bridged_server> world_;
};

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);
  bridge one;
  std::string line;
  try {
    while (std::getline(std::cin, line))
      one.obey(line);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sim_bridge: %s: %.200s\n", error.what(), line.c_str());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
