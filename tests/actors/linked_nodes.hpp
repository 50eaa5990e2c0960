// Two nodes in one thread and in virtual time: their LINKS, RELAYs and DELEGATEs are
// the real ones, linked without a network; rooms, sessions and the REGISTRY are
// stubs that write down what they are told.
#pragma once

#include "actors/clock.hpp"
#include "actors/node_links.hpp"
#include "actors/relay.hpp"

#include <caf/scheduler/test_coordinator.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace tandem::test {

// What a stub has been told.
struct heard {
  std::vector<enter_room> wishes;       // by the REGISTRY
  std::vector<room_moved> moved;        // likewise
  std::vector<member_says> said;        // by the room
  std::vector<std::string> lines;       // by the session
};

inline registry_actor::behavior_type stub_registry(registry_actor::pointer self,
                                                   std::shared_ptr<heard> told) {
  return {
    [=](enter_room& wish) { told->wishes.push_back(std::move(wish)); },
    [=](const room_idle& idle) { self->send(idle.room, retire{}); },
    [=](const room_moved& moved) {
      told->moved.push_back(moved);
      self->send(moved.room, retire{});
    },
    [](remove_room&) {},
    [](const room_renamed&) {},
    [](stop_rooms&) {},
    [](const cluster_changed&) {},
    [](const still_leased&) {},
    [](const move_room&) {},
    [](try_again) {},
  };
}

inline room_actor::behavior_type stub_room(room_actor::pointer, std::shared_ptr<heard> told) {
  return {
    [](enter&) {},
    [=](member_says& said) { told->said.push_back(std::move(said)); },
    [](store_says&) {},
    [](wake_up) {},
    [](retire) {},
    [](close_room) {},
    [](const hand_over&) {},
    [](const room_renamed&) {},
  };
}

inline session_actor::behavior_type stub_session(session_actor::pointer,
                                                 std::shared_ptr<heard> told) {
  return {
    [](client_said&) {},
    [](const connection_says&) {},
    [=](const entered& in) { told->lines.push_back("entered " + std::to_string(in.site)); },
    [=](const room_says&) { told->lines.emplace_back("room"); },
    [=](const no_room& none) {
      told->lines.push_back(none.why == no_room::reason::moved ? "moved " + none.holder
                                                               : "no room");
    },
    [](const entry_decided&) {},
    [](const rights_now&) {},
    [](const ai_says&) {},
  };
}

class linked_nodes {
 public:
  struct node {
    std::string id;
    std::shared_ptr<heard> told = std::make_shared<heard>();
    std::shared_ptr<cluster_counters> counters = std::make_shared<cluster_counters>();
    std::vector<std::string> lost{};  // links to these nodes
    bool cannot_dial = false;
    bool dials_itself = false;
    bool fails_once = false;          // when it is told of the next one
    registry_actor registry{};
    room_actor room{};
    session_actor session{};
    links_actor links{};
  };

  static constexpr std::uint64_t unread_bytes_max = 1'000'000;

  explicit linked_nodes(spoken_versions of_a = {}, spoken_versions of_b = {}) {
    coordinator_.advance_time(std::chrono::hours{1});
    start(a, 11, of_a);
    start(b, 22, of_b);
    settle();
  }

  ~linked_nodes() {
    held_.clear();
    for (node* one : {&a, &b}) {
      for (const auto& last :
           {caf::actor_cast<caf::actor>(one->registry), caf::actor_cast<caf::actor>(one->room),
            caf::actor_cast<caf::actor>(one->session), caf::actor_cast<caf::actor>(one->links)})
        caf::anon_send_exit(last, caf::exit_reason::kill);
      *one = {one->id};
    }
    settle();
    // A test that has failed may leave an actor behind: it is not to hang, too.
    system_.await_actors_before_shutdown(false);
  }

  // A RELAY on one node to a room of the other.
  relay_actor relay_to(node& from, const node& to) {
    const relay_actor made = system_.spawn(
      relay, relay_settings{&bounds, from.registry, from.links, from.counters,
                            std::make_shared<const std::function<void()>>([] {}), "room",
                            storage::default_tenant, to.id});
    settle();
    return made;
  }

  // A session of one node asks a RELAY to be let in.
  void knock(const node& at, const relay_actor& way, std::uint64_t token = 1) {
    caf::anon_send(way, enter{at.session, {}, token});
    settle();
  }

  // The first who has asked a node's REGISTRY is let into its room.
  void let_in(node& at, ot::site_id site) {
    if (at.told->wishes.empty()) {
      ADD_FAILURE() << "nobody has asked " << at.id;
      return;
    }
    const enter_room wish = std::move(at.told->wishes.front());
    at.told->wishes.erase(at.told->wishes.begin());
    caf::anon_send(wish.session, entered{at.room, site, wish.token});
    settle();
  }

  template <class To, class Message>
  void tell(const To& to, Message message) {
    caf::anon_send(to, std::move(message));
    settle();
  }

  // The node notices that its link to the other is gone.
  void lose_link(const node& at, const node& to) {
    tell(caf::actor_cast<caf::actor>(at.links),
         caf::down_msg{to.links.address(), caf::exit_reason::remote_link_unreachable});
  }

  void hold(const links_actor& one) { held_.insert(one.id()); }
  void release() {
    held_.clear();
    settle();
  }

  // Lets everybody who is not held deal with everything.
  void settle() {
    auto& jobs = coordinator_.jobs;
    for (;;) {
      const auto ready = std::ranges::find_if(jobs, [&](auto* job) {
        const auto* actor = dynamic_cast<const caf::local_actor*>(job);
        return actor == nullptr || !held_.contains(actor->id());
      });
      if (ready == jobs.end())
        return;
      std::rotate(jobs.begin(), ready, ready + 1);
      coordinator_.run_once();
    }
  }

  void pass(std::chrono::milliseconds time) {
    for (; time.count() > 0; --time) {
      coordinator_.advance_time(std::chrono::milliseconds{1});
      settle();
    }
  }

  std::size_t actors() { return system_.registry().running(); }

  limits bounds;
  node a{"A"};
  node b{"B"};

 private:
  struct coordinated : caf::actor_system_config {
    coordinated() { set("scheduler.policy", caf::atom("testing")); }
  };

  void start(node& one, std::uint64_t number, spoken_versions speaks) {
    one.registry = system_.spawn(stub_registry, one.told);
    one.room = system_.spawn(stub_room, one.told);
    one.session = system_.spawn(stub_session, one.told);
    links_settings settings{one.registry, one.counters, number, one.id, speaks,
                            [this, &one](const std::string& address, const auto& answer) {
                              gateway_actor peer;
                              if (one.dials_itself)
                                peer = one.links;
                              else if (!one.cannot_dial)
                                peer = address == a.id ? a.links : b.links;
                              answer(std::move(peer), {});
                            },
                            [&one](const std::string& node) {
                              one.lost.push_back(node);
                              if (std::exchange(one.fails_once, false))
                                throw std::runtime_error{"a fault of ours"};
                            }};
    settings.unread_bytes_max = unread_bytes_max;
    one.links = system_.spawn(links, std::move(settings));
    const cluster_view view{one.id, true, {{"A", "a", "A", false}, {"B", "b", "B", false}}};
    caf::anon_send(one.links, cluster_changed{std::make_shared<const cluster_view>(view)});
  }

  coordinated settings_;
  caf::actor_system system_{settings_};
  caf::scheduler::test_coordinator& coordinator_ =
    dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler());
  std::set<caf::actor_id> held_;
};

}  // namespace tandem::test
