// The LINKS actor: one per node, published for the other nodes. It dials a node
// when somebody here wants to speak with it, exchanges greetings, and hands what
// arrives to the RELAY or DELEGATE whose route it is.
//
//   unknown ── open_route ──▶ dialling ── greeted ──▶ linked ── DOWN ──▶ unknown
//
// Invariants
//  1. Nothing is exchanged with a node before both have greeted and found a version
//     of the protocol that both speak.
//  2. When a link is lost every RELAY and DELEGATE on it is told, once. Who greets
//     first on a link that is up has lost it: it is lost here, too. Who only repeats
//     its greeting has not.
//  3. A route's number is never used again by this process.
//  4. What is said on a link is of the version that was agreed on, the newest that both
//     nodes speak. Greetings are read whatever theirs is.
//  5. A link on which too much that was sent is unread is given up: nothing else bounds
//     what waits for a node that is alive and does not keep up. Only nodes that give
//     receipts (receipts_since) can be seen not to.
#pragma once

#include "actors/hardening.hpp"
#include "actors/node_interfaces.hpp"
#include "actors/node_messages.hpp"

#include <atomic>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tandem {

struct links_settings {
  registry_actor registry;
  std::shared_ptr<cluster_counters> counters;
  std::uint64_t number = 0;  // this node's: random, for this process
  std::string name;
  spoken_versions speaks{};
  // Dials HOST:PORT without blocking, and answers once: with nobody, if it cannot be
  // reached, and why, if that is worth to be told.
  std::function<void(const std::string& address,
                     std::function<void(gateway_actor, std::string why_not)> answer)>
    dial;
  // A link to a node was lost, or could not be made.
  std::function<void(const std::string& node)> on_lost;
  // Twice what one message may have; looked at four times a second.
  std::uint64_t unread_bytes_max = std::uint64_t{128} << 20U;
};

class links_state : public guarded_state<links_state> {
 public:
  static inline const char* name = "links";
  explicit links_state(links_actor::pointer self) : self_{self} {}

  void start(links_settings settings);
  void on_bytes(const node_bytes& part);
  void on_open(const open_route& wish);
  void on_close(const close_route& done);
  void on_dialed(const dialed& result);
  void on_cluster(const cluster_changed& change);
  void on_try_again();
  void on_down(const caf::down_msg& down);
  void on_end();

  // An exception costs the message that it was about, and no link.
  void fail(const std::exception& error);

 private:
  struct link {
    gateway_actor peer;        // none: it is being dialled
    std::uint64_t number = 0;  // 0: it has not greeted
    std::uint32_t version = 0;  // agreed, once it has
    std::shared_ptr<std::atomic<std::uint64_t>> sent =  // bytes of routes
      std::make_shared<std::atomic<std::uint64_t>>(0);
    std::uint64_t read_there = 0;  // of those sent, as the peer says
    std::uint64_t read_here = 0;   // of its own
    std::uint64_t receipted = 0;   // of which it was told
    std::uint8_t attempt = 0;   // our try to link, 1 to 15
    std::uint8_t heard = 0;     // its try, of which it last greeted; 0: none, or unknown
    std::int64_t since_us = 0;
    std::vector<relay_actor> waiting;
  };

  struct open_relay {
    relay_actor relay;
    std::string node;
  };

  using link_map = std::map<std::string, link>;
  using remote_route = std::pair<std::uint64_t, std::uint64_t>;  // node's number, route

  void dial(const std::string& node, link& to);
  void complain(const dialed& failed);
  void complain_of_self();
  void greet(const link& to);
  void answer(const link& to);
  void say_greeting(const link& to, std::uint8_t flags);
  bool is_repeated(const link& from, const node_bytes& greeting) const noexcept;
  void on_greeting(const node_bytes& part);
  void open(const std::string& node, link& through, const relay_actor& relay);
  void hand_to_delegate(link& from, const node_bytes& part);
  link_end end_of(const link& to) const;
  void begin_counting(link& from);
  void give_receipt(link& to);
  void on_receipt(const node_bytes& part);
  void give_up_if_unread(link_map::iterator slow);
  void lose(link_map::iterator lost);
  void end_routes(const std::string& node, std::uint64_t number);
  void find_stranger();
  void count();

  links_actor::pointer self_;
  links_settings settings_;
  std::shared_ptr<const cluster_view> cluster_;
  link_map links_;                                   // by node id
  std::map<std::uint64_t, std::string> by_number_;   // of those that have greeted
  std::map<std::uint64_t, open_relay> relays_;       // by our route
  std::map<remote_route, delegate_actor> delegates_;
  std::map<std::string, std::uint8_t> attempts_;     // to link, by node id: the last
  std::set<std::string> complained_;                 // of which failed dials, by node id
  std::uint64_t next_route_ = 1;
};

links_actor::behavior_type links(links_actor::stateful_pointer<links_state> self,
                                 links_settings settings);

}  // namespace tandem
