// The command line of the load generator.
#pragma once

#include <netinet/in.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace tandem::bench {

// What the texts of the replicas are held against when the writing is over.
enum class text_check : std::uint8_t {
  server,    // each other, and the text that the server gives out
  replicas,  // each other: for a server that keeps no text
  none       // nothing: for a server that does not transform
};

struct load_options {
  sockaddr_in target{};
  pid_t server_pid = 0;
  std::size_t clients = 50;
  std::size_t writers = 5;
  std::size_t rooms = 1;
  double rate_ops_per_second = 200;  // of all writers together
  double measured_seconds = 5;
  double warmup_seconds = 1;
  std::uint64_t seed = 1;
  text_check check = text_check::server;
  std::string token;  // of an account, where the server wants one
  bool is_idle = false;
};

extern const char* const load_usage;

// Throws std::runtime_error for what it does not understand.
load_options parse_load_options(int argc, char** argv);

}  // namespace tandem::bench
