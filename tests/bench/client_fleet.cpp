#include "tests/bench/client_fleet.hpp"

#include "tests/bench/clock.hpp"
#include "tests/bench/json_scan.hpp"
#include "tests/bench/sockets.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <utility>

namespace tandem::bench {
namespace {

constexpr std::size_t joins_at_once = 32;
constexpr std::int64_t join_timeout_ns = 60 * ns_per_second;
constexpr std::int64_t quiet_ns = ns_per_second;
constexpr std::int64_t quiet_timeout_ns = 60 * ns_per_second;
constexpr std::int64_t longest_wait_ns = ns_per_second;
constexpr std::uint64_t default_retry_ms = 100;
constexpr int events_at_once = 256;
constexpr std::string_view file_name = "main.py";

}  // namespace

// The fields of any message that the clients care about.
struct client_fleet::server_message {
  explicit server_message(std::string_view json) {
    const auto read_field = [&](std::string_view key, std::string_view value) {
      if (key == "type")
        type = json_plain_string(value).value_or("");
      else if (key == "file")
        file = json_plain_string(value).value_or("");
      else if (key == "code")
        code = json_plain_string(value).value_or("");
      else if (key == "op")
        op = value;
      else if (key == "text")
        text = json_plain_string(value);
      else if (key == "rev")
        rev = json_unsigned(value).value_or(0);
      else if (key == "from")
        from = json_unsigned(value);
      else if (key == "seq")
        seq = json_unsigned(value);
      else if (key == "retry_ms")
        retry_ms = json_unsigned(value).value_or(default_retry_ms);
      else if (key == "length")
        length_chars = json_unsigned(value).value_or(0);
      else if (key == "crc32")
        crc32 = json_unsigned(value).value_or(0);
    };
    is_object = for_each_json_field(json, read_field);
  }

  bool is_object = false;
  std::string_view type, file, code, op;
  std::optional<std::string_view> text;
  std::uint64_t rev = 0;
  std::optional<std::uint64_t> from, seq;
  std::uint64_t retry_ms = default_retry_ms;
  std::uint64_t length_chars = 0;
  std::uint64_t crc32 = 0;
};

bool client_fleet::timer::operator>(const timer& other) const noexcept {
  return at_ns != other.at_ns ? at_ns > other.at_ns : number > other.number;
}

client_fleet::client_fleet(const load_options& options)
  : options_{options}, epoll_{::epoll_create1(EPOLL_CLOEXEC)}, latencies_{options.rooms} {
  char name[40];
  std::snprintf(name, sizeof name, "%llx-%x", static_cast<unsigned long long>(now_ns()),
                static_cast<unsigned>(::getpid()));
  run_name_ = name;
}

client_fleet::~client_fleet() {
  ::close(epoll_);
}

void client_fleet::create_rooms() {
  while (room_ids_.size() < options_.rooms) {
    const http_response response =
      http_request(options_.target, "POST", "/rooms", authorization_line(options_.token),
                   R"({"name":"bench"})");
    std::optional<std::string_view> id;
    for_each_json_field(response.body, [&](std::string_view key, std::string_view value) {
      if (key == "room_id")
        id = json_plain_string(value);
    });
    if (response.status != 201 || !id)
      throw std::runtime_error{"POST /rooms: " + std::to_string(response.status) + " "
                               + response.body};
    room_ids_.emplace_back(*id);
  }
}

void client_fleet::start_client() {
  const std::size_t index = clients_.size();
  auto started = std::make_unique<client>();
  started->socket = std::make_unique<client_socket>(
    epoll_, index, options_.target, "/ws/" + room_id(room_of(index)),
    authorization_line(options_.token), options_.seed + index);
  clients_.push_back(std::move(started));
}

void client_fleet::join(std::size_t count) {
  const auto is_complete = [&] {
    if (lost() > 0)
      throw std::runtime_error{"the server refused or dropped a client that was joining"};
    while (clients_.size() < count && clients_.size() - joined_ < joins_at_once)
      start_client();
    return joined_ == count;
  };
  if (!pump_until(now_ns() + join_timeout_ns, is_complete))
    throw std::runtime_error{"only " + std::to_string(joined_) + " clients could join in time"};
}

std::size_t client_fleet::lost() const {
  return std::count_if(clients_.begin(), clients_.end(),
                       [](const auto& one) { return one->socket->is_lost(); });
}

bool client_fleet::is_settled() const {
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    const replica& file = clients_[i]->file;
    if (file.pending() || file.rev() != clients_[room_of(i)]->file.rev())
      return false;
  }
  return true;
}

void client_fleet::call_at(std::int64_t at_ns, std::function<void()> what) {
  timers_.push({at_ns, timer_count_++, std::move(what)});
}

// Runs what is due and says until when there is nothing else to do.
std::int64_t client_fleet::run_timers(std::int64_t deadline_ns) {
  const std::int64_t now = now_ns();
  while (!timers_.empty() && timers_.top().at_ns <= now) {
    const auto what = timers_.top().what;
    timers_.pop();
    what();
  }
  const std::int64_t until_ns = std::min(deadline_ns, now + longest_wait_ns);
  return timers_.empty() ? until_ns : std::min(until_ns, timers_.top().at_ns);
}

bool client_fleet::pump_until(std::int64_t deadline_ns, const std::function<bool()>& done) {
  for (;;) {
    const std::int64_t until_ns = run_timers(deadline_ns);
    if (done())
      return true;
    if (now_ns() >= deadline_ns)
      return false;
    wait_and_serve(until_ns);
  }
}

void client_fleet::pump_until(std::int64_t deadline_ns) {
  pump_until(deadline_ns, [] { return false; });
}

void client_fleet::pump_until_quiet() {
  const std::int64_t deadline_ns = now_ns() + quiet_timeout_ns;
  std::uint64_t messages_before = 0;
  do {
    messages_before = counts_.messages;
    pump_until(now_ns() + quiet_ns);
  } while (counts_.messages != messages_before && now_ns() < deadline_ns);
}

void client_fleet::wait_and_serve(std::int64_t until_ns) {
  const std::int64_t wait_ns = std::max<std::int64_t>(0, until_ns - now_ns());
  const timespec wait{wait_ns / ns_per_second, wait_ns % ns_per_second};
  std::array<epoll_event, events_at_once> events{};
  const int count = ::epoll_pwait2(epoll_, events.data(), events_at_once, &wait, nullptr);
  for (int i = 0; i < count; ++i)
    serve(events[i].data.u64, events[i].events);
}

void client_fleet::serve(std::size_t index, std::uint32_t events) {
  client_socket& socket = *clients_[index]->socket;
  if ((events & EPOLLOUT) != 0)
    socket.on_writable();
  if ((events & ~EPOLLOUT) == 0)
    return;
  std::int64_t at_ns = 0;  // one reading of the clock for all that one recv brought
  counts_.bytes += socket.on_readable(scratch_, [&](std::string_view text) {
    if (at_ns == 0)
      at_ns = now_ns();
    handle(index, text, at_ns);
  });
  ++counts_.reads;
  if (socket.is_upgraded() && !clients_[index]->has_greeted)
    greet(index);
}

void client_fleet::greet(std::size_t index) {
  clients_[index]->has_greeted = true;
  const std::string number = std::to_string(index);
  std::string hello = R"({"type":"hello","client":"bench-)" + run_name_ + '-' + number;
  hello.append(R"(","name":"bench )").append(number).append(R"(","open":[{"file":")");
  hello.append(file_name).append("\"}]}");
  clients_[index]->socket->send_text(hello);
}

void client_fleet::write(std::size_t client, text_edit edit, const edit_times& times) {
  clients_[client]->file.write(std::move(edit));
  clients_[client]->times = times;
  send_pending(client);
}

void client_fleet::send_pending(std::size_t index) {
  const replica& file = clients_[index]->file;
  std::string message = R"({"type":"op","file":")";
  message.append(file_name).append(R"(","rev":)").append(std::to_string(file.rev()));
  message.append(R"(,"seq":)").append(std::to_string(file.seq()));
  message.append(R"(,"op":)").append(to_json(*file.pending())).append("}");
  clients_[index]->socket->send_text(message);
}

void client_fleet::resend_later(std::size_t index, std::int64_t delay_ms) {
  const std::uint64_t seq = clients_[index]->file.seq();
  call_at(now_ns() + delay_ms * ns_per_ms, [this, index, seq] {
    const replica& file = clients_[index]->file;
    if (file.pending() && file.seq() == seq)
      send_pending(index);
  });
}

void client_fleet::handle(std::size_t index, std::string_view text, std::int64_t at_ns) {
  const server_message message{text};
  client& receiver = *clients_[index];
  ++counts_.messages;
  if (!message.is_object) {
    ++counts_.faults;
  } else if (message.type == "error") {
    on_error(index, message);
  } else if (message.file != file_name) {
    return;  // welcome, presence and chat are no business of this run
  } else if (message.type == "op") {
    on_op(index, message, at_ns);
  } else if (message.type == "ack") {
    on_ack(index, message, at_ns);
  } else if (message.type == "opened") {
    on_opened(receiver, message);
  } else if (message.type == "check") {
    ++counts_.checks;
    if (!receiver.file.agrees(message.rev, message.length_chars, message.crc32))
      ++counts_.faults;
  }
}

void client_fleet::on_opened(client& from, const server_message& message) {
  if (from.is_joined || !message.text) {
    ++counts_.faults;
    return;
  }
  from.file.open(message.rev, std::string{*message.text});
  from.is_joined = true;
  ++joined_;
}

void client_fleet::on_op(std::size_t index, const server_message& message, std::int64_t at_ns) {
  const auto edit = parse_edit(message.op);
  if (!edit || message.rev == 0) {
    ++counts_.faults;
    return;
  }
  const std::uint64_t from = message.from.value_or(message.rev - 1);
  clients_[index]->file.receive(from, message.rev, *edit);
  ++counts_.frames;
  counts_.deliveries += message.rev - std::min(from, message.rev);
  for (std::uint64_t rev = from; rev < message.rev; ++rev)
    latencies_.arrived(room_of(index), rev + 1, at_ns);
}

void client_fleet::on_ack(std::size_t index, const server_message& message, std::int64_t at_ns) {
  client& writer = *clients_[index];
  if (!writer.file.acknowledge(message.seq.value_or(0), message.rev)) {
    ++counts_.faults;
    return;
  }
  ++counts_.ops;
  ++counts_.frames;
  ++counts_.deliveries;
  latencies_.acknowledged(room_of(index), message.rev, writer.times, at_ns);
  if (on_acknowledged)
    on_acknowledged(index);
}

void client_fleet::on_error(std::size_t index, const server_message& message) {
  const replica& file = clients_[index]->file;
  const bool is_of_pending = file.pending() && message.seq == file.seq();
  if (message.code == "rebase") {
    ++counts_.rebases;
    if (is_of_pending)
      send_pending(index);
  } else if (message.code == "rate_limited" || message.code == "unavailable") {
    ++(message.code == "rate_limited" ? counts_.rate_limited : counts_.errors);
    if (is_of_pending)
      resend_later(index, static_cast<std::int64_t>(message.retry_ms));
  } else {
    ++counts_.errors;
  }
}

}  // namespace tandem::bench
