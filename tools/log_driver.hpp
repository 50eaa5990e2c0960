// Types a log into a live server: its files, one after the other, each operation
// when the one before it has been acknowledged, by clients of the protocol. So no
// operation is transformed, and the texts must come out equal.
//
// Invariants
//  1. The operations of one client of the log are made by one client here.
//  2. An operation is sent when its client has been sent the revision before it.
#pragma once

#include "net/remote_server.hpp"
#include "storage/op_log.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tandem::tools {

struct drive_options {
  std::string url;            // http://HOST:PORT
  double speed = 1;           // times as fast as it was typed; 0: as fast as it goes
  std::size_t clients = 1;    // the log's are dealt out to them; the rest only follow
};

struct drive_result {
  std::uint64_t operations = 0;
  double seconds = 0;
  double ack_p50_ms = 0;
  double ack_p99_ms = 0;
  std::string room_url;
  std::vector<std::string> different;  // files whose text is not the log's
};

class log_driver {
 public:
  explicit log_driver(drive_options options);
  ~log_driver();

  // Throws storage::op_log_error for a log that is not sound, and
  // std::runtime_error if the server does not do as the protocol says.
  void take(const storage::log_line& line);

  // Looks whether the texts are equal.
  drive_result finish();

 private:
  class member;
  using clock = std::chrono::steady_clock;

  void make_room(const storage::log_header& header);
  void make_file(const storage::log_file& file);
  void type(const storage::log_entry& entry);
  void keep_pace(std::int64_t at_ms);
  void await(const member& who, const std::function<bool()>& holds, const char* what);
  member& member_of(const ot::client_id& client);

  drive_options options_;
  net::remote_server server_;
  storage::log_replay replay_;
  std::string room_id_;
  std::vector<std::unique_ptr<member>> members_;
  std::map<ot::client_id, std::size_t> numbers_;
  std::vector<float> acks_ms_;
  std::optional<clock::time_point> began_;
  std::optional<clock::time_point> file_began_;
  std::int64_t file_began_ms_ = 0;
};

}  // namespace tandem::tools
