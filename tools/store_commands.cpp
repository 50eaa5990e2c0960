#include "tools/store_commands.hpp"

#include "net/op_log_codec.hpp"
#include "net/room_id.hpp"
#include "storage/op_log_transfer.hpp"
#include "storage/room_access.hpp"
#include "tools/arguments.hpp"
#include "tools/git_export.hpp"
#include "tools/log_source.hpp"
#include "tools/open_store.hpp"
#include "tools/progress.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <numeric>

namespace tandem::tools {

namespace {

constexpr std::uint64_t git_pause_seconds = 60;

std::unique_ptr<storage::store> opened_store(const arguments& wanted) {
  const auto option = wanted.option("--store");
  auto store = open_store(store_setting(option ? &*option : nullptr));
  store->migrate();
  return store;
}

struct room_owner {
  storage::tenant_key tenant = storage::default_tenant;
  storage::account_key account = 0;
};

// Nothing if none is wanted. Throws usage_error if there is no such account.
std::optional<room_owner> owner_of(storage::store& store, const std::optional<std::string>& login) {
  if (!login)
    return std::nullopt;
  std::optional<room_owner> owner;
  if (const auto tenant = store.whose(storage::global_key::login, *login))
    store.look(*tenant, [&](storage::sql_runner& sql) {
      if (const auto found = storage::accounts{sql, *tenant}.find_login(*login))
        owner = {*tenant, found->key};
    });
  if (!owner)
    throw usage_error{"there is no account " + *login + "\n"};
  return owner;
}

// A private room, as one that the owner had made.
void give_to(storage::store& store, const std::string& room, const room_owner& owner) {
  store.change(owner.tenant, [&](storage::sql_runner& sql) {
    storage::room_access access{sql, owner.tenant};
    access.set(room, {"private", "viewer", false, ""});
    access.set_member(room, owner.account, "owner");
  });
}

}  // namespace

int migrate(std::span<char* const> given) {
  const arguments wanted{given, {migrate_usage, 0, {"--store"}, {}}};
  opened_store(wanted);
  fmt::print("the schema is up to date\n");
  return EXIT_SUCCESS;
}

int export_log(std::span<char* const> given) {
  const arguments wanted{given, {export_usage, 1, {"--store", "--git", "--pause"}, {}}};
  const auto store = opened_store(wanted);
  const auto tenant = store->whose(storage::global_key::room, wanted.word(0));
  const auto room = tenant ? store->find_room(*tenant, wanted.word(0)) : std::nullopt;
  if (!room) {
    fmt::print(stderr, "tandem: there is no room {}\n", wanted.word(0));
    return EXIT_FAILURE;
  }
  if (const auto folder = wanted.option("--git")) {
    const std::uint64_t pause_s = wanted.number("--pause").value_or(git_pause_seconds);
    const git_export_result made =
      export_to_git(*store, *room, *folder, static_cast<std::int64_t>(pause_s) * 1000);
    fmt::print("{} commits of {} edits in {}\n", made.commits, made.edits, *folder);
    return EXIT_SUCCESS;
  }
  const std::uint64_t total =
    std::accumulate(room->files.begin(), room->files.end(), std::uint64_t{0},
                    [](std::uint64_t sum, const storage::file_record& file) { return sum + file.rev; });
  progress shown{"exporting", total};
  std::uint64_t told = 0;
  bool is_written = true;
  storage::tell_log(*store, *room, [&](const storage::log_line& line) {
    const std::string text = net::encode_log_line(line);
    is_written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    shown.at(++told);
    return is_written;
  });
  if (!is_written || std::fflush(stdout) != 0) {
    fmt::print(stderr, "tandem: the log cannot be written out\n");
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}

int import_log(std::span<char* const> given) {
  const arguments wanted{given, {import_usage, 1, {"--store", "--owner"}, {}}};
  const auto store = opened_store(wanted);
  const auto owner = owner_of(*store, wanted.option("--owner"));
  const std::string& path = wanted.word(0);
  std::unique_ptr<storage::log_import> import;
  try {
    read_log(path, [&](const storage::log_line& line) {
      if (!import) {
        // Under its old id, if that is free here.
        const auto* header = std::get_if<storage::log_header>(&line);
        const bool is_free = header != nullptr && !header->room_id.empty()
                             && !store->whose(storage::global_key::room, header->room_id);
        const std::string id = is_free ? header->room_id : net::random_room_id();
        if (owner)
          give_to(*store, id, *owner);
        import = std::make_unique<storage::log_import>(
          *store, owner ? owner->tenant : storage::default_tenant, id);
      }
      import->take(line);
      return true;
    });
    if (!import)
      throw storage::op_log_error{"the log is empty"};
    const storage::room_record room = import->finish();
    fmt::print("{}\n", room.id);
    return EXIT_SUCCESS;
  } catch (const bad_log& error) {
    fmt::print(stderr, "{}\n", error.what());
  } catch (const storage::op_log_error& error) {
    fmt::print(stderr, "{}: {}\n", path, error.what());
  }
  return EXIT_FAILURE;
}

}  // namespace tandem::tools
