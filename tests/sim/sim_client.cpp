#include "tests/sim/sim_client.hpp"

#include "ot/utf8.hpp"

#include <utility>

namespace tandem::sim {

namespace {

constexpr std::int64_t longest_pause_us = 20'000;   // between two things that it does
constexpr std::int64_t longest_read_us = 2'000;     // for one frame
constexpr std::int64_t longest_stall_us = 200'000;
constexpr std::int64_t retry_us = 5'000;
constexpr std::uint64_t longest_text_chars = 60;

constexpr std::string_view alphabet[] = {"a", "b", "é", "語", "😀", "\n"};

}  // namespace

sim_client::sim_client(sim_server& server, sim_clock& clock, sim_random& chance,
                       std::uint64_t number, std::string file)
    : server_{server},
      clock_{clock},
      chance_{chance},
      name_{"client-" + std::to_string(number)},
      file_{std::move(file)} {
  model_.id = digest_of(name_);
}

void sim_client::start() {
  act();
}

// One thing after the other, for as long as it lives.
void sim_client::act() {
  if (!typing_)
    return;
  if (connection_ == 0)
    connect();
  else if (chance_.chance(30))
    drop();
  else if (chance_.chance(30))
    stalled_until_us_ = clock_.now_us() + static_cast<std::int64_t>(chance_.below(longest_stall_us));
  else if (has_text_)
    type();
  if (chance_.chance(20) && is_sent_)
    send_pending();  // twice
  clock_.at(clock_.now_us() + 1 + static_cast<std::int64_t>(chance_.below(longest_pause_us)),
            [this] { act(); });
}

void sim_client::settle() {
  typing_ = false;
  reliable_ = true;
  stalled_until_us_ = 0;
  if (connection_ == 0)
    connect();
  read_next();
}

// ---- typing ----

ot::text_op sim_client::random_edit() {
  const std::uint64_t length = ot::count_chars(model_.text);
  ot::text_op op;
  const std::uint64_t at = chance_.below(length + 1);
  op.keep(static_cast<std::uint32_t>(at));
  const bool removes = length > at && (length > longest_text_chars || chance_.chance(400));
  if (removes)
    op.remove(static_cast<std::uint32_t>(1 + chance_.below(std::min<std::uint64_t>(3, length - at))));
  if (!removes || chance_.chance(300))
    for (std::uint64_t left = 1 + chance_.below(2); left > 0; --left)
      op.insert(alphabet[chance_.below(std::size(alphabet))]);
  return op;
}

void sim_client::type() {
  if (model_.type(random_edit()) && is_open_ && connection_ != 0)
    send_pending();
}

void sim_client::send_pending() {
  if (!model_.in_flight || !is_open_ || connection_ == 0)
    return;
  const ot::edit edit = model_.pending();
  // What is on its way is not sent again in another form but by agreement.
  if (is_sent_ && sent_base_ != edit.base)
    return;
  is_sent_ = true;
  sent_base_ = edit.base;
  send(client::edit{file_, edit.base, edit.seq, edit.op});
}

// ---- the connection ----

void sim_client::connect() {
  const std::uint64_t attempt = ++attempt_;
  unread_.clear();
  is_reading_ = false;
  is_open_ = false;
  is_sent_ = false;
  waits_for_op_ = false;
  connection_ = server_.connect(
    [this, attempt](const frame& bytes) {
      if (attempt != attempt_)
        return;
      unread_.push_back(bytes);
      read_next();
    },
    [this, attempt] {
      if (attempt == attempt_)
        connection_ = 0;
      if (reliable_ && connection_ == 0)
        clock_.at(clock_.now_us() + retry_us, [this] {
          if (connection_ == 0)
            connect();
        });
    });
  if (connection_ == 0) {
    if (reliable_)
      clock_.at(clock_.now_us() + retry_us, [this] {
        if (connection_ == 0)
          connect();
      });
    return;
  }
  client::open open{file_, std::nullopt, std::nullopt};
  if (has_text_)
    open.rev = model_.rev;
  if (has_text_ && model_.in_flight)
    open.seq = model_.seq;
  send(client::hello{name_, name_, {open}});
}

void sim_client::drop() {
  server_.disconnect(std::exchange(connection_, 0));
  ++attempt_;
}

void sim_client::send(client::message message) {
  server_.from_client(connection_, std::move(message));
}

// Reads frames one at a time, at its own pace.
void sim_client::read_next() {
  if (is_reading_ || unread_.empty() || connection_ == 0)
    return;
  is_reading_ = true;
  const std::int64_t ready_us = std::max(clock_.now_us(), stalled_until_us_)
                                + static_cast<std::int64_t>(chance_.below(longest_read_us));
  clock_.at(ready_us, [this, attempt = attempt_] {
    if (attempt != attempt_)
      return;
    is_reading_ = false;
    const frame bytes = std::move(unread_.front());
    unread_.pop_front();
    server_.client_read(connection_, bytes->size());
    for (const said* message : server_.wire().decode(*bytes))
      if (attempt == attempt_)
        receive(*message);
    read_next();
  });
}

// ---- what the server says ----

void sim_client::blame_if(bool wrong, const char* what) {
  if (wrong && fault_.empty())
    fault_ = what;
}

void sim_client::receive(const said& message) {
  if (const auto* opened = std::get_if<server::opened>(&message))
    on_opened(*opened);
  else if (const auto* op = std::get_if<said_op>(&message))
    on_op(*op);
  else if (const auto* ack = std::get_if<said_ack>(&message))
    on_ack(*ack);
  else if (const auto* error = std::get_if<server::error>(&message))
    on_error(*error);
  else if (const auto* check = std::get_if<said_check>(&message))
    blame_if(!model_.in_flight && check->rev == model_.rev
               && check->length != ot::count_chars(model_.text),
             "a check found another text");
}

void sim_client::on_opened(const server::opened& opened) {
  target_ = opened.rev;
  if (opened.text) {
    blame_if(model_.in_flight.has_value(), "a text came for a client with pending edits");
    model_.text = *opened.text;
    model_.rev = opened.rev;
    has_text_ = true;
  } else {
    blame_if(opened.from != model_.rev, "opened from another revision");
  }
  go_on_if_caught_up();
}

void sim_client::go_on_if_caught_up() {
  if (is_open_ || model_.rev < target_)
    return;
  is_open_ = true;
  send_pending();
}

void sim_client::on_op(const said_op& op) {
  blame_if(op.from != model_.rev, "a revision came twice, or out of order");
  if (op.from != model_.rev)
    return;
  composed_ += op.rev - op.from > 1 ? 1 : 0;
  model_.receive(op.op, op.rev);
  go_on_if_caught_up();
  if (std::exchange(waits_for_op_, false)) {
    is_sent_ = false;
    send_pending();
  }
}

void sim_client::on_ack(const said_ack& ack) {
  const auto known = acked_.find(ack.seq);
  if (known != acked_.end()) {
    blame_if(known->second != ack.rev, "an edit was acknowledged with two revisions");
    return;
  }
  if (!model_.in_flight || ack.seq != model_.seq || ack.rev != model_.rev + 1) {
    blame_if(true, "an ack came out of its place");
    return;
  }
  acked_[ack.seq] = ack.rev;
  is_sent_ = false;
  const bool goes_on = model_.acknowledge(ack.rev).has_value();
  go_on_if_caught_up();
  if (goes_on)
    send_pending();
}

void sim_client::on_error(const server::error& error) {
  if (!error.seq || !model_.in_flight || *error.seq != model_.seq)
    return;
  if (error.code == error_code::rebase) {
    ++rebases_;
    if (sent_base_ == model_.rev) {
      waits_for_op_ = true;
    } else {
      is_sent_ = false;
      send_pending();
    }
    return;
  }
  if (error.code != error_code::unavailable && error.code != error_code::rate_limited)
    return blame_if(true, error.message.c_str());
  clock_.at(clock_.now_us() + retry_us, [this, attempt = attempt_, seq = model_.seq] {
    if (attempt != attempt_ || seq != model_.seq || !model_.in_flight)
      return;
    is_sent_ = false;
    send_pending();
  });
}

}  // namespace tandem::sim
