#include "actors/node_links.hpp"

#include "actors/clock.hpp"
#include "actors/delegate.hpp"
#include "actors/log.hpp"
#include "actors/node_codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

namespace tandem {

namespace {

constexpr std::chrono::milliseconds tick_ms{250};
constexpr std::int64_t greeting_deadline_us = 1'500'000;
constexpr std::uint8_t attempts_told_apart = 15;
// A receipt for so many bytes at once, or at the next tick.
constexpr std::uint64_t receipt_bytes = std::uint64_t{256} << 10U;

}  // namespace

void links_state::start(links_settings settings) {
  settings_ = std::move(settings);
  self_->delayed_send(self_, tick_ms, try_again{});
}

void links_state::count() {
  settings_.counters->links = by_number_.size();
}

void links_state::fail(const std::exception& error) {
  log(log_level::error, std::string{"between nodes: "} + error.what());
}

// ---- links ----

void links_state::on_open(const open_route& wish) {
  if (cluster_ == nullptr || cluster_->find(wish.node) == nullptr)
    return self_->send(wish.relay, route_lost{});
  link& to = links_[wish.node];
  if (to.number != 0)
    return open(wish.node, to, wish.relay);
  to.waiting.push_back(wish.relay);
  if (to.since_us == 0)
    dial(wish.node, to);
}

void links_state::dial(const std::string& node, link& to) {
  to.since_us = steady_us(self_->home_system());
  std::uint8_t& attempt = attempts_[node];
  attempt = static_cast<std::uint8_t>(attempt % attempts_told_apart + 1);
  to.attempt = attempt;
  settings_.dial(cluster_->find(node)->address,
                 [links = links_actor{self_}, node](gateway_actor peer, std::string why_not) {
                   caf::anon_send(links, dialed{node, std::move(peer), std::move(why_not)});
                 });
}

void links_state::on_dialed(const dialed& result) {
  complain(result);
  const auto found = links_.find(result.node);
  if (found == links_.end() || found->second.number != 0)
    return;  // it took too long, or it has dialled us meanwhile
  if (!result.peer)
    return lose(found);
  link& to = found->second;
  to.peer = result.peer;
  self_->monitor(to.peer);
  greet(to);
}

// Once of each node: it is dialled again and again.
void links_state::complain(const dialed& failed) {
  const cluster_node* node = cluster_->find(failed.node);
  if (node != nullptr && !failed.why_not.empty() && complained_.insert(node->id).second)
    log(log_level::error, fmt::format("cannot speak with node {} at {}: {}", node->name,
                                      node->address, failed.why_not));
}

// Somebody was dialled, and this very node has answered: CAF goes by ids that two
// processes can share, and the address may be this node's own.
void links_state::complain_of_self() {
  if (complained_.insert(cluster_->self).second)
    log(log_level::error, "another node was dialled and this one has answered: CAF cannot tell them"
                          " apart, because both have the same MAC addresses and the same process"
                          " number (containers), or one is advertised at the other's address");
}

void links_state::greet(const link& to) {
  say_greeting(to, static_cast<std::uint8_t>(to.attempt << node_bytes::attempt_shift));
}

void links_state::answer(const link& to) {
  say_greeting(to, node_bytes::is_answer);
}

// It is answered, and the answer is on its way; or it was lost.
bool links_state::is_repeated(const link& from, const node_bytes& greeting) const noexcept {
  const unsigned attempt = greeting.flags >> node_bytes::attempt_shift;
  return attempt != 0 && attempt == from.heard && greeting.from == from.number;
}

void links_state::say_greeting(const link& to, std::uint8_t flags) {
  const auto [oldest, newest] = settings_.speaks;
  const node::greeting ours{oldest, newest, cluster_->self, settings_.name};
  self_->send(to.peer,
              node_bytes{settings_.number, 0, flags, encode_node_message(ours, newest)});
}

void links_state::on_greeting(const node_bytes& part) {
  const auto sender = self_->current_sender();
  node_message message = decode_node_message(part.bytes, settings_.speaks.newest);
  const auto* peer = std::get_if<node::greeting>(&message);
  if (peer == nullptr || sender == nullptr || cluster_ == nullptr)
    return;
  if (part.from == settings_.number)
    return complain_of_self();
  const bool is_answer = (part.flags & node_bytes::is_answer) != 0;
  link& from = links_[peer->id];
  if (!is_answer && !is_repeated(from, part)) {
    if (from.number != 0)
      end_routes(peer->id, from.number);
    begin_counting(from);
  }
  if (!from.peer || !is_answer) {
    if (from.peer)
      self_->demonitor(from.peer.address());
    from.peer = caf::actor_cast<gateway_actor>(sender);
    if (from.since_us == 0)  // greetings alone make no link, however many there are
      from.since_us = steady_us(self_->home_system());
    self_->monitor(from.peer);
  }
  if (!is_answer) {
    from.heard = static_cast<std::uint8_t>(part.flags >> node_bytes::attempt_shift);
    answer(from);
  }
  const auto version = agreed_version(settings_.speaks, peer->speaks_from, peer->speaks_to);
  if (!version)
    return log(log_level::error,
               fmt::format("node {} speaks versions {} to {} of the protocol between nodes, this"
                           " one {} to {}: it is not spoken with",
                           peer->name, peer->speaks_from, peer->speaks_to,
                           settings_.speaks.oldest, settings_.speaks.newest));
  from.number = part.from;
  from.version = *version;
  by_number_[part.from] = peer->id;
  count();
  for (const relay_actor& relay : std::exchange(from.waiting, {}))
    open(peer->id, from, relay);
}

void links_state::open(const std::string& node, link& through, const relay_actor& relay) {
  const std::uint64_t route = next_route_++;
  relays_[route] = {relay, node};
  self_->send(relay, route_opened{route, end_of(through)});
}

link_end links_state::end_of(const link& to) const {
  return {to.peer, settings_.number, to.version, to.sent};
}

void links_state::on_try_again() {
  self_->delayed_send(self_, tick_ms, try_again{});
  const std::int64_t now_us = steady_us(self_->home_system());
  for (auto at = links_.begin(); at != links_.end();) {
    const auto here = at++;
    if (here->second.number != 0)
      give_up_if_unread(here);
    else if (now_us - here->second.since_us > greeting_deadline_us)
      lose(here);
    else if (here->second.peer)  // both may have dialled at once, and a greeting is lost
      greet(here->second);
  }
}

void links_state::on_down(const caf::down_msg& down) {
  for (auto at = links_.begin(); at != links_.end();) {
    const auto here = at++;
    // By the very handle: the next link to the same node has another, that looks alike.
    if (here->second.peer
        && caf::actor_cast<caf::strong_actor_ptr>(here->second.peer).get() == down.source.get())
      lose(here);
  }
}

void links_state::lose(link_map::iterator lost) {
  const std::string node = lost->first;
  const link gone = std::move(lost->second);
  links_.erase(lost);
  by_number_.erase(gone.number);
  if (gone.peer)
    self_->demonitor(gone.peer.address());
  for (const relay_actor& relay : gone.waiting)
    self_->send(relay, route_lost{});
  end_routes(node, gone.number);
  count();
  settings_.on_lost(node);
}

void links_state::end_routes(const std::string& node, std::uint64_t number) {
  std::erase_if(relays_, [&](const auto& entry) {
    if (entry.second.node == node)
      self_->send(entry.second.relay, route_lost{});
    return entry.second.node == node;
  });
  std::erase_if(delegates_, [&](const auto& entry) {
    if (entry.first.first == number)
      self_->send(entry.second, route_lost{});
    return entry.first.first == number;
  });
}

// ---- what is read ----

// What somebody still sends by the old count is forgotten with it.
void links_state::begin_counting(link& from) {
  from.sent = std::make_shared<std::atomic<std::uint64_t>>(0);
  from.read_there = from.read_here = from.receipted = 0;
}

void links_state::give_receipt(link& to) {
  if (to.version < receipts_since || to.receipted == to.read_here)
    return;
  to.receipted = to.read_here;
  self_->send(to.peer, node_bytes{settings_.number, 0, node_bytes::is_receipt,
                                  std::to_string(to.read_here)});
}

void links_state::on_receipt(const node_bytes& part) {
  const auto peer = by_number_.find(part.from);
  if (peer == by_number_.end())
    return;
  std::uint64_t read = 0;
  const char* end = part.bytes.data() + part.bytes.size();
  if (std::from_chars(part.bytes.data(), end, read).ec == std::errc{})
    links_.at(peer->second).read_there = read;
}

// It is greeted anew: when it has read what is under way it learns that this link was
// given up, and its relays and delegates end as they have here.
void links_state::give_up_if_unread(link_map::iterator slow) {
  link& to = slow->second;
  give_receipt(to);
  const std::uint64_t sent = *to.sent;
  if (to.version < receipts_since || sent <= to.read_there
      || sent - to.read_there <= settings_.unread_bytes_max)
    return;
  const std::string node = slow->first;
  log(log_level::error, fmt::format("node {} does not read what it is told, {} bytes by now:"
                                    " the link is given up", node, sent - to.read_there));
  lose(slow);
  if (cluster_ != nullptr && cluster_->find(node) != nullptr)
    dial(node, links_[node]);
}

// Somebody speaks who believes that there is a link: whoever of the nodes it is, a
// greeting tells it otherwise.
void links_state::find_stranger() {
  if (cluster_ == nullptr)
    return;
  for (const cluster_node& node : cluster_->nodes)
    if (node.id != cluster_->self && !links_.contains(node.id))
      dial(node.id, links_[node.id]);
}

void links_state::on_cluster(const cluster_changed& change) {
  cluster_ = change.now;
  std::erase_if(complained_, [&](const std::string& id) { return !cluster_->find(id); });
  std::erase_if(attempts_, [&](const auto& entry) { return !cluster_->find(entry.first); });
}

// ---- routes ----

void links_state::on_bytes(const node_bytes& part) {
  if (part.route == 0)
    return (part.flags & node_bytes::is_receipt) != 0 ? on_receipt(part) : on_greeting(part);
  const auto peer = by_number_.find(part.from);
  if (peer == by_number_.end())
    return find_stranger();
  link& from = links_.at(peer->second);
  from.read_here += part.bytes.size();
  if (from.read_here - from.receipted >= receipt_bytes)
    give_receipt(from);
  if ((part.flags & node_bytes::to_owner) != 0)
    return hand_to_delegate(from, part);
  const auto found = relays_.find(part.route);
  if (found != relays_.end())
    self_->send(found->second.relay, part);
}

// Of a route that has ended here something may still be under way: its other end is
// told again.
void links_state::hand_to_delegate(link& from, const node_bytes& part) {
  auto found = delegates_.find({part.from, part.route});
  if (found == delegates_.end()) {
    if (!may_be_enter(part.bytes))
      return send_on_route(end_of(from), part.route, 0,
                           encode_node_message(node::ended{part.route}, from.version),
                           *settings_.counters);
    found = delegates_
              .emplace(remote_route{part.from, part.route},
                       self_->spawn(delegate, delegate_settings{
                                                settings_.registry, links_actor{self_},
                                                settings_.counters, end_of(from), part.from,
                                                part.route}))
              .first;
  }
  self_->send(found->second, part);
}

void links_state::on_close(const close_route& done) {
  if (done.number == settings_.number)
    relays_.erase(done.route);
  else
    delegates_.erase({done.number, done.route});
}

void links_state::on_end() {
  for (const auto& [route, delegate] : delegates_)
    self_->send(delegate, route_lost{});
  delegates_.clear();
  relays_.clear();
  links_.clear();
  self_->quit();
}

links_actor::behavior_type links(links_actor::stateful_pointer<links_state> self,
                                 links_settings settings) {
  links_state& state = self->state;
  harden(self);
  state.start(std::move(settings));
  self->set_down_handler([&state](const caf::down_msg& down) {
    state.guarded([&] { state.on_down(down); });
  });
  return {
    [&state](const node_bytes& part) { state.guarded([&] { state.on_bytes(part); }); },
    [&state](const open_route& wish) { state.guarded([&] { state.on_open(wish); }); },
    [&state](const close_route& done) { state.guarded([&] { state.on_close(done); }); },
    [&state](const dialed& result) { state.guarded([&] { state.on_dialed(result); }); },
    [&state](const cluster_changed& change) { state.guarded([&] { state.on_cluster(change); }); },
    [&state](try_again) { state.guarded([&] { state.on_try_again(); }); },
    [&state](end_links) { state.guarded([&] { state.on_end(); }); },
  };
}

}  // namespace tandem
