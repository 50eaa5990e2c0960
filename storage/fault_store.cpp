#include "storage/fault_store.hpp"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <random>
#include <thread>
#include <type_traits>
#include <utility>

namespace tandem::storage {

namespace {

using point = fault::point;

constexpr std::array<std::pair<std::string_view, point>, 5> points{
  {{"before_write", point::before_write},
   {"in_write", point::in_write},
   {"after_write", point::after_write},
   {"before_claim", point::before_claim},
   {"after_claim", point::after_claim}}};

// A commit takes about as long as a sync of the disk.
constexpr int in_write_us_max = 3'000;

[[noreturn]] void die() {
  ::kill(::getpid(), SIGKILL);
  while (true)
    ::pause();
}

void die_soon() {
  std::random_device random;
  const int delay_us = std::uniform_int_distribution<int>{0, in_write_us_max}(random);
  std::thread{[delay_us] {
    std::this_thread::sleep_for(std::chrono::microseconds{delay_us});
    die();
  }}.detach();
}

class fault_store final : public store {
 public:
  fault_store(std::unique_ptr<store> inner, fault planned)
      : inner_{std::move(inner)}, planned_{planned} {}

  std::optional<room_epoch> claim_room(tenant_key tenant, std::string_view id) override {
    return as_claim([&] { return inner_->claim_room(tenant, id); });
  }

  room_lease lease_room(tenant_key tenant, std::string_view id, std::string_view node) override {
    return as_claim([&] { return inner_->lease_room(tenant, id, node); });
  }

  std::vector<write_result> write(std::span<const room_write> group) override {
    ++writes_;
    if (is_due(point::before_write, writes_))
      die();
    if (is_due(point::in_write, writes_))
      die_soon();
    auto results = inner_->write(group);
    if (is_due(point::after_write, writes_))
      die();
    return results;
  }

  // ---- the rest is as it was ----

  void migrate() override { inner_->migrate(); }
  std::unique_ptr<reader> open_reader() override { return inner_->open_reader(); }
  std::optional<room_record> create_room(const new_room& room) override {
    return inner_->create_room(room);
  }
  bool remove_room(tenant_key tenant, std::string_view id) override {
    return inner_->remove_room(tenant, id);
  }
  std::optional<version_record> add_version(tenant_key tenant, std::string_view id,
                                            version_record version) override {
    return inner_->add_version(tenant, id, std::move(version));
  }
  void pass_room(tenant_key tenant, std::string_view id, std::string_view from,
                 std::string_view to, room_epoch epoch) override {
    inner_->pass_room(tenant, id, from, to, epoch);
  }
  void release_room(tenant_key tenant, std::string_view id, std::string_view node,
                    room_epoch epoch) override {
    inner_->release_room(tenant, id, node, epoch);
  }
  void maintain(bool urgent) override { inner_->maintain(urgent); }
  std::optional<room_record> find_room(tenant_key tenant, std::string_view id) override {
    return inner_->find_room(tenant, id);
  }
  std::optional<loaded_room> load_room(tenant_key tenant, std::string_view id,
                                       std::size_t chat_messages) override {
    return inner_->load_room(tenant, id, chat_messages);
  }
  std::vector<version_record> versions(tenant_key tenant, std::string_view id) override {
    return inner_->versions(tenant, id);
  }
  snapshot snapshot_before(file_key file, ot::revision rev) override {
    return inner_->snapshot_before(file, rev);
  }
  void read_ops(file_key file, ot::revision from, ot::revision to,
                const op_visitor& visit) override {
    inner_->read_ops(file, from, to, visit);
  }
  void ping() override { inner_->ping(); }
  std::int64_t count_rooms(tenant_key tenant, std::int64_t max) override {
    return inner_->count_rooms(tenant, max);
  }
  std::optional<std::string> room_ai_mode(tenant_key tenant, std::string_view id) override {
    return inner_->room_ai_mode(tenant, id);
  }
  void look(tenant_key tenant, const sql_task& task) override { inner_->look(tenant, task); }
  std::optional<tenant_key> whose(global_key what, std::string_view key) override {
    return inner_->whose(what, key);
  }
  void change(tenant_key tenant, const sql_task& task) override { inner_->change(tenant, task); }
  std::vector<tenant_record> tenants() override { return inner_->tenants(); }
  std::optional<tenant_key> add_tenant(std::string_view name) override {
    return inner_->add_tenant(name);
  }

 private:
  template <class F>
  std::invoke_result_t<F> as_claim(F claim) {
    ++claims_;
    if (is_due(point::before_claim, claims_))
      die();
    const auto answer = claim();
    if (is_due(point::after_claim, claims_))
      die();
    return answer;
  }

  bool is_due(point at, std::uint64_t count) const noexcept {
    return planned_.at == at && planned_.count == count;
  }

  std::unique_ptr<store> inner_;
  fault planned_;
  std::uint64_t writes_ = 0;
  std::uint64_t claims_ = 0;
};

}  // namespace

std::optional<fault> parse_fault(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos)
    return std::nullopt;
  const std::string_view digits = text.substr(colon + 1);
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), count);
  if (error != std::errc{} || end != digits.end() || count == 0)
    return std::nullopt;
  for (const auto& [name, at] : points)
    if (name == text.substr(0, colon))
      return fault{at, count};
  return std::nullopt;
}

std::unique_ptr<store> with_fault(std::unique_ptr<store> inner, fault planned) {
  return std::make_unique<fault_store>(std::move(inner), planned);
}

}  // namespace tandem::storage
