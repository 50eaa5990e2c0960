#include "actors/cluster_keeper.hpp"

#include "actors/log.hpp"
#include "actors/real_time.hpp"
#include "storage/store.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <utility>

namespace tandem {

namespace {

// How long a suspicion or an end may go unnoticed.
constexpr std::chrono::milliseconds slice{40};
constexpr std::chrono::milliseconds retry{150};

constexpr std::int64_t leases_told_max = 1'000;

std::string random_id() {
  std::array<unsigned char, 12> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    throw std::runtime_error{"no random numbers"};
  return fmt::format("{:02x}", fmt::join(bytes, ""));
}

std::int64_t us_of(std::chrono::milliseconds time) {
  return std::chrono::microseconds{time}.count();
}

}  // namespace

cluster_keeper::cluster_keeper(node_settings settings,
                               std::unique_ptr<storage::cluster_registry> registry,
                               keeper_hooks hooks)
    : settings_{std::move(settings)},
      registry_{std::move(registry)},
      hooks_{std::move(hooks)},
      membership_{us_of(settings_.lease), settings_.speaks},
      prober_{hooks_.is_nobody_at} {
  enter();
  beat();
  tell_if_changed();
  thread_ = std::thread{[this] { run(); }};
  watch_ = std::thread{[this] { watch_lease(); }};
}

cluster_keeper::~cluster_keeper() {
  stop();
}

void cluster_keeper::stop() {
  is_stopping_ = true;
  prober_.stop();
  for (std::thread* one : {&thread_, &watch_})
    if (one->joinable())
      one->join();
}

// The keeper may wait for the database for longer than its lease is good.
void cluster_keeper::watch_lease() {
  while (!is_stopping_) {
    std::this_thread::sleep_for(slice);
    tell_if_changed();
  }
}

void cluster_keeper::suspect(const std::string& node) {
  if (const auto address = address_of(node))
    prober_.look_at(node, *address);
}

void cluster_keeper::drain() {
  is_draining_ = true;
}

void cluster_keeper::run() {
  while (!is_stopping_) {
    try {
      if (steady_now_us() >= next_beat_us_)
        beat();
      if (is_draining_ && !membership_.is_draining()) {
        registry_->set_draining(membership_.id(), true);
        beat();
      }
      bury_gone();
      tell_if_changed();
      wait_for_notices();
    } catch (const storage::store_error& error) {
      log(log_level::error, std::string{"the cluster's registry: "} + error.what());
      next_beat_us_ = steady_now_us();
      tell_if_changed();
      std::this_thread::sleep_for(retry);
    }
  }
  try {
    registry_->leave(membership_.id());
  } catch (const storage::store_error& error) {
    log(log_level::warning, std::string{"cannot leave the cluster: "} + error.what());
  }
}

void cluster_keeper::enter() {
  const std::int64_t began_us = steady_now_us();
  storage::node_record self{random_id(),          settings_.name, settings_.address,
                            settings_.speaks.oldest, settings_.speaks.newest, 0,
                            is_draining_ || membership_.is_draining(), now_ms()};
  registry_->enter(self);
  {
    const std::lock_guard lock{view_mutex_};
    membership_.entered(self.id, began_us);
  }
  log(log_level::info, fmt::format("in the cluster as {} ({})", settings_.name, self.id));
}

void cluster_keeper::beat() {
  const std::int64_t sent_us = steady_now_us();
  auto all = registry_->beat(membership_.id());
  if (!all) {
    log(log_level::warning, "this node was buried: it begins anew");
    enter();
    all = registry_->beat(membership_.id());
  }
  if (!all)
    throw storage::store_error{storage::store_error::cause::unavailable,
                               "this node was buried twice in a row"};
  {
    const std::lock_guard lock{view_mutex_};
    membership_.beaten(*all, sent_us, steady_now_us());
  }
  next_beat_us_ = sent_us + us_of(settings_.beat);
  name_strangers(*all);
  bury_silent();
  tell_leases();
}

// Of some a room may have ended without giving its lease back.
void cluster_keeper::tell_leases() {
  if (!membership_.is_draining())
    return;
  auto held = registry_->leases_of(membership_.id(), leases_told_max);
  if (!held.empty())
    hooks_.still_leased(std::move(held));
}

// Neither side would ever dial: nobody else would say it.
void cluster_keeper::name_strangers(const std::vector<storage::node_record>& all) {
  for (const storage::node_record& node : all)
    if (!speaks_with(settings_.speaks, node) && strangers_.insert(node.id).second)
      log(log_level::error,
          fmt::format("node {} speaks versions {} to {} of the protocol between nodes, this one {}"
                      " to {}: it is not spoken with, and its rooms cannot be reached from here",
                      node.name, node.speaks_from, node.speaks_to, settings_.speaks.oldest,
                      settings_.speaks.newest));
}

void cluster_keeper::bury_silent() {
  for (const membership::silent_node& node : membership_.silent(steady_now_us()))
    if (registry_->bury(node.id, node.beat)) {
      log(log_level::warning, "node " + node.id + " is silent: its rooms are free");
      next_beat_us_ = 0;
    }
}

std::optional<std::string> cluster_keeper::address_of(const std::string& id) {
  const std::lock_guard lock{view_mutex_};
  const cluster_node* node = told_.find(id);
  return node == nullptr ? std::nullopt : std::optional{node->address};
}

// A process that is gone cannot come back under its id: nobody need wait for its
// lease. One that only cannot be reached from here keeps it.
void cluster_keeper::bury_gone() {
  const std::vector<std::string> gone = prober_.take_gone();
  if (gone.empty())
    return;
  for (const storage::node_record& node : registry_->nodes())
    if (std::ranges::find(gone, node.id) != gone.end() && registry_->bury(node.id, node.beat))
      log(log_level::warning, "node " + node.name + " is gone: its rooms are free");
  beat();
}

void cluster_keeper::tell_if_changed() {
  const std::lock_guard lock{view_mutex_};
  cluster_view now = membership_.view(steady_now_us());
  if (now == told_)
    return;
  told_ = std::move(now);
  hooks_.changed(told_);
}

void cluster_keeper::wait_for_notices() {
  for (const storage::cluster_notice& notice : registry_->await(slice)) {
    if (notice.what == storage::cluster_notice::kind::nodes)
      next_beat_us_ = 0;
    else
      hooks_.heard(notice);
  }
}

}  // namespace tandem
