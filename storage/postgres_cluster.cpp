// The registry of nodes on PostgreSQL: rows that statements change, and what
// triggers and functions say by NOTIFY (migrations/postgres/0006_cluster.sql).
#include "storage/cluster_registry.hpp"
#include "storage/postgres_connection.hpp"
#include "storage/postgres_values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

namespace tandem::storage {

namespace {

// Who cannot beat for long is buried by others: it should know soon. Longer than
// a lock is waited for, so that this is not taken for a lost connection.
constexpr std::chrono::milliseconds call_deadline{4'000};

constexpr const char* channel = "tandem";

// ---- notices ----

using kind = cluster_notice::kind;

constexpr std::array<std::pair<std::string_view, kind>, 5> kinds{{{"rights", kind::rights},
                                                                  {"renamed", kind::renamed},
                                                                  {"removed", kind::removed},
                                                                  {"move", kind::move},
                                                                  {"nodes", kind::nodes}}};

// Takes a word and the space behind it off the text.
std::string_view take_word(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(word.size() + 1, text.size()));
  return word;
}

template <class Number>
std::optional<Number> number_in(std::string_view word) {
  Number value = 0;
  const auto [end, error] = std::from_chars(word.begin(), word.end(), value);
  const bool is_number = error == std::errc{} && end == word.end();
  return is_number ? std::optional{value} : std::nullopt;
}

// KIND ACCOUNT ROOM_BYTES ROOMTEXT, as tell_cluster writes it. Nothing if the text
// says something else: a newer program's, perhaps.
std::optional<cluster_notice> notice_in(std::string_view text) {
  cluster_notice notice;
  const std::string_view word = take_word(text);
  const auto found =
    std::ranges::find(kinds, word, [](const auto& one) { return one.first; });
  const std::string_view account = take_word(text);
  const auto room_bytes = number_in<std::size_t>(take_word(text));
  if (found == kinds.end() || !room_bytes || *room_bytes > text.size())
    return std::nullopt;
  notice.what = found->second;
  notice.account = number_in<std::int64_t>(account);
  if (!notice.account && account != "-")
    return std::nullopt;
  notice.room_id = text.substr(0, *room_bytes);
  notice.text = text.substr(*room_bytes);
  return notice;
}

void add_everything(std::vector<cluster_notice>& to) {
  to.push_back({kind::nodes, {}, {}, {}});
  to.push_back({kind::rights, {}, {}, {}});
}

// ---- nodes ----

node_record node_of(const pqxx::row& row) {
  return {text(row["id"]),
          text(row["name"]),
          text(row["address"]),
          integer(row["speaks_from"]),
          integer(row["speaks_to"]),
          integer(row["beat"]),
          row["is_draining"].as<bool>(),
          integer(row["started_at_ms"])};
}

std::vector<node_record> nodes_of(const pqxx::result& rows) {
  std::vector<node_record> nodes;
  for (const pqxx::row& row : rows)
    nodes.push_back(node_of(row));
  return nodes;
}

std::vector<lease_record> leases_in(const pqxx::result& rows) {
  std::vector<lease_record> leases;
  for (const pqxx::row& row : rows)
    leases.push_back({integer(row["tenant_id"]), text(row["room_id"]), text(row["node_id"]),
                      integer(row["epoch"])});
  return leases;
}

class postgres_cluster final : public cluster_registry {
 public:
  explicit postgres_cluster(const std::string& url)
      : connection_{url, postgres_connection::role::app, call_deadline} {
    connection_.listen_to(channel);
  }

  void enter(const node_record& self) override {
    connection_.write("enter_node", self.id, as_text(self.name), as_text(self.address),
                      self.speaks_from, self.speaks_to, self.beat, self.is_draining,
                      self.started_at_ms);
  }

  // The node itself is among them, or it was buried.
  std::optional<std::vector<node_record>> beat(const std::string& id) override {
    const pqxx::result rows = connection_.write("beat_node", id);
    return rows.empty() ? std::nullopt : std::optional{nodes_of(rows)};
  }

  bool bury(const std::string& id, std::int64_t beat_seen) override {
    return !connection_.write("bury_node", id, beat_seen).empty();
  }

  void leave(const std::string& id) override { connection_.write("end_node", id); }

  std::vector<node_record> nodes() override { return nodes_of(connection_.look("nodes")); }

  std::vector<lease_record> leases(std::int64_t max) override {
    return leases_in(connection_.look("leased_rooms", max));
  }

  std::vector<lease_record> leases_of(const std::string& id, std::int64_t max) override {
    return leases_in(connection_.look("rooms_leased_by", id, max));
  }

  void set_draining(const std::string& id, bool is_draining) override {
    connection_.write("drain_node", id, is_draining);
  }

  bool ask_to_move(const std::string& room_id, const std::string& to) override {
    return connection_.write("ask_to_move", as_text(room_id), to)[0][0].as<bool>();
  }

  std::vector<cluster_notice> await(std::chrono::milliseconds longest) override {
    std::vector<cluster_notice> notices;
    const auto heard = connection_.hear(longest);
    if (!heard) {
      add_everything(notices);
      return notices;
    }
    for (const std::string& one : *heard) {
      if (auto notice = notice_in(one))
        notices.push_back(std::move(*notice));
      else
        add_everything(notices);
    }
    return notices;
  }

 private:
  postgres_connection connection_;
};

}  // namespace

std::unique_ptr<cluster_registry> open_cluster_registry(const std::string& url) {
  return std::make_unique<postgres_cluster>(url);
}

}  // namespace tandem::storage
