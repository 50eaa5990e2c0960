#include "tests/bench/load_options.hpp"

#include "tests/bench/sockets.hpp"

#include <charconv>
#include <stdexcept>
#include <string_view>

namespace tandem::bench {
namespace {

template <class Number>
Number parse_number(std::string_view option, std::string_view value, Number least) {
  Number number{};
  const char* const end = value.data() + value.size();
  const auto [stop, fault] = std::from_chars(value.data(), end, number);
  if (fault != std::errc{} || stop != end || number < least)
    throw std::runtime_error{std::string{option} + " does not take " + std::string{value}};
  return number;
}

text_check parse_check(std::string_view value) {
  if (value == "server")
    return text_check::server;
  if (value == "replicas")
    return text_check::replicas;
  if (value == "none")
    return text_check::none;
  throw std::runtime_error{"--check takes server, replicas or none"};
}

void set_option(load_options& options, std::string_view name, const std::string& value) {
  const auto count = [&](std::size_t least) { return parse_number(name, value, least); };
  const auto seconds = [&] { return parse_number(name, value, 0.0); };
  if (name == "--target")
    options.target = parse_address(value);
  else if (name == "--server-pid")
    options.server_pid = parse_number<pid_t>(name, value, 1);
  else if (name == "--clients")
    options.clients = count(1);
  else if (name == "--writers")
    options.writers = count(0);
  else if (name == "--rooms")
    options.rooms = count(1);
  else if (name == "--rate")
    options.rate_ops_per_second = parse_number(name, value, 0.001);
  else if (name == "--seconds")
    options.measured_seconds = seconds();
  else if (name == "--warmup")
    options.warmup_seconds = seconds();
  else if (name == "--seed")
    options.seed = count(0);
  else if (name == "--check")
    options.check = parse_check(value);
  else if (name == "--token")
    options.token = value;
  else
    throw std::runtime_error{"unknown option " + std::string{name}};
}

}  // namespace

const char* const load_usage =
  "bench_load --target HOST:PORT --server-pid PID [--clients N] [--rooms R] [--seed N]\n"
  "           [--writers W] [--rate OPS_PER_SECOND_IN_ALL] [--seconds S] [--warmup S]\n"
  "           [--check server|replicas|none] [--token TOKEN] [--idle]\n";

load_options parse_load_options(int argc, char** argv) {
  load_options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--idle") {
      options.is_idle = true;
      continue;
    }
    if (++i == argc)
      throw std::runtime_error{std::string{name} + " needs a value"};
    set_option(options, name, argv[i]);
  }
  if (options.target.sin_port == 0 || options.server_pid == 0)
    throw std::runtime_error{"--target and --server-pid are needed"};
  if (options.writers > options.clients || options.rooms > options.clients)
    throw std::runtime_error{"there cannot be more writers or rooms than clients"};
  return options;
}

}  // namespace tandem::bench
